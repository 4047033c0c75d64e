"""The function of a Lambda layer, looked at without running it: what it names has to be known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bytecode.code import Code
from bytecode.interpreter.builtin_functions import CONSTANTS, FUNCTIONS
from bytecode.refusals import Refused, Unreadable
from interchange.replacements import way_out
from keras2to3.scanner.readers.json_document import short
from translation.lambdas.library_functions import is_lost, symbol_of
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import name_of, unpack

_NAMED = 20  # names in a message
_COMPARED = (
    "Define the original beside it under its original name, to compare with, or let `--trust` run the bytecode for "
    "that: only for a file whose maker you trust."
)


def obstacle(config: Any) -> str | None:
    """Why the functions of a Lambda cannot be followed, as far as its names tell; None if nothing is against it."""
    held = config if isinstance(config, Mapping) else {}
    functions = [held.get("function"), *([held["mask"]] if held.get("mask") is not None else [])]
    try:
        found = [unpack(function) for function in functions]
        codes = [stored.code for stored in (found if symbol_of(held) is None else found[1:])]
    except Unreadable as reason:
        return f"its bytecode cannot be read, and is never run: {reason}"
    if any(map(is_lost, found)):
        return f"it refers to a function of {short(held.get('module'))}, and the file does not say to which one"
    unknown = _unknown_in(codes)
    if not unknown:
        return None
    named = ", ".join(map(short, unknown[:_NAMED]))
    return f"its bytecode is never run, and it uses unknown names: {named}{', …' * (len(unknown) > _NAMED)}"


def undefined_names(config: Any) -> list[str]:
    """The names that a file of the user's has to define so that nothing is against it; none where something else is."""
    held = config if isinstance(config, Mapping) else {}
    functions = [held.get("function"), *([held["mask"]] if held.get("mask") is not None else [])]
    try:
        found = [unpack(function) for function in functions]
    except Unreadable:
        return []
    return [] if any(map(is_lost, found)) else _unknown_in([stored.code for stored in found])


def _unknown_in(codes: Sequence[Code]) -> list[str]:
    return sorted({name for code in codes for name in _unknown(code)})


def unblock(config: Any, layer: str, otherwise: str) -> str:
    """What to do about functions that cannot be followed; `otherwise` is the way without them."""
    if not is_wrapper(config):
        names = ", ".join(map(short, undefined_names(config)[:_NAMED]))
        constants = f" Where {names} are numbers or texts, name a file that defines them: `--custom-objects file.py`."
        return f"{way_out(layer)} {_COMPARED}{constants if names else ''} Or else: {otherwise}"
    old = old_function_hint(str(name_of(config["function"])))
    return f"Write two functions into one file: the new one on keras.ops, and {old} {way_out(layer)}"


def old_function_hint(name: str) -> str:
    """How the old function is given where the file holds a wrapper of it alone."""
    return f"`def {name}(inputs, **options)`, which returns what the old one did with TensorFlow, for comparison."


def is_wrapper(config: Any) -> bool:
    """Whether a Lambda holds a wrapper around a function that the file does not tell."""
    try:
        return isinstance(config, Mapping) and is_lost(unpack(config.get("function")))
    except Unreadable:
        return False


def _unknown(code: Code) -> Iterator[str]:
    """Global names and modules that are neither TensorFlow's, NumPy's nor Python's own harmless ones."""
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
