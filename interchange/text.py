"""Texts in one line: what others say, made harmless to whoever reads it, and numbers of things."""

from __future__ import annotations

import re
import unicodedata

# Keras 3 prints what it has to say of a call in bold, wherever it is read.
_CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
# What changes the direction of the text around it, so that a line reads otherwise than it is.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STEERING = frozenset({"Cc", "Zl", "Zp"})  # categories: control characters, and what ends a line or paragraph


def said(error: BaseException) -> str:
    """An error with its class, in one line of bearable length."""
    return in_one_line(f"{type(error).__name__}: {error}")


def in_one_line(text: str, longest: int = 400) -> str:
    """The beginning of a text, with single spaces and without the codes of a terminal."""
    return " ".join(uncoloured(text).split())[:longest]


def counted(number: int, what: str) -> str:
    """`1 sample`, `3,410 samples`."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def uncoloured(text: str) -> str:
    """A text without the codes by which a terminal makes it bold or coloured."""
    return _CODES.sub("", text)


def has_controls(text: str) -> bool:
    """Whether it holds characters that steer a terminal, end a line or turn the direction of reading."""
    return not text.isprintable() and any(
        letter in _DIRECTIONS or unicodedata.category(letter) in _STEERING for letter in text
    )


def escaped(text: str) -> str:
    r"""A text of one line in which everything that cannot be seen but a space is written out, as in `\n` or `\u202e`.

    Letters, signs and emoji of every script stay as they are. Whatever this returns, `str.isprintable` holds of it.
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
