"""The pages of the error catalogue: the texts in them, and whether an error that was raised has such a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from interchange.text import uncoloured
from tests.support.paths import ROOT

FOLDER = ROOT / "docs" / "errors"
INDEX = FOLDER / "index.md"

Reproducers = Mapping[str, Sequence[Callable[[], object]]]
"""By the name of a page, what brings about each of its texts, in their order."""


@dataclass(frozen=True)
class Page:
    """A page, its title, and the texts that it shows as they are printed."""

    name: str
    title: str
    texts: tuple[str, ...]
    body: str


def pages() -> dict[str, Page]:
    """All pages by name, without the index."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.md")) if path != INDEX}


def _read(path: Path) -> Page:
    body = path.read_text(encoding="utf-8")
    title = body.partition("\n")[0].removeprefix("# ")
    texts = re.findall(r"^(`{3,})text\n(.*?)^\1$", body, re.DOTALL | re.MULTILINE)
    return Page(path.stem, title, tuple(text for _, text in texts), body)


def cases(reproducers: Reproducers) -> list[object]:
    """A parameter of a test for each text: the page, the number of the text, and what brings it about."""
    return [
        pytest.param(name, number, reproduce, id=f"{name}-{number}")
        for name, each in reproducers.items()
        for number, reproduce in enumerate(each)
    ]


def pattern(text: str) -> str:
    """A regular expression for a text of a page, in which `...` stands for anything."""
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return ".*?".join(map(re.escape, lines.split("...")))


def assert_shown(name: str, number: int, printed: str) -> None:
    """The text of a page is what was printed, but for blanks at the ends of lines."""
    told = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    text = pages()[name].texts[number]
    assert re.fullmatch(pattern(text), told, re.DOTALL), f"{told}\n\nis not\n\n{text}"


def raised_by(reproduce: Callable[[], object]) -> str:
    """What an error says below its traceback, without colours and without what Python supposes was meant."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  (its text is what is looked at)
        reproduce()
    return uncoloured(f"{caught.type.__name__}: {caught.value}")
