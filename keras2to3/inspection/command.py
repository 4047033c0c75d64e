"""`inspect`: what is inside, from the scan alone. Neither Keras starts, and nothing is written."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from interchange.errors import Exit, Failure
from keras2to3.executors.ahead import ahead
from keras2to3.inspection.inspection import Inspection
from keras2to3.inspection.lines import Line, indented, told
from keras2to3.options import InspectOptions
from keras2to3.reports.report import to_bytes
from keras2to3.scanner.process.client import Scanner, scanner_for
from keras2to3.sources import Source, find

if TYPE_CHECKING:
    from rich.tree import Tree

SCHEMA = 1


def inspect(options: InspectOptions, stream: TextIO, warn: Callable[[str], None]) -> Exit:
    """Print what is inside each source; the exit code is the highest of all. Warnings go to `warn`."""
    sources = find(options.sources, None)
    with tempfile.TemporaryDirectory(prefix="keras2to3-") as folder:
        scanner = scanner_for(options, sources, Path(folder), warn)
        with contextlib.closing(scanner):
            found = ahead(lambda source: _inspected(source, scanner, as_json=options.json), sources, scanner.stop)
            return _as_json(list(found), stream) if options.json else _as_lines(found, stream)


def _inspected(source: Source, scanner: Scanner, *, as_json: bool) -> Mapping[str, Any]:
    """What is inside a source, as the scanner tells it, or why it cannot be read."""
    try:
        if source.failure:
            raise source.failure
        return scanner.inspect(source.path, as_json=as_json)
    except Failure as failure:
        if failure.code in (Exit.ENVIRONMENT, Exit.INTERRUPTED):
            raise
        return told(Inspection(source.path, failure=failure), as_json=as_json)


def _as_json(found: Sequence[Mapping[str, Any]], stream: TextIO) -> Exit:
    code = Exit(max(inspection["exit_code"] for inspection in found))
    document = {"schema": SCHEMA, "exit_code": int(code), "sources": [item["row"] for item in found]}
    _print(to_bytes(document).decode("ascii").rstrip(), stream)
    return code


def _as_lines(found: Iterable[Mapping[str, Any]], stream: TextIO) -> Exit:
    print_lines = drawn if stream.isatty() else plain
    codes = []
    for inspection in found:
        print_lines(Line.of(inspection["line"]), stream)
        codes.append(inspection["exit_code"])
    return Exit(max(codes))


def plain(line: Line, stream: TextIO) -> None:
    """Indented lines, as a log wants them."""
    _print("\n".join(indented(line)), stream)


def _print(text: str, stream: TextIO) -> None:
    """That nobody reads on, as behind `| head`, is no failure; what is left goes nowhere."""
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def drawn(line: Line, stream: TextIO) -> None:
    """A tree, as a terminal shows it."""
    from rich.console import Console  # late: rich takes longer to import than all of ours

    Console(file=stream, highlight=False).print(_tree(line))


def _tree(line: Line) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    made = Tree(Text(line.shown, line.style), guide_style="dim")
    for inner in line.below:
        made.children.append(_tree(inner))
    return made
