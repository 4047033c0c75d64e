"""Python's operators on values that are no tensors, within the budget."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from bytecode.interpreter.budget import Budget
from bytecode.refusals import Refused

_FAILURES = (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RuntimeError)
_SEQUENCES = (str, bytes, list, tuple)


def plainly(what: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a function of Python or NumPy; an exception of its becomes `Refused`."""
    try:
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)
    except Refused:
        raise
    except _FAILURES as error:
        raise Refused(f"{what}: {error}", what) from None


def binary(budget: Budget, sign: str, left: Any, right: Any) -> Any:
    """`left sign right`."""
    if isinstance(left, (str, bytes)) and sign == "%":
        raise Refused("unsupported formatting with %", "%")
    _GUARDS.get(sign, _no_guard)(budget, left, right)
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        _guard_arrays(budget, sign, left, right)
    return plainly(sign, _BINARY[sign], left, right)


def unary(sign: str, value: Any) -> Any:
    return plainly(sign, _UNARY[sign], value)


def inplace(budget: Budget, sign: str, left: Any, right: Any) -> Any:
    """`left sign= right`, which changes lists, dictionaries and arrays in place."""
    if isinstance(left, (list, dict, set, np.ndarray)):
        if not isinstance(right, (*_SEQUENCES, dict, set, range, int, float, np.ndarray, np.generic)):
            raise Refused(f"{sign}= of {type(left).__name__} and {type(right).__name__}", sign)
        _GUARDS.get(sign, _no_guard)(budget, left, right)
        _guard_arrays(budget, sign, left, right)
        return plainly(f"{sign}=", _INPLACE[sign], left, right)
    return binary(budget, sign, left, right)


def compare(budget: Budget, sign: str, left: Any, right: Any) -> Any:
    if sign in ("in", "not in"):
        _guard_search(budget, left, right)
    if sign not in ("is", "is not"):
        budget.walk(left, right)
    return plainly(sign, _COMPARE[sign], left, right)


def _divide_like_python_2(left: Any, right: Any) -> Any:
    whole = isinstance(left, (int, np.integer)) and isinstance(right, (int, np.integer))
    arrays = isinstance(left, np.ndarray) or isinstance(right, np.ndarray)
    if arrays and all(np.asarray(value).dtype.kind in "biu" for value in (left, right)):
        whole = True
    return left // right if whole else left / right


def _no_guard(_: Budget, __: Any, ___: Any) -> None:
    """The result is no larger than the operands."""


def _bits(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _guard_multiply(budget: Budget, left: Any, right: Any) -> None:
    for many, times in ((left, right), (right, left)):
        if isinstance(many, _SEQUENCES) and isinstance(times, (int, np.integer)):
            budget.sized(len(many) * max(int(times), 0))
    budget.number(_bits(left) + _bits(right))


def _guard_add(budget: Budget, left: Any, right: Any) -> None:
    if isinstance(left, _SEQUENCES) and isinstance(right, (*_SEQUENCES, range)):
        budget.sized(len(left) + len(right))
    budget.number(max(_bits(left), _bits(right)) + 1)


def _guard_power(budget: Budget, base: Any, exponent: Any) -> None:
    if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1:
        budget.number(min(_bits(base) * abs(exponent), 1 << 60))


def _guard_search(budget: Budget, item: Any, many: Any) -> None:
    if isinstance(many, range) and not isinstance(item, int):
        budget.sized(len(many))
    if not isinstance(many, (*_SEQUENCES, dict, set, frozenset, range, np.ndarray)):
        raise Refused(f"search in {type(many).__name__}", "in")


def _guard_shift(budget: Budget, left: Any, by: Any) -> None:
    if isinstance(left, int) and isinstance(by, int):
        budget.number(_bits(left) + min(by, 1 << 60))


def _guard_arrays(budget: Budget, sign: str, left: Any, right: Any) -> None:
    shapes = [np.shape(value) for value in (left, right) if isinstance(value, (np.ndarray, np.generic, int, float))]
    if sign == "@":
        budget.shaped(math.prod(size for shape in shapes for size in shape))
    elif len(shapes) == 2:
        budget.shaped(math.prod(plainly(sign, np.broadcast_shapes, *shapes)))
    elif isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        raise Refused(f"{sign} of an array and {type(right).__name__}", sign)


_GUARDS: dict[str, Callable[[Budget, Any, Any], None]] = {
    "*": _guard_multiply,
    "+": _guard_add,
    "**": _guard_power,
    "<<": _guard_shift,
}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul, "<<": operator.lshift, ">>": operator.rshift,
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "/2": _divide_like_python_2,
}  # fmt: skip
_INPLACE: dict[str, Callable[[Any, Any], Any]] = {
    **_BINARY, "+": operator.iadd, "-": operator.isub, "*": operator.imul, "/": operator.itruediv,
    "//": operator.ifloordiv, "%": operator.imod, "**": operator.ipow, "&": operator.iand, "|": operator.ior,
    "^": operator.ixor,
}  # fmt: skip
_UNARY: dict[str, Callable[[Any], Any]] = {
    "+": operator.pos, "-": operator.neg, "~": operator.invert, "not": operator.not_,
}  # fmt: skip
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, ">=": operator.ge,
    "is": operator.is_, "is not": operator.is_not, "in": lambda item, many: item in many,
    "not in": lambda item, many: item not in many,
}  # fmt: skip
