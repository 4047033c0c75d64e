"""Python's operators; on tensors they call the function of TensorFlow that model files name for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bytecode.interpreter import arithmetic, strings
from bytecode.interpreter.context import Context
from bytecode.interpreter.values import Shape
from bytecode.refusals import Refused, Unknown

_HASHED = 1 << 60  # from the next power of two on, different numbers have the same hash
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
    """`left sign right`; either may be a tensor."""
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
    """The dtype of the first tensor among these values."""
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
    """A comparison; `is` compares identities, also those of tensors."""
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


def subscript(context: Context, owner: Any, place: Any) -> Any:
    """`owner[place]`."""
    if context.is_tensor(owner):
        return context.call_backend(SUBSCRIPT, (owner, place))
    if not isinstance(owner, (list, tuple, dict, str, bytes, range, np.ndarray)):
        raise Refused(f"{type(owner).__name__}[...]", "[]")
    context.budget.walk(place)
    if isinstance(owner, np.ndarray):
        context.budget.shaped(owner.size)
    found = arithmetic.plainly("[]", lambda: owner[place])
    return Shape(found) if isinstance(owner, Shape) and isinstance(place, slice) else found


def store_subscript(context: Context, owner: Any, place: Any, value: Any) -> None:
    """`owner[place] = value`."""
    if isinstance(owner, np.ndarray) and not context.is_tensor(value):
        context.budget.walk(place, value)
        context.budget.shaped(owner.size)
        arithmetic.plainly("[]=", owner.__setitem__, place, value)
        return
    if not isinstance(owner, (list, dict)) or isinstance(place, slice):
        raise Refused(f"assignment to an item of {type(owner).__name__}", "[]=")
    arithmetic.plainly("[]=", owner.__setitem__, key(context, place), value)


def key(context: Context, value: Any) -> Any:
    """Check a value that becomes a key, which Python hashes at any depth."""
    if context.is_tensor(value):
        raise Refused("a tensor as a key of a dictionary or set", "[]")
    context.budget.walk(value)
    if _is_long(value):
        raise Unknown("a number as a key that is larger than any model needs", "{}")
    arithmetic.plainly("{}", hash, value)
    return value


def _is_long(value: Any) -> bool:
    """Whether there is a number that may collide with many others, which makes dictionaries slow."""
    if isinstance(value, (tuple, frozenset)):
        return any(map(_is_long, value))
    return isinstance(value, int) and abs(value) >= _HASHED


def mapping(value: Any) -> Mapping[Any, Any]:
    """A value that has to be a dictionary."""
    if not isinstance(value, Mapping):
        raise Refused(f"{type(value).__name__} in place of a dictionary")
    return value


def truth(context: Context, value: Any) -> bool:
    """The truth value of a condition."""
    if context.is_tensor(value):
        raise Refused("a condition on a tensor, whose value is not known", "if")
    return bool(arithmetic.plainly("if", bool, value))
