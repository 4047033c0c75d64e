"""The function of a Lambda layer, looked at without running it: what it names has to be known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from interchange.bytecode import names
from interchange.bytecode.builtin_functions import CONSTANTS, FUNCTIONS
from interchange.bytecode.code import Code
from interchange.bytecode.refusals import Refused, Unreadable
from interchange.bytecode.stored import unpack
from keras2to3.look.readers.document import short

# What TensorFlow wraps around each of its functions, and so does Keras: of `Lambda(K.one_hot)` the wrapper is stored.
_WRAPPER = "error_handler"
_NAMED = 20  # names in a message


def obstacle(config: Any) -> str | None:
    """Why the functions of a Lambda cannot be followed, as far as its names tell; None if nothing is against it."""
    held = config if isinstance(config, Mapping) else {}
    functions = [held.get("function"), *([held["mask"]] if held.get("mask") is not None else [])]
    try:
        codes = [unpack(function).code for function in functions]
    except Unreadable as reason:
        return f"its bytecode cannot be read, and is never run: {reason}"
    if any(code.name == _WRAPPER and code.freevars == ("fn",) for code in codes):
        return f"it refers to a function of {short(held.get('module'))}, and the file does not say to which one"
    unknown = sorted({name for code in codes for name in _unknown(code)})
    if not unknown:
        return None
    named = ", ".join(map(short, unknown[:_NAMED]))
    return f"its bytecode is never run, and nobody knows what it means by {named}{', …' * (len(unknown) > _NAMED)}"


def _unknown(code: Code) -> Iterator[str]:
    """Global names and modules that are neither TensorFlow's, NumPy's nor Python's own harmless ones."""
    for step in code.instructions:
        if (step.op == "GLOBAL" and not _is_known(str(step.argument))) or (
            step.op == "IMPORT" and not _is_importable(step.argument)
        ):
            yield str(step.argument)
    for constant in code.consts:
        if isinstance(constant, Code):
            yield from _unknown(constant)


def _is_known(name: str) -> bool:
    return names.global_name(name) is not None or name in FUNCTIONS or name in CONSTANTS


def _is_importable(dotted: Any) -> bool:
    try:
        names.module(str(dotted), whole=True)
    except Refused:
        return False
    return True
