"""Functions of TensorFlow and Keras that a Lambda layer was given directly: they are known by name, not by body."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bytecode.code import VARARGS, VARKEYWORDS, Code, Instruction
from translation.lambdas.stored_functions import Stored, unpack
from translation.tf_allowlist import allows_symbol

# The functions with which TensorFlow and Keras wrap their own, and the variable that holds the wrapped one.
_WRAPPERS = {"wrapper": "target", "new_func": "func", "symbolic_fn_wrapper": "func", "error_handler": "fn"}
_WITHIN = {"op_dispatch_handler", *_WRAPPERS}  # which are wrapped themselves
# Where the functions of a module are public, by its name without the package.
_KERAS = (
    (r"(tf_)?keras(\.src)?\.backend(\.tensorflow_backend)?", ("keras.backend",)),
    (r"(tf_)?keras(\.src)?\.activations", ("keras.activations",)),
)
_OPERATIONS = (
    (r"ops\.(gen_)?nn\w*", ("nn", "math", "")),
    (r"ops\.(gen_|special_)?math_ops", ("math", "", "math.special")),
    (r"ops\.(gen_)?(array_ops|clip_ops|sort_ops)", ("",)),
    (r"ops\.((gen_)?linalg_ops|linalg\.linalg\w*)", ("linalg", "")),
    (r"ops\.(gen_)?image_ops\w*", ("image",)),
    (r"ops\.(gen_)?string_ops", ("strings",)),
)
_PACKAGE = re.compile(r"(tensorflow(_core)?\.)?(python\.)?")


def symbol_of(config: Mapping[str, Any]) -> str | None:
    """The public name of the function that a Lambda was given directly; None if it has a body, or the name is unknown.

    Raises `Unreadable` where the stored bytes are no function at all.
    """
    stored, module = unpack(config.get("function")), config.get("module")
    name = _name(stored)
    if name is None or not isinstance(module, str):
        return None
    homes = (*_KERAS, *_OPERATIONS) if _wrapped(stored) else _OPERATIONS  # what Keras does not wrap has its body here
    return _public(name, module, homes)


def is_lost(stored: Stored) -> bool:
    """Whether a wrapper is stored, but not which function it wraps."""
    return any(isinstance(value, str) for value in _wrapped(stored)) and _name(stored) is None


def _wrapped(stored: Stored) -> tuple[Any, ...]:
    """The values of the variable that holds the wrapped function."""
    own = _WRAPPERS.get(stored.code.name)
    return tuple(value for name, value in zip(stored.code.freevars, stored.closure) if name == own)


def _name(stored: Stored) -> str | None:
    """The name of the function in its module."""
    if stored.code.name not in _WRAPPERS:
        return stored.code.name
    wrapped = _wrapped(stored)
    name = wrapped[0] if wrapped and isinstance(wrapped[0], str) else ""
    return name if name.isidentifier() and name not in _WITHIN else None


def _public(name: str, module: str, homes: Sequence[tuple[str, Sequence[str]]]) -> str | None:
    inner = _PACKAGE.sub("", module, count=1)
    spaces = next((found for pattern, found in homes if re.fullmatch(pattern, inner)), ())
    names = [name, re.sub(r"_v[12]$", "", name)]
    paths = (f"{space}.{one}".lstrip(".") for one in dict.fromkeys(names) for space in spaces)
    return next(filter(allows_symbol, paths), None)


def calling(symbol: str, python: str) -> Code:
    """A function that passes all its arguments to a public one: `lambda *inputs, **options: tf.nn.relu(...)`."""
    steps: list[tuple[str, Any]] = [("LOAD_GLOBAL", "tf"), *(("LOAD_ATTR", part) for part in symbol.split("."))]
    steps += [("LOAD_FAST", "inputs"), ("LOAD_FAST", "options"), ("CALL_FUNCTION_EX", 1), ("RETURN_VALUE", None)]
    names = ("tf", *symbol.split("."))
    code = Code("<lambda>", python, 0, 0, 0, VARARGS | VARKEYWORDS, ("inputs", "options"), names, (), (), (), ())
    return Code(**{**vars(code), "instructions": tuple(Instruction(*step) for step in steps)})
