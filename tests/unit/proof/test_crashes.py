"""What has to be true of a folder of results whatever has happened to a run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from proof.crashes import __main__ as crashes
from proof.crashes import results
from proof.crashes.results import Trial

RIGHT = {"a": b"of a", "b": b"of b"}


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Both models as a run leaves them."""
    for name, content in RIGHT.items():
        (tmp_path / f"{name}.keras").write_bytes(content)
        facts = {"status": "verified", "output": {"sha256": hashlib.sha256(content).hexdigest()}}
        (tmp_path / f"{name}.report.json").write_text(json.dumps(facts))
    (tmp_path / "summary.json").write_text("{}")
    return tmp_path


def whole(output: Path) -> list[str]:
    return results.half_done(output, {name: (content,) for name, content in RIGHT.items()})


def test_nothing_is_wrong_with_what_a_run_leaves(output: Path) -> None:
    assert whole(output) == results.lost(output, RIGHT) == results.unfinished(output, RIGHT) == []


def test_a_result_that_is_cut_off_is_not_whole(output: Path) -> None:
    (output / "a.keras").write_bytes(b"of")
    assert whole(output) == ["a.keras is not whole"]
    assert "after the second run a.keras is not right" in results.unfinished(output, RIGHT)


@pytest.mark.parametrize("content", ["", "{", "[]", "\0\0\0\0"])
def test_a_report_that_is_cut_off_is_not_whole(content: str, output: Path) -> None:
    (output / "a.report.json").write_text(content)
    assert whole(output) == ["a.report.json is not whole"]
    assert "after the second run a.report.json is of something else" in results.unfinished(output, RIGHT)


def test_a_verified_result_that_is_gone_is_lost(output: Path) -> None:
    (output / "b.keras").unlink()
    assert results.lost(output, RIGHT) == ["b.keras is lost"]
    assert whole(output) == []


@pytest.mark.parametrize("name", [".keras2to3/run-1/draft", "a.report.failed.json", "a.keras.tmp"])
def test_whatever_else_lies_there_is_left_over(name: str, output: Path) -> None:
    (output / name).parent.mkdir(parents=True, exist_ok=True)
    (output / name).write_text("x")
    assert results.unfinished(output, RIGHT) == [f"after the second run {name} is left over"]


def test_trials_are_counted_and_their_problems_listed() -> None:
    found = [
        Trial("kill", "importer at random", ()),
        Trial("kill", "importer at random", ("a.keras is lost",)),
        Trial("disk", "EIO at write 3", ()),
    ]
    assert crashes.summary(found) == {
        "trials": {"kill": 2, "disk": 1},
        "kills": {"importer at random": 2},
        "problems": [{"what": "importer at random", "text": "a.keras is lost"}],
    }


def test_a_run_in_which_nothing_could_be_tried_proves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crashes, "missing", lambda *_: "it is not there")
    monkeypatch.setattr(crashes.record, "about", lambda *_: {})
    words = ["power", "--folder", str(tmp_path), "--keras2-python", "python2", "--keras3-python", "python3"]
    assert crashes.main(words) == 1
    assert "power is left out: it is not there" in capsys.readouterr().out
