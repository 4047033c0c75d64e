"""Checks that the names in the function of a Lambda layer are known; the function is not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bytecode.code import Code
from bytecode.interpreter.builtin_functions import CONSTANTS, FUNCTIONS
from bytecode.refusals import Refused, Unreadable
from interchange.user_files.replacements import way_out
from keras2to3.scanner.readers.json_document import short
from translation.lambdas.library_functions import is_lost, symbol_of
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import Stored, name_of, unpack

_NAMED = 20  # names in a message
_COMPARED = (
    "Define the original beside it under its original name, to compare with, or let `--trust` run the bytecode for "
    "that: only for a file whose maker you trust."
)


def obstacle(config: Any) -> str | None:
    """Why the functions of a Lambda cannot be interpreted, as far as their names show; None if there is no reason."""
    try:
        functions = _functions(config)
        own = functions if symbol_of(config) is None else functions[1:]
    except Unreadable as reason:
        return f"its bytecode cannot be read, and is never run: {reason}"
    if any(map(is_lost, functions)):
        return f"it refers to a function of {short(config.get('module'))}, and the file does not say to which one"
    unknown = _unknown_in(own)
    if not unknown:
        return None
    named = ", ".join(map(short, unknown[:_NAMED]))
    return f"its bytecode is never run, and it uses unknown names: {named}{', …' * (len(unknown) > _NAMED)}"


def undefined_names(config: Any) -> list[str]:
    """The names that a user's file has to define for the functions of a Lambda; none if there is another obstacle."""
    try:
        functions = _functions(config)
    except Unreadable:
        return []
    return [] if any(map(is_lost, functions)) else _unknown_in(functions)


def _functions(config: Any) -> list[Stored]:
    """The function of a Lambda, and that of its mask if it has one. Raises `Unreadable`."""
    stored = config if isinstance(config, Mapping) else {}
    masks = [stored["mask"]] if stored.get("mask") is not None else []
    return [unpack(function) for function in (stored.get("function"), *masks)]


def _unknown_in(functions: Sequence[Stored]) -> list[str]:
    return sorted({name for function in functions for name in _unknown(function.code)})


def unblock(config: Any, layer: str, otherwise: str) -> str:
    """What to do about functions that cannot be interpreted; `otherwise` is the way without them."""
    if not is_wrapper(config):
        names = ", ".join(map(short, undefined_names(config)[:_NAMED]))
        constants = f" Where {names} are numbers or texts, name a file that defines them: `--custom-objects file.py`."
        return f"{way_out(layer)} {_COMPARED}{constants if names else ''} Or else: {otherwise}"
    old = old_function_hint(str(name_of(config["function"])))
    return f"Write two functions into one file: the new one on keras.ops, and {old} {way_out(layer)}"


def old_function_hint(name: str) -> str:
    """How to define the old function where the file holds only a wrapper of it."""
    return f"`def {name}(inputs, **options)`, which returns what the old one did with TensorFlow, for comparison."


def is_wrapper(config: Any) -> bool:
    """Whether a Lambda holds a wrapper around a function that is not in the file."""
    try:
        return isinstance(config, Mapping) and is_lost(unpack(config.get("function")))
    except Unreadable:
        return False


def _unknown(code: Code) -> Iterator[str]:
    """Global names and modules that are unknown: not of TensorFlow, Keras, NumPy, or Python's supported ones."""
    for step in code.instructions:
        if (step.op == "LOAD_GLOBAL" and not _is_known(str(step.argument))) or (
            step.op == "IMPORT_NAME" and not _is_importable(step.argument)
        ):
            yield str(step.argument)
    for constant in code.consts:
        if isinstance(constant, Code):
            yield from _unknown(constant)


def _is_known(name: str) -> bool:
    return name in LIBRARIES.globals or name in FUNCTIONS or name in CONSTANTS


def _is_importable(dotted: Any) -> bool:
    try:
        LIBRARIES.module(str(dotted), whole=True)
    except Refused:
        return False
    return True
