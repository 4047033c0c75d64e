"""What the whole command prints where: with workers that have no framework, in pipes and on a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.models import hdf5_files
from tests.support.paths import ROOT

COMMAND = [sys.executable, "-m", "tests.support.fake_command"]
_VARIABLES = ("CI", "NO_COLOR", "FORCE_COLOR", "TERM", "JPY_PARENT_PID", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")


def environment(**more: str) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _VARIABLES}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm", **more}


@pytest.fixture
def models(tmp_path: Path) -> list[str]:
    names = ["good.h5", "refused.h5"]
    for name in names:
        (tmp_path / name).write_text(name)
    return names


def ran(place: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    fake = [*COMMAND, str(place / "payload")]
    command = [*([sys.executable, "-m", "keras2to3"] if words[0] == "check" else fake), *words]
    return subprocess.run(
        command, cwd=place, env=environment(**variables), capture_output=True, text=True, check=False, timeout=100
    )


def test_results_are_on_standard_output_and_all_else_is_not(tmp_path: Path, models: list[str]) -> None:
    done = ran(tmp_path, "migrate", *models, "--log-file", "log")
    assert done.returncode == Exit.REFUSED
    first = [line for line in done.stdout.splitlines() if not line.startswith("    ")]
    assert sorted(first[:2]) == ["refused    refused.h5  refused", "verified   good.h5  identical, 1 change"]
    assert first[2].startswith("2 sources: 1 verified, 1 refused (")
    assert first[2].endswith(" s) -> migrated/summary.json")
    assert "  good.h5: exporting good.h5\n" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr + (tmp_path / "log").read_text()
    assert "INFO   good.h5: exporting" in (tmp_path / "log").read_text()
    again = ran(tmp_path, "migrate", "good.h5", "-q", "--log-file", "log")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith("1 source: 1 verified (")
    assert again.stdout.endswith(" -> migrated/good.keras\n")
    assert "already there" in (tmp_path / "log").read_text()


def test_json_is_one_document(tmp_path: Path, models: list[str]) -> None:
    done = ran(tmp_path, "migrate", *models, "--json")
    document = json.loads(done.stdout)
    assert (document["exit_code"], document["error"]) == (Exit.REFUSED, None)
    assert {row["source"]: row["status"] for row in document["sources"]} == {
        "good.h5": "verified",
        "refused.h5": "refused",
    }
    summary = json.loads((tmp_path / "migrated" / "summary.json").read_text())
    assert {key: value for key, value in document.items() if key != "error"} == summary
    assert "verified   good.h5" in done.stderr


@pytest.mark.parametrize("verb", ["migrate", "check"])
def test_json_tells_why_the_command_failed(verb: str, tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "a.h5")
    (tmp_path / "out").write_text("a file, and no folder")
    done = ran(tmp_path, verb, "a.h5", "--output-dir", "out", "--json")
    document = json.loads(done.stdout)
    assert document["sources"] == []
    assert document["exit_code"] == document["error"]["code"] == done.returncode == Exit.ENVIRONMENT
    assert document["error"]["message"] in done.stderr


def test_a_terminal_gets_verdicts_that_stay_and_lines_that_go(tmp_path: Path, models: list[str]) -> None:
    reader, writer = os.openpty()
    command = [*COMMAND, str(tmp_path / "payload"), "migrate", *models]
    with subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=writer, stderr=writer) as process:
        os.close(writer)
        read = b""
        try:
            while piece := os.read(reader, 1 << 16):
                read += piece
        except OSError:
            pass  # Linux tells so that the other end is closed
    os.close(reader)
    assert process.returncode == Exit.REFUSED
    text = read.decode()
    assert text.count("\x1b[32mverified\x1b[0m   good.h5  identical, 1 change\r\n") == 1
    assert text.count("\x1b[31mrefused\x1b[0m    refused.h5  refused\r\n") == 1
    assert "of 2 done" in text
    assert text.rstrip("\r\n").rpartition("\x1b[2K")[2].startswith("2 sources: 1 verified, 1 refused ("), (
        "the bar is gone"
    )
