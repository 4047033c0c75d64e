"""Guess inputs from an error message of TensorFlow: ranges of indices, and sizes of axes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from exporter.probes import strings
from exporter.probes.candidates import Guess
from exporter.probes.input_facts import InputFacts
from interchange.values import Value, array_of

# The message of a gather: the position, the value, and the range of indices.
_OUTSIDE = re.compile(r"indices(?:\[([\d,]*)\])? = (-?\d+) is not in \[(-?\d+), (\d+)\)")
# The message of a gather along several axes.
_DEEP = re.compile(r"indices(?:\[[\d,]*\])? = \[([-\d, ]+)\] does not index into param shape \[([\d,]+)\]")
_TOKENS = re.compile(r"num_tokens=(\d+)")
_SHAPES = re.compile(
    r"[(\[](?:None|\?|-?\d+)(?:, ?(?:None|\?|-?\d+))*,?[)\]]|(?:multiple of|has|have value|with) (\d+)"
)
_RESHAPED = re.compile(r"tensor with (\d+) values, but the requested shape (requires a multiple of|has) (\d{1,7})\b")
# How many sizes in one error are tried.
_SIZES = 6
_LONGEST = 2**20


def better(guess: Guess, inputs: Sequence[Value], text: str) -> Iterator[Guess]:
    """Guesses within the range in an error, or with images of its size; `inputs` are those that failed."""
    for value, span, place in _ranges(text):
        yield from _within(guess, inputs, value, span, place)
    yield from _pictured(guess, text)
    yield from _of_bytes(guess, inputs, text)


def sized(guess: Guess, text: str) -> Iterator[Guess]:
    """Guesses of the lengths in an error."""
    if guess.is_free:
        longer = (replace(guess, free=size) for size in _sizes(text, guess.free))
        yield from (each for each in longer if each.is_bearable)


def _pictured(guess: Guess, text: str) -> Iterator[Guess]:
    """Guesses with images of the sizes in an error, if there are images."""
    for make in (strings.pictures, strings.jpegs, strings.coded_pictures):
        if any(fact.values == make() for fact in guess.facts):
            for size in _picture_sizes(text):
                facts = (replace(fact, values=make(*size)) if fact.values == make() else fact for fact in guess.facts)
                yield replace(guess, facts=tuple(facts))


def _picture_sizes(text: str) -> Iterator[tuple[int, int]]:
    """The sizes of images in an error, and of squares with as many numbers as it wants."""
    for height, width in re.findall(r"[(\[](\d{1,4}), ?(\d{1,4}), ?[134][)\]]", text):
        yield int(height), int(width)
    for count in map(int, re.findall(r"(?:multiple of|shape has) (\d{1,7})\b", text)):
        sides = {math.isqrt(count // channels) for channels in (1, 3)}
        yield from ((side, side) for side in sides if side and count in (side * side, 3 * side * side))


def _of_bytes(guess: Guess, inputs: Sequence[Value], text: str) -> Iterator[Guess]:
    """Guesses with strings of as many numbers as an error wants, if there are strings of raw numbers."""
    match = _RESHAPED.search(text)
    if match is None or all(fact.values != strings.raw() for fact in guess.facts):
        return
    size, wanted = int(match[1]), int(match[3])
    samples = max(array_of(value).size for fact, value in zip(guess.facts, inputs) if fact.values == strings.raw())
    count = wanted if match[2] == "requires a multiple of" else wanted // samples
    dtype = {4: "float32", 8: "float64"}.get(samples * len(strings.raw()[0]) // max(size, 1), "uint8")
    facts = (
        replace(fact, values=strings.raw(count, dtype)) if fact.values == strings.raw() else fact
        for fact in guess.facts
    )
    yield replace(guess, facts=tuple(facts))


def _ranges(text: str) -> Iterator[tuple[int | None, tuple[int, int], tuple[int, ...] | None]]:
    """A value that is no index, if the error has it, the range of indices, and the position of the value."""
    if found := _OUTSIDE.search(text):
        place, value, low, high = found.groups()
        yield int(value), (int(low), int(high)), tuple(map(int, place.split(","))) if place else None
    elif found := _DEEP.search(text):
        indices, shape = (list(map(int, part.split(","))) for part in found.groups())
        yield from ((index, (0, size), None) for index, size in zip(indices, shape) if not 0 <= index < size)
    elif found := _TOKENS.search(text):
        yield None, (0, int(found[1])), None


def _within(
    guess: Guess, inputs: Sequence[Value], value: int | None, span: tuple[int, int], place: tuple[int, ...] | None
) -> Iterator[Guess]:
    """Guesses with all inputs that had the value in the range; if none had it, with an input shifted by a constant."""
    arrays = [array_of(value) for value in inputs]
    holding = [_may_lie(fact, span) and _holds(array, value) for fact, array in zip(guess.facts, arrays)]
    if any(holding):
        yield _spanned(guess, [span if holds else None for holds in holding])
    elif value is not None and place is not None:
        shifts = [_shift(array, value, place) for array in arrays]
        moved = [
            None if shift is None or not fact.is_number else (span[0] - shift, span[1] - shift)
            for fact, shift in zip(guess.facts, shifts)
        ]
        for index in (index for index, each in enumerate(moved) if each):
            yield _spanned(guess, [each if index == other else None for other, each in enumerate(moved)])


def _spanned(guess: Guess, spans: Sequence[tuple[int, int] | None]) -> Guess:
    facts = (
        fact if span is None else replace(fact, ids=None, span=span, whole=True, between=None)
        for fact, span in zip(guess.facts, spans)
    )
    return replace(guess, facts=tuple(facts))


def _may_lie(fact: InputFacts, span: tuple[int, int]) -> bool:
    """Whether an input has numbers that are not yet known to be in the range."""
    known = fact.whole_numbers
    return fact.is_number and (known is None or known[0] < span[0] or known[1] > span[1])


def _holds(array: np.ndarray, value: int | None) -> bool:
    return value is None or bool((np.trunc(array) == value).any())


def _shift(array: np.ndarray, value: int, place: tuple[int, ...]) -> int | None:
    """The constant that was added to the number at a position, if there is one."""
    inside = array.dtype.kind in "fiu" and len(place) == array.ndim
    if not inside or any(index >= size for index, size in zip(place, array.shape)):
        return None
    return value - int(np.trunc(array[place]))


def _sizes(text: str, free: int) -> list[int]:
    """Numbers in an error that may be the length it wants: those in shapes, large ones first."""
    sizes = {int(number) for match in _SHAPES.finditer(text) for number in re.findall(r"\d+", match[0])}
    return sorted((size for size in sizes if 0 < size <= _LONGEST and size != free), reverse=True)[:_SIZES]
