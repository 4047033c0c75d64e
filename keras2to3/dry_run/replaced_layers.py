"""Which layers of a model the user's replacements are for, and whether there is a truth to compare them with."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, Problem, refused
from interchange.user_files.replacements import REPLACEABLE, Replacement, old_name, way_out
from keras2to3.scanner.allowlist.operators import lost_in
from keras2to3.scanner.lambda_bodies import is_wrapper, obstacle, old_function_hint
from keras2to3.user_files.functions import defined, named
from translation.config_tree import objects
from translation.lambdas.stored_functions import name_of

_FORM = "layer=file.py:function"
_TRUTH = (
    "Define the original function in the same file under its original name, and Keras 2.15 runs it for comparison; or "
    "let `--trust` run the bytecode in the model file."
)


@dataclass(frozen=True)
class Seat:
    """A layer that calls a function: `path` as rules name it, `shown` as the scanner does.

    With `is_lost` the file has not all that it is called on.
    """

    path: str
    shown: str
    class_name: str
    config: Mapping[str, Any]
    is_lost: bool = False


def parse(text: str) -> Replacement:
    """The replacement that `layer=file.py:function` names. Raises ValueError saying what is wrong with it."""
    layer, equals, place = text.partition("=")
    if not (layer and equals):
        raise ValueError(f"{text!r} is not of the form {_FORM}")
    return Replacement(layer, *named(place, _FORM))


def placed(architecture: Mapping[str, Any], replacements: Sequence[Replacement], trust: bool) -> dict[str, Replacement]:
    """Each replacement by the path of its layer.

    Raises `Failure`: `USAGE` where a layer is not there or is no function, `REFUSED` where nothing can tell what the
    old function computes, so that the new one could never be compared.
    """
    seats = list(_seats(architecture))
    found = {seat.path: (seat, given) for given in replacements for seat in [_seat_of(given, seats)]}
    problems = [_untold(seat, given) for seat, given in found.values() if not trust and not _is_told(seat, given)]
    if problems:
        raise refused(problems, str(problems[0]))
    return {path: given for path, (_, given) in found.items()}


def names(architecture: Mapping[str, Any] | None, replacements: Collection[Replacement]) -> frozenset[str]:
    """What the look calls the layers that are replaced."""
    wanted = {given.layer for given in replacements}
    seats = _seats(architecture or {}) if wanted else ()
    return frozenset(seat.shown for seat in seats if wanted & {seat.path, seat.shown})


def _seat_of(given: Replacement, seats: Sequence[Seat]) -> Seat:
    for seat in seats:
        if given.layer in (seat.path, seat.shown):
            return seat
    known = [seat.shown for seat in seats]
    near = difflib.get_close_matches(given.layer, known, cutoff=0) or ["none"]
    text = f"--replace {given.layer}: the model has no such layer that can be replaced"
    raise Failure(Exit.USAGE, text, f"layers that can be replaced: {', '.join(near)}")


def _is_told(seat: Seat, given: Replacement) -> bool:
    """Operators run in Keras 2.15 as they are; a Lambda needs a body that can be followed, or the old function."""
    if not seat.is_lost and (seat.class_name != "Lambda" or obstacle(seat.config) is None):
        return True
    old = _old(seat)
    return old != given.function and old in defined(Path(given.file).read_bytes(), given.file)


def _untold(seat: Seat, given: Replacement) -> Problem:
    old = _old(seat)
    why = "the file has lost a part of it" if seat.is_lost else obstacle(seat.config)
    text = f"the original function is unknown, so {given.place} cannot be compared: {why}"
    return Problem(seat.path, seat.class_name, text, "function", None, _unblock(seat, old))


def _old(seat: Seat) -> str | None:
    """What the old function is called."""
    function = seat.config.get("function")
    return old_name(function) if seat.is_lost else name_of(function)


def _unblock(seat: Seat, old: str | None) -> str:
    if seat.is_lost:
        return f"Define the original in the same file as {old}, and Keras 2.15 runs it for comparison."
    if is_wrapper(seat.config):
        return f"Write it into the same file: {old_function_hint(str(old))}"
    return (
        f"The original function is called {old}. {_TRUTH}"
        if old
        else f"Its name is not in the file. {way_out(seat.shown)}"
    )


def _seats(architecture: Mapping[str, Any]) -> Iterator[Seat]:
    """Every layer of an architecture, at any depth, that calls a function."""
    for each in objects(architecture, closed=REPLACEABLE):
        if each.class_name in REPLACEABLE:
            yield Seat(each.path, each.shown, each.class_name, each.config, lost_in(each.entry) is not None)
