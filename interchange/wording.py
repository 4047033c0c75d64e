"""What others say, put into one line of a report."""

from __future__ import annotations

import re

# Keras 3 prints what it has to say of a call in bold, wherever it is read.
_CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def said(error: BaseException) -> str:
    """An error with its class, in one line of bearable length."""
    return in_one_line(f"{type(error).__name__}: {error}")


def in_one_line(text: str, longest: int = 400) -> str:
    """The beginning of a text, with single spaces and without the codes of a terminal."""
    return " ".join(uncoloured(text).split())[:longest]


def uncoloured(text: str) -> str:
    """A text without the codes by which a terminal makes it bold or coloured."""
    return _CODES.sub("", text)
