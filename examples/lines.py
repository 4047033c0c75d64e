"""Lines of Python and lines of English, read from the standard library of the Python that runs this."""

from __future__ import annotations

import ast
import io
import sysconfig
import tokenize
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SHORTEST_LINE = 10
FEWEST_WORDS = 3
SKIPPED_FOLDERS = {"site-packages", "dist-packages", "test", "tests", "idle_test", "__pycache__"}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Lines(NamedTuple):
    """Distinct lines, without their indentation."""

    code: list[str]
    prose: list[str]


def training_and_held_out() -> tuple[Lines, Lines]:
    """Return the lines of four modules in five, and those of the fifth that none of the four contains."""
    training, held_out = Lines([], []), Lines([], [])
    root = Path(sysconfig.get_path("stdlib"))
    for path in library_modules(root):
        found = read_lines(path.read_text(encoding="utf-8"))
        part = held_out if zlib.crc32(path.relative_to(root).as_posix().encode()) % 5 == 0 else training
        part.code.extend(found.code)
        part.prose.extend(found.prose)
    return distinct(training, Lines([], [])), distinct(held_out, training)


def distinct(lines: Lines, known: Lines) -> Lines:
    """Return each line once, in order, leaving out those of `known`."""
    seen = {*known.code, *known.prose}
    return Lines(*([line for line in dict.fromkeys(kind) if line not in seen] for kind in lines))


def library_modules(root: Path) -> list[Path]:
    """Return the source files of the standard library in a fixed order, without tests and installed packages."""
    paths = [path for path in root.rglob("*.py") if SKIPPED_FOLDERS.isdisjoint(path.relative_to(root).parts)]
    return sorted(paths)


def read_lines(source: str) -> Lines:
    """Sort the lines of one module; what is neither surely code nor surely prose is left out."""
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    tree = ast.parse(source)
    prose = [*comment_lines(tokens), *docstring_lines(tree)]
    return Lines(
        [line for line in code_lines(source, tokens, tree) if len(line) >= SHORTEST_LINE],
        [line for line in prose if is_prose(line)],
    )


def code_lines(source: str, tokens: list[tokenize.TokenInfo], tree: ast.Module) -> list[str]:
    """Return the lines that hold a name or keyword, and nothing of a comment, a docstring or a longer string."""
    code, text = set[int](), docstring_rows(tree)
    for token in tokens:
        rows = range(token.start[0], token.end[0] + 1)
        if token.type == tokenize.COMMENT or len(rows) > 1:
            text.update(rows)
        elif token.type == tokenize.NAME:
            code.update(rows)
    physical = io.StringIO(source).readlines()
    return [physical[row - 1].strip() for row in sorted(code - text)]


def comment_lines(tokens: list[tokenize.TokenInfo]) -> Iterator[str]:
    """Yield the comments that have a line to themselves."""
    for token in tokens:
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            yield token.string.lstrip("#!: ").rstrip()


def docstring_lines(tree: ast.Module) -> Iterator[str]:
    """Yield the lines of docstrings; the indented ones, mostly examples and tables, are left out."""
    for node in ast.walk(tree):
        text = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
        for paragraph in (text or "").split("\n\n"):
            if ">>>" not in paragraph:
                yield from (line.rstrip() for line in paragraph.splitlines() if not line.startswith(" "))


def docstring_rows(tree: ast.Module) -> set[int]:
    """Return the row numbers, from 1, that docstrings cover."""
    rows: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            rows.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return rows


def is_prose(line: str) -> bool:
    """Say whether a line has a few plain words and is not code that somebody commented out."""
    words = [word for word in line.split() if word.strip(".,;:!?()'\"").isalpha()]
    return len(line) >= SHORTEST_LINE and len(words) >= FEWEST_WORDS and not parses(line)


def parses(line: str) -> bool:
    """Say whether a line is a Python statement, or the head of one."""
    try:
        ast.parse(f"{line} pass" if line.endswith(":") else line)
    except (SyntaxError, ValueError):
        return False
    return True
