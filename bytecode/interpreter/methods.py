"""Attributes and methods of tensors and of other values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bytecode.interpreter import strings
from bytecode.interpreter.arithmetic import plainly
from bytecode.interpreter.context import Context
from bytecode.interpreter.operators import key, mapping
from bytecode.interpreter.values import NUMPY, Dtype, Method, Shape, Symbol
from bytecode.refusals import Refused

_MISSING = object()
_ARRAY_METHODS = frozenset("sum mean std var max min prod reshape transpose squeeze ravel round any all".split())
_PURE: dict[type, frozenset[str]] = {
    Shape: frozenset("count index".split()),
    tuple: frozenset("count index".split()),
    list: frozenset("count index pop reverse copy clear".split()),
    dict: frozenset("get copy pop".split()),
    str: frozenset("lower upper strip startswith endswith".split()),
    float: frozenset("is_integer".split()),
}


def attribute(context: Context, owner: Any, name: str) -> Any:
    """`owner.name`; what is no property may be a method, which is decided when it is called."""
    if context.is_tensor(owner):
        found = _tensor_property(context, owner, name)
    elif isinstance(owner, np.ndarray):
        found = _ARRAY[name](owner) if name in _ARRAY else _MISSING
    elif isinstance(owner, Shape):
        found = {"ndims": len(owner), "rank": len(owner), "dims": list(owner)}.get(name, _MISSING)
    elif isinstance(owner, tuple) and name in getattr(owner, "_fields", ()):
        found = getattr(owner, name)
    elif isinstance(owner, Dtype):
        found = owner if name in ("name", "base_dtype", "as_numpy_dtype") else _MISSING
    elif owner is None or isinstance(owner, int):
        found = owner if name == "value" else _MISSING  # TensorFlow 1 wrapped the sizes of a shape
    else:
        found = _MISSING
    return Method(owner, name) if found is _MISSING else found


_ARRAY: dict[str, Callable[[Any], Any]] = {
    "shape": lambda array: array.shape,
    "ndim": lambda array: array.ndim,
    "size": lambda array: array.size,
    "T": lambda array: array.T,
    "dtype": lambda array: Dtype(array.dtype.name),
}


def _tensor_property(context: Context, tensor: Any, name: str) -> Any:
    if name in ("shape", "_keras_shape"):
        return _shape(context, tensor)
    if name == "dtype":
        return Dtype(context.backend.attribute(tensor, "dtype"))
    return len(_shape(context, tensor)) if name == "ndim" else _MISSING


def _shape(context: Context, tensor: Any) -> Any:
    shape = context.backend.attribute(tensor, "shape")
    return shape if context.is_tensor(shape) else Shape(shape)


def call_method(context: Context, method: Method, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """`owner.name(...)`."""
    owner, name = method.owner, method.name
    if context.is_tensor(owner):
        if name == "get_shape" and not args and not kwargs:
            return _shape(context, owner)
        return context.backend.method(owner, name, tuple(context.outward(args)), context.outward(kwargs))
    if isinstance(owner, np.ndarray):
        return _call_array(context, owner, name, args, kwargs)
    kind = type(owner)
    if (kind, name) in _OWN:
        return plainly(name, _OWN[kind, name], context, owner, *args, **kwargs)
    if name not in _PURE.get(kind, ()) or kwargs:
        raise Refused(f"the method {name} of {_called(owner)}", name)
    context.budget.walk(owner, args)
    return plainly(name, getattr(owner, name), *args)


def _called(owner: Any) -> str:
    return "None" if owner is None else type(owner).__name__


def _call_array(context: Context, owner: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A method of an array: NumPy's function of the same name."""
    if name == "astype" and len(args) == 1 and not kwargs:
        return context.call(Symbol(NUMPY, "asarray"), (owner,), {"dtype": args[0]})
    if name == "tolist" and not args:
        context.budget.sized(owner.size)
        return owner.tolist()
    if name not in _ARRAY_METHODS:
        raise Refused(f"the method {name} of an array", name)
    if name in ("reshape", "transpose") and len(args) > 1:
        args = (tuple(args),)
    return context.call(Symbol(NUMPY, name), (owner, *args), kwargs)


def _append(context: Context, owner: list[Any], item: Any) -> None:
    context.budget.sized(len(owner) + 1)
    owner.append(item)


def _insert(context: Context, owner: list[Any], place: int, item: Any) -> None:
    context.budget.sized(len(owner) + 1)
    owner.insert(place, item)


def _extend(context: Context, owner: list[Any], items: Any) -> None:
    found = context.collect(items)
    context.budget.sized(len(owner) + len(found))
    owner.extend(found)


def _update(context: Context, owner: dict[Any, Any], *others: Any, **named: Any) -> None:
    for other in (*others, named):
        owner.update({key(context, name): value for name, value in mapping(other).items()})
    context.budget.sized(len(owner))


def _setdefault(context: Context, owner: dict[Any, Any], name: Any, value: Any = None) -> Any:
    return owner.setdefault(key(context, name), value)


def _view(name: str) -> Callable[..., Any]:
    """`keys`, `values` or `items` as a list, as in Python 2; a view of Python 3 has the same items."""
    return lambda _, owner: list(getattr(owner, name)())


_OWN: dict[tuple[type, str], Callable[..., Any]] = {
    (list, "append"): _append,
    (list, "insert"): _insert,
    (list, "extend"): _extend,
    (dict, "update"): _update,
    (dict, "setdefault"): _setdefault,
    (dict, "keys"): _view("keys"),
    (dict, "values"): _view("values"),
    (dict, "items"): _view("items"),
    (str, "format"): lambda context, owner, *args, **kwargs: strings.braces(context, owner, args, kwargs),
    (Shape, "as_list"): lambda _, owner: list(owner),
}
