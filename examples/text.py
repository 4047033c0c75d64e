"""How a line of text becomes the character ids that the model reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LINE_LENGTH = 80
PADDING = 0
FIRST, LAST = ord(" "), ord("~")
OTHER = LAST - FIRST + 2
VOCABULARY_SIZE = OTHER + 1


def character_id(character: str) -> int:
    """Return 1 to 95 for printable ASCII and OTHER for the rest; 0 is left to the padding."""
    code = ord(character)
    return code - FIRST + 1 if FIRST <= code <= LAST else OTHER


def encode(lines: Sequence[str]) -> NDArray[np.int32]:
    """Return ids of shape (lines, LINE_LENGTH); indentation is dropped, long lines are cut, short ones padded."""
    ids = np.full((len(lines), LINE_LENGTH), PADDING, dtype=np.int32)
    for row, line in enumerate(lines):
        known = [character_id(character) for character in line.strip()[:LINE_LENGTH]]
        ids[row, : len(known)] = known
    return ids
