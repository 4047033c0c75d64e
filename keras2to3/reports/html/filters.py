"""Values as a page shows them. Whatever a model is called, it stays one line of visible text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup, escape

from interchange.text import counted, escaped

DASH = "\u2013"
"""Stands for what there is not."""

LONGEST = 120
"""Characters of a name; the middle of a longer one is left out."""

_CODE = re.compile(r"`([^`]+)`")
_LONGEST_PROSE = 2_000


def name(value: object, longest: int = LONGEST) -> str:
    """A name, with what cannot be seen written out, and with its middle left out if it is long."""
    text = escaped(str(value))
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[-half:]}"


def number(value: Any) -> str:
    """A measured number with the digits that matter; a dash for none."""
    if value is None:
        return DASH
    if isinstance(value, str):  # NaN and the infinities, as JSON has them
        return name(value)
    if value == 0:
        return "0"
    return f"{value:.1e}" if not 1e-3 <= abs(value) < 1e5 else f"{value:.3g}"


def count(value: int) -> str:
    """A whole number with separators."""
    return f"{value:,}"


def shape(value: Iterable[Any]) -> str:
    """A shape as Python writes a tuple."""
    return name(tuple(value))


def share(difference: Any, tolerance: Any) -> str:
    """How much of the tolerance a difference takes."""
    ratio = ratio_of(difference, tolerance)
    if ratio is None:
        return DASH
    if ratio == 0:
        return "0 %"
    if ratio < 0.001:
        return "< 0.1 %"
    return f"{ratio * 100:.2g} %" if ratio < 0.995 else f"{ratio * 100:,.0f} %"


def ratio_of(difference: Any, tolerance: Any) -> float | None:
    """A difference in tolerances, None where there is none."""
    if not isinstance(difference, (int, float)) or not isinstance(tolerance, (int, float)):
        return None
    if difference == 0:
        return 0.0
    return difference / tolerance if tolerance else float("inf")


def prose(value: object) -> Markup:
    """A sentence, in which what stands between backticks is code."""
    text = name(value, _LONGEST_PROSE)
    parts = _CODE.split(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def sentence(value: object) -> Markup:
    """A sentence with a capital and a full stop, for those that a terminal shows without."""
    text = str(value).strip()
    if text[:1].islower() and text.split(maxsplit=1)[0].isalpha():
        text = text[:1].upper() + text[1:]
    return prose(text if text.endswith((".", "!", "?", "…", "`")) or not text else f"{text}.")


def visible(value: object) -> object:
    """What a template puts in, with what cannot be seen written out but for the ends of lines."""
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return "\n".join(map(escaped, value.split("\n")))


def code(value: object, longest: int = 20_000) -> str:
    """Lines of code or of a log; the end of a long one is left out."""
    text = str(value)
    return text[:longest].expandtabs(4) + ("\n…" if len(text) > longest else "")


FILTERS = {
    each.__name__: each for each in (name, number, count, counted, shape, share, ratio_of, prose, sentence, code)
}
"""By the names that templates use."""
