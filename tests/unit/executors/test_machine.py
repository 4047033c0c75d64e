"""How many pairs of workers suit a machine and its sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from keras2to3.executors import machine
from keras2to3.sandbox import GIB


@pytest.mark.parametrize(
    ("cores", "memory", "largest", "pairs"),
    [
        (1, 64 * GIB, 0, 1),
        (2, 64 * GIB, 0, 1),
        (16, 64 * GIB, 1 << 20, 8),
        (16, 8 * GIB, 1 << 20, 3),
        (16, 64 * GIB, 3 * GIB, 3),
        (16, 2 * GIB, 3 * GIB, 1),
    ],
)
def test_cores_and_memory_both_count(cores: int, memory: int, largest: int, pairs: int) -> None:
    assert machine.suitable(cores, memory, largest) == pairs


def test_one_source_needs_one_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 64)
    assert machine.pairs([Path("a.h5")]) == 1


def test_the_largest_source_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 64)
    monkeypatch.setattr(machine, "memory", lambda: 64 * GIB)
    small, large, folder = tmp_path / "a.h5", tmp_path / "b.h5", tmp_path / "c"
    small.touch()
    with large.open("wb") as file:
        file.truncate(3 * GIB)
    folder.mkdir()
    (folder / "saved_model.pb").touch()
    assert machine.pairs([small, folder, tmp_path / "nowhere.h5"]) == 32
    assert machine.pairs([small, large]) == 3


def test_a_container_has_what_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_CONTROL_GROUP", tmp_path)
    free = machine.cores(), machine.memory()
    assert free[0] >= 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert (machine.cores(), machine.memory()) == free
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    (tmp_path / "memory.max").write_text(f"{1 << 20}\n")
    assert (machine.cores(), machine.memory()) == (1, 1 << 20)
