"""An inspection as a tree of lines, which a terminal draws as a tree and a log indents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from interchange.errors import Problem
from keras2to3.inspection.inspection import Inspection
from keras2to3.inspection.layers import Layer
from keras2to3.inspection.statistics import Statistics
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.scanned_file import ScannedFile, StoredTensor

_LONGEST = 300  # characters of a line
_DEEPEST = 64  # groups within groups
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
Stored = tuple[tuple[str, ...], StoredTensor, Statistics]


@dataclass(frozen=True)
class Line:
    """A line, and the lines below it; text from a file cannot control a terminal."""

    text: str
    below: tuple[Line, ...] = ()
    style: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Line:
        """The inverse of `asdict`."""
        return cls(data["text"], tuple(map(cls.of, data["below"])), data["style"])

    @property
    def shown(self) -> str:
        """The text as it may be printed."""
        return short(self.text, _LONGEST)


def to_answer(inspection: Inspection, *, as_json: bool) -> dict[str, Any]:
    """An inspection as the command gets it: `exit_code`, and a `row` of JSON or a `line` with those below it."""
    content = {"row": inspection.to_json()} if as_json else {"line": asdict(lines_of(inspection))}
    return {"exit_code": int(inspection.exit_code), **content}


def lines_of(inspection: Inspection) -> Line:
    """Everything known about one source."""
    scanned, failure = inspection.scanned, inspection.failure
    if scanned is None:
        assert failure is not None
        message = failure.message.removeprefix(f"{inspection.path} ")
        hint = (Line(f"hint: {failure.hint}"),) if failure.hint else ()
        return Line(f"{inspection.path}: {message}", hint, "red")
    layers = (_of_layer(inspection.layers),) if inspection.layers else (Line("no architecture"),)
    unsafe = [(problem, f"[{problem.policy}] {problem}") for problem in scanned.unsafe]
    others = [(problem, str(problem)) for problem in inspection.unsupported]
    below = (
        Line(_facts(scanned)),
        Line(f"sha256 {scanned.sha256}"),
        Line("layers", layers, "bold"),
        Line(f"tensors: {_sum(scanned.tensors)}", tuple(_tensors(_stored(inspection))), "bold"),
        _problems("unsafe", unsafe),
        _problems("not supported", others),
    )
    return Line(str(inspection.path), below, "bold")


def indented(line: Line, depth: int = 0) -> Iterator[str]:
    """The tree as plain text."""
    yield f"{'  ' * depth}{line.shown}"
    for inner in line.below:
        yield from indented(inner, depth + 1)


def size(count: int) -> str:
    """A number of bytes with its unit."""
    power = min(int(math.log(max(count, 1), 1000)), len(_UNITS) - 1)
    return f"{count / 1000**power:.3g} {_UNITS[power]}" if power else f"{count} bytes"


def _facts(scanned: ScannedFile) -> str:
    version, backend = scanned.saved_by.get("keras_version"), scanned.saved_by.get("backend")
    by = f"saved by Keras {version}{f' with {backend}' if backend else ''}" if version else "by an unnamed Keras"
    compiled = "compiled" if scanned.is_compiled else "not compiled"
    state = f"{compiled}{', with the state of its optimizer' if scanned.has_optimizer else ''}"
    return ", ".join([scanned.source_format.title, size(scanned.size), by, *([state] if scanned.architecture else [])])


def _of_layer(layer: Layer) -> Line:
    name = f"{layer.name} ({layer.class_name})" if layer.name else layer.class_name
    numbers = "" if layer.parameters is None else f"  {layer.parameters:,}"
    return Line(f"{name}{numbers}", tuple(_of_layer(inner) for inner in layer.layers))


def _sum(tensors: Sequence[StoredTensor]) -> str:
    numbers = sum(math.prod(tensor.shape) for tensor in tensors)
    return f"{len(tensors):,} of {numbers:,} numbers, {size(sum(tensor.bytes for tensor in tensors))}"


def _stored(inspection: Inspection) -> list[Stored]:
    assert inspection.scanned is not None
    pairs = zip(inspection.scanned.tensors, inspection.statistics)
    return sorted(((tuple(t.name.split("/", _DEEPEST)), t, s) for t, s in pairs), key=lambda stored: stored[0])


def _tensors(stored: Iterable[Stored], depth: int = 0) -> Iterator[Line]:
    """A line for each group; a group with a single member shares its line."""
    for part, members in groupby(stored, key=lambda item: item[0][depth : depth + 1]):
        below = list(members)
        if len(below) == 1 or not part:
            yield from (
                Line(f"{'/'.join(path[depth:])}  {_of_tensor(tensor, statistics)}")
                for path, tensor, statistics in below
            )
            continue
        lines = tuple(_tensors(below, depth + 1))
        alone = len(lines) == 1
        yield Line(f"{part[0]}/{lines[0].text}", lines[0].below) if alone else Line(part[0], lines)


def _of_tensor(tensor: StoredTensor, statistics: Statistics) -> str:
    shape = f"({', '.join(map(str, tensor.shape))})"
    parts = [f"{shape} {tensor.dtype}", size(tensor.bytes)]
    if statistics.minimum is not None:
        low, high, mean, std = (
            f"{value:.4g}" for value in (statistics.minimum, statistics.maximum, statistics.mean, statistics.std)
        )
        parts.append(f"{low} to {high}, mean {mean}, std {std}")
    parts += [
        f"{count:,} {what}" for count, what in ((statistics.nan, "NaN"), (statistics.infinite, "infinite")) if count
    ]
    count = math.prod(tensor.shape)
    parts += [f"of the first {statistics.read:,} of {count:,} numbers"] if 0 < statistics.read < count else []
    return "  ".join(parts)


def _problems(title: str, rows: Sequence[tuple[Problem, str]]) -> Line:
    below = (Line(text, (Line(problem.unblock),) if problem.unblock else ()) for problem, text in rows)
    return Line(f"{title}: {len(rows) or 'nothing'}", tuple(below), "red" if rows else "green")
