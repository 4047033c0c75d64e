r"""Bytecode in which Keras on Windows has written every backslash as a slash: what is certain is put back."""

from __future__ import annotations

import base64
import json
import struct

import pytest

from bytecode import Code, Unreadable, read
from tests.support.paths import ORACLES

WRITTEN = json.loads((ORACLES / "bytecode.json").read_text(encoding="utf-8"))
CERTAIN = ("attention", "for tensors", "swapping", "unpacking")
PYTHONS = [python for python in WRITTEN if python not in ("2.7", "3.13")]


def stored(python: str, name: str) -> bytes:
    return base64.b64decode(WRITTEN[python]["bodies"][name][0])


def on_windows(data: bytes) -> bytes:
    return data.replace(b"model.py", b"C:/m.pyw").replace(b"\\", b"/")


def same(mine: Code, other: Code) -> bool:
    return mine.same_as(other) and mine.consts == other.consts


@pytest.mark.parametrize("name", CERTAIN)
@pytest.mark.parametrize("python", PYTHONS)
def test_instructions_are_put_back(python: str, name: str) -> None:
    data = stored(python, name)
    assert b"\\" in data
    assert same(read(data.replace(b"\\", b"/")), read(data))


@pytest.mark.parametrize("python", PYTHONS)
def test_no_body_of_windows_is_read_as_another_one(python: str) -> None:
    found = 0
    for name in WRITTEN[python]["bodies"]:
        data = stored(python, name)
        try:
            code = read(on_windows(data))
        except Unreadable:
            continue
        found += 1
        assert [step.meaning for step in code.instructions] == [step.meaning for step in read(data).instructions], name
    assert found > len(WRITTEN[python]["bodies"]) * 0.9


@pytest.mark.parametrize("python", PYTHONS)
def test_a_slash_that_may_have_been_a_backslash_is_refused(python: str) -> None:
    """The 92nd of many constants would be taken for the 47th."""
    with pytest.raises(Unreadable, match="Keras on Windows wrote backslashes as slashes, and the argument 47"):
        read(on_windows(stored(python, "many")))


@pytest.mark.parametrize("number", [92, 47])
def test_numbers_that_may_be_others_are_refused(number: int) -> None:
    data = stored("3.8", "scale")
    place = data.index(struct.pack("<d", 127.5)) - 1
    kind = data[place] & 0x80 | ord("i")
    with pytest.raises(Unreadable, match="the number 47 may have held one"):
        read(on_windows(data[:place] + bytes([kind]) + number.to_bytes(4, "little") + data[place + 9 :]))
