"""`inspect`: what is inside, from the static look alone. No worker starts, and nothing is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from interchange.errors import Exit
from keras2to3.inspection.inspection import Inspection, inspected
from keras2to3.inspection.lines import Line, indented, lines_of
from keras2to3.options import InspectOptions
from keras2to3.report import to_bytes
from keras2to3.sources import find

if TYPE_CHECKING:
    from rich.tree import Tree

SCHEMA = 1


def inspect(options: InspectOptions, stream: TextIO) -> Exit:
    """Print what is inside each source; the exit code is the highest of all."""
    sources = find(options.sources, None)
    if options.json:
        return _as_json([inspected(source) for source in sources], stream)
    print_lines = drawn if stream.isatty() else plain
    codes = []
    for source in sources:
        inspection = inspected(source)
        print_lines(lines_of(inspection), stream)
        codes.append(inspection.exit_code)
    return max(codes)


def _as_json(found: Sequence[Inspection], stream: TextIO) -> Exit:
    code = max(inspection.exit_code for inspection in found)
    document = {"schema": SCHEMA, "exit_code": int(code), "sources": [item.to_json() for item in found]}
    _print(to_bytes(document).decode("ascii").rstrip(), stream)
    return code


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
