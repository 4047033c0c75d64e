"""Python's operators as a body uses them: on tensors they are functions of TensorFlow, by the names files give them."""

from __future__ import annotations

from typing import Any

import numpy as np

from bytecode.interpreter import arithmetic, strings
from bytecode.interpreter.context import Context
from bytecode.interpreter.values import Shape
from bytecode.refusals import Refused

_BINARY = {
    "+": "__operators__.add", "-": "math.subtract", "*": "math.multiply", "/": "math.truediv",
    "//": "compat.v1.floor_div", "%": "math.floormod", "**": "math.pow", "@": "linalg.matmul",
}  # fmt: skip
_LOGICAL = {
    "&": ("math.logical_and", "bitwise.bitwise_and"),
    "|": ("math.logical_or", "bitwise.bitwise_or"),
    "^": ("math.logical_xor", "bitwise.bitwise_xor"),
}
_COMPARE = {
    "==": "__operators__.eq", "!=": "__operators__.ne", "<": "math.less", "<=": "math.less_equal",
    ">": "math.greater", ">=": "math.greater_equal",
}  # fmt: skip

NEGATIVE, SUBSCRIPT = "math.negative", "__operators__.getitem"
SIGN_OF = {
    **{symbol: sign for signs in (_BINARY, _COMPARE) for sign, symbol in signs.items()},
    **{symbol: sign for sign, symbols in _LOGICAL.items() for symbol in symbols},
}
"""By function, the sign that stands for it."""


def binary(context: Context, sign: str, left: Any, right: Any, *, inplace: bool = False) -> Any:
    """`left sign right`, of which either may be a tensor."""
    if isinstance(left, str) and sign == "%":
        return strings.percent(context, left, right)
    if not (context.is_tensor(left) or context.is_tensor(right)):
        calculate = arithmetic.inplace if inplace else arithmetic.binary
        return calculate(context.budget, sign, left, right)
    return context.call_backend(_symbol(context, sign, left, right), (left, right))


def _symbol(context: Context, sign: str, left: Any, right: Any) -> str:
    if sign == "/2":  # Python 2: whole numbers divide to whole ones
        sign = "//" if "int" in _dtype(context, left, right) else "/"
    if sign in _LOGICAL:
        return _LOGICAL[sign][_dtype(context, left, right) != "bool"]
    if sign not in _BINARY:
        raise Refused(f"{sign} on a tensor", sign)
    return _BINARY[sign]


def _dtype(context: Context, *values: Any) -> str:
    """The dtype of the first tensor among these."""
    return str(context.backend.attribute(next(filter(context.is_tensor, values)), "dtype"))


def unary(context: Context, sign: str, value: Any) -> Any:
    if not context.is_tensor(value):
        return arithmetic.unary(sign, value)
    if sign == "not":
        raise Refused("a condition on a tensor, whose value is not known", "not")
    if sign == "~":
        return context.call_backend(
            "math.logical_not" if _dtype(context, value) == "bool" else "bitwise.invert", (value,)
        )
    if sign == "+":
        raise Refused("+ on a tensor", "+")  # which TensorFlow refuses too
    return context.call_backend(NEGATIVE, (value,))


def compare(context: Context, sign: str, left: Any, right: Any) -> Any:
    """A comparison; `is` asks for identity alone, whatever is compared."""
    if sign in ("is", "is not") or not (context.is_tensor(left) or context.is_tensor(right)):
        return arithmetic.compare(context.budget, sign, left, right)
    if sign not in _COMPARE:
        raise Refused(f"{sign} on a tensor", sign)
    if sign in ("==", "!="):
        if left is None or right is None:
            return sign == "!="
        if context.python in ("2.7", "3.4"):  # before TensorFlow 2 this asked for identity
            raise Refused(f"{sign} on a tensor in Python {context.python}", sign)
    return context.call_backend(_COMPARE[sign], (left, right))


def subscript(context: Context, owner: Any, key: Any) -> Any:
    """`owner[key]`."""
    if context.is_tensor(owner):
        return context.call_backend(SUBSCRIPT, (owner, key))
    if not isinstance(owner, (list, tuple, dict, str, bytes, range, np.ndarray)):
        raise Refused(f"{type(owner).__name__}[...]", "[]")
    context.budget.walk(key)
    if isinstance(owner, np.ndarray):
        context.budget.shaped(owner.size)
    found = arithmetic.plainly("[]", lambda: owner[key])
    return Shape(found) if isinstance(owner, Shape) and isinstance(key, slice) else found


def truth(context: Context, value: Any) -> bool:
    """What a condition takes a value for."""
    if context.is_tensor(value):
        raise Refused("a condition on a tensor, whose value is not known", "if")
    return bool(arithmetic.plainly("if", bool, value))
