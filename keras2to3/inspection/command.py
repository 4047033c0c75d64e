"""`inspect`: print what a scan finds in a source. Keras is not started, and nothing is written."""

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
from keras2to3.inspection.lines import Line, indented, to_answer
from keras2to3.options.commands import InspectOptions
from keras2to3.reports.report import to_bytes
from keras2to3.scanner.process.client import Scanner, scanner_for
from keras2to3.sources import Source, find

if TYPE_CHECKING:
    from rich.tree import Tree

SCHEMA = 1


def inspect(options: InspectOptions, stream: TextIO, warn: Callable[[str], None]) -> Exit:
    """Print what is inside each source; the exit code is the highest of all. Warnings go to `warn`."""
    as_json = options.display.json
    sources = find(options.sources, None, exclude=options.exclude)
    with tempfile.TemporaryDirectory(prefix="keras2to3-") as folder:
        scanner = scanner_for(options, sources, Path(folder), warn)
        with contextlib.closing(scanner):
            inspections = ahead(lambda source: _inspect_source(source, scanner, as_json=as_json), sources, scanner.stop)
            return _print_json(list(inspections), stream) if as_json else _print_lines(inspections, stream)


def _inspect_source(source: Source, scanner: Scanner, *, as_json: bool) -> Mapping[str, Any]:
    """What is inside a source, from the scanner, or why it cannot be read."""
    try:
        if source.failure:
            raise source.failure
        return scanner.inspect(source.path, as_json=as_json)
    except Failure as failure:
        if failure.code in (Exit.ENVIRONMENT, Exit.INTERRUPTED):
            raise
        return to_answer(Inspection(source.path, failure=failure), as_json=as_json)


def _print_json(inspections: Sequence[Mapping[str, Any]], stream: TextIO) -> Exit:
    code = Exit(max(inspection["exit_code"] for inspection in inspections))
    document = {"schema": SCHEMA, "exit_code": int(code), "sources": [item["row"] for item in inspections]}
    _print(to_bytes(document).decode("ascii").rstrip(), stream)
    return code


def _print_lines(inspections: Iterable[Mapping[str, Any]], stream: TextIO) -> Exit:
    print_lines = print_tree if stream.isatty() else print_plain
    codes = []
    for inspection in inspections:
        print_lines(Line.of(inspection["line"]), stream)
        codes.append(inspection["exit_code"])
    return Exit(max(codes))


def print_plain(line: Line, stream: TextIO) -> None:
    """Print indented lines, for a log."""
    _print("\n".join(indented(line)), stream)


def _print(text: str, stream: TextIO) -> None:
    """Print a text. If the reader has closed the pipe, as `| head` does, the rest is discarded without an error."""
    try:
        print(text, file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_tree(line: Line, stream: TextIO) -> None:
    """Print a tree, for a terminal."""
    from rich.console import Console  # late: importing rich takes longer than importing our own modules

    Console(file=stream, highlight=False).print(_tree(line))


def _tree(line: Line) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    tree = Tree(Text(line.shown, line.style), guide_style="dim")
    for inner in line.below:
        tree.children.append(_tree(inner))
    return tree
