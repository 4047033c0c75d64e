r"""Functions that Keras stored on Windows: it wrote every byte that is a backslash as a slash.

A slash is no instruction of Python 3.6 to 3.12, so `decode.py` restores those. Elsewhere either may be meant: what
could be a backslash as well is refused, because a wrong number would be a wrong model.
"""

from __future__ import annotations

import itertools
import re
import struct
from collections.abc import Iterator, Sequence
from typing import Any

from bytecode.instructions import opcodes
from bytecode.reading.code_objects import Compiled
from bytecode.reading.decode import BACKSLASH, SLASH, Step, version
from bytecode.refusals import Unreadable

_DRIVE = re.compile(r"[A-Za-z]:/")
_TABLES = {
    "LOAD_CONST": "consts", "KW_NAMES": "consts", "LOAD_FAST": "slots", "STORE_FAST": "slots", "LOAD_DEREF": "cells",
    "STORE_DEREF": "cells", "LOAD_CLOSURE": "cells", "LOAD_ATTR": "names", "LOAD_METHOD": "names",
    "LOAD_GLOBAL": "names", "IMPORT_NAME": "names", "IMPORT_FROM": "names",
}  # fmt: skip


def check(compiled: Compiled, python: str, steps: Sequence[Step]) -> None:
    """Raise `Unreadable` where a function stored on Windows has a slash that may have been a backslash."""
    if not _is_of_windows(compiled, python):
        return
    doubtful = next(itertools.chain(_arguments(compiled, steps), _numbers(compiled.consts)), None)
    if doubtful is not None:
        raise Unreadable(f"Keras on Windows wrote backslashes as slashes, and {doubtful} may have held one")


def _is_of_windows(compiled: Compiled, python: str) -> bool:
    has_one = SLASH in compiled.code[::2] and SLASH not in opcodes.names(python) and version(python) >= (3, 6)
    return has_one or _DRIVE.match(compiled.filename) is not None


def _arguments(compiled: Compiled, steps: Sequence[Step]) -> Iterator[str]:
    starts = {step.start for step in steps}
    for step in steps:
        if step.argument & 0xFF == SLASH and _has_another(compiled, step, starts):
            yield f"the argument {step.argument} of {step.name}"


def _has_another(compiled: Compiled, step: Step, starts: set[int]) -> bool:
    """Whether a backslash in its place would be a valid argument of the instruction too."""
    further = BACKSLASH - SLASH
    if step.target is not None:
        return bool({step.target + further, step.target - further, step.target + 2 * further} & starts)
    table = _TABLES.get(step.name)
    return table is not None and step.argument + further < 4 * len(getattr(compiled, table))  # some count in bits


def _numbers(values: Any) -> Iterator[str]:
    """Numbers among constants, at any depth, that have a slash among their bytes."""
    for value in values if isinstance(values, (tuple, frozenset)) else (values,):
        if isinstance(value, (tuple, frozenset)):
            yield from _numbers(value)
        elif isinstance(value, float) and SLASH in struct.pack("<d", value):
            yield f"the number {value!r}"
        elif isinstance(value, int) and SLASH in value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True):
            yield f"the number {value}"
