"""Sources that the system does not let be read: code 3, with the path and what to do, for every format and place."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.errors import Exit
from tests.models import hdf5_files
from tests.support.paths import ROOT
from tests.unit.scanner.test_saved_model import saved_model

_PR_CAPBSET_DROP, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 24, 1, 2


def as_an_ordinary_user() -> None:
    """Root reads everything by two capabilities, which the program that follows cannot have."""
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def checked(folder: Path, *sources: str) -> tuple[dict[str, Any], str]:
    """The row of each source by its name, and what was said, of a dry run as somebody who is not almighty."""
    words = ["-m", "keras2to3", "check", *sources, "--output-dir", "checked"]
    done = subprocess.run(
        [sys.executable, *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=as_an_ordinary_user if os.geteuid() == 0 else None,
    )
    assert "Traceback" not in done.stderr
    assert (folder / "checked" / "check.json").exists(), done.stderr
    rows = json.loads((folder / "checked" / "check.json").read_text())["sources"]
    return {row["source"]["path"]: row for row in rows}, done.stderr


FORMATS: dict[str, Callable[[Path], object]] = {
    "model.h5": hdf5_files.write,
    "old.weights.h5": hdf5_files.write_weights,
    "net.json": lambda path: path.write_text(json.dumps(hdf5_files.sequential(hdf5_files.dense()))),
    "net.yaml": lambda path: path.write_text("class_name: Sequential\nconfig: {}\n"),
    "data.npz": lambda path: np.savez(path, a=np.zeros(3)),
    "saved": saved_model,
}


def make(folder: Path) -> None:
    folder.mkdir()
    for name, write in FORMATS.items():
        write(folder / name)
    for name in ("index", "data-00000-of-00001"):
        shutil.copy(folder / "saved" / "variables" / f"variables.{name}", folder / f"ckpt.{name}")


# What is closed, and with which bits, and which source of the folder cannot be read then.
CLOSED = {
    **{f"the file {name}": (name, 0, name) for name in FORMATS if name != "saved"},
    "an index": ("ckpt.index", 0, "ckpt.index"),
    "a shard": ("ckpt.data-00000-of-00001", 0, "ckpt.index"),
    "a folder that is a model": ("saved", 0, "saved"),
    "its list": ("saved", 0o300, "saved"),
    "the way into it": ("saved", 0o600, "saved"),
    "its graph": ("saved/saved_model.pb", 0, "saved"),
    "the list of its variables": ("saved/variables", 0o300, "saved"),
    "the way to its variables": ("saved/variables", 0o600, "saved"),
    "the index of its variables": ("saved/variables/variables.index", 0, "saved"),
    "a shard of its variables": ("saved/variables/variables.data-00000-of-00001", 0, "saved"),
    "the way to a file": ("", 0o600, "model.h5"),
    "the list of a checkpoint": ("", 0o300, "ckpt.index"),
}


@contextlib.contextmanager
def closed(path: Path, bits: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


def test_what_is_closed_cannot_be_read_and_can_be_when_it_is_opened(tmp_path: Path) -> None:
    sources = {}
    with contextlib.ExitStack() as stack:
        for number, (place, bits, source) in enumerate(CLOSED.values()):
            make(tmp_path / str(number))
            stack.enter_context(closed(tmp_path / str(number) / place, bits))
            sources[f"{number}/{source}"] = f"{number}/{place}".rstrip("/")
        rows, said = checked(tmp_path, *sources)
    assert rows.keys() == sources.keys()
    for source, place in sources.items():
        error = rows[source]["error"]
        assert error["code"] == Exit.UNREADABLE, (source, error)
        assert place in error["message"]
        assert "Permission denied" in error["message"], error
        assert "chmod u+r" in error["hint"]
    assert "--output-dir" not in said
    rows, _ = checked(tmp_path, *sources)
    assert not [row for row in rows.values() if "Permission denied" in str(row["error"])]


def test_links_and_names_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "itself.h5").symlink_to("itself.h5")
    (tmp_path / "nowhere.h5").symlink_to("gone.h5")
    (tmp_path / "file").touch()
    (tmp_path / "memory.h5").symlink_to("/proc/self/mem")  # its first byte cannot be read
    too_long = f"{'x' * 300}.h5"
    wanted = {
        "itself.h5": ("Too many levels of symbolic links", "back to itself"),
        "nowhere.h5": ("does not exist", "Check the path"),
        "file/below.h5": ("does not exist", "Check the path"),
        too_long: ("File name too long", "is too long"),
        "memory.h5": ("Input/output error", "copy it"),
    }
    rows, said = checked(tmp_path, *wanted)
    for source, (text, hint) in wanted.items():
        error = rows[source]["error"]
        assert error["code"] == Exit.UNREADABLE
        assert text in error["message"]
        assert hint in error["hint"]
        assert source in error["message"]
    assert "internal error" not in said


@pytest.mark.parametrize("name", ["model.h5", "saved"])
def test_what_cannot_be_read_is_no_defect_of_an_inspection(name: str, tmp_path: Path) -> None:
    make(tmp_path / "a")
    words = [sys.executable, "-m", "keras2to3", "inspect", f"a/{name}", "--json"]
    with closed(tmp_path / "a" / name, 0):
        done = subprocess.run(
            words,
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            preexec_fn=as_an_ordinary_user if os.geteuid() == 0 else None,
        )
    assert done.returncode == Exit.UNREADABLE
    assert "Permission denied" in done.stdout
