"""The policy of a team through whole runs: exit codes, reports and summaries, and what an earlier run has left."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit
from keras2to3.dry_run import check
from keras2to3.environments import installed_versions
from keras2to3.executors.scheduler import migrate
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.reports.console import Lines
from tests.models import hdf5_files
from tests.models.hdf5_files import lambda_layer, sequential

OptionsFor = Callable[..., Options]


def run(options: Options) -> tuple[Exit, str]:
    said = io.StringIO()
    return migrate(options, Lines(said)), said.getvalue()


def rows(options: Options) -> dict[str, Any]:
    document = json.loads((options.output_dir / "summary.json").read_text())
    return {Path(row["source"]).stem: row for row in document["sources"]}


def report(options: Options, stem: str) -> Any:
    return json.loads((options.output_dir / f"{stem}.report.json").read_text())


@pytest.fixture
def fake_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_versions, "versions", lambda *_: {"keras": "fake"})


@pytest.mark.usefixtures("fake_workers")
def test_an_allowed_refusal_counts_as_0_and_names_the_rule_everywhere(options_for: OptionsFor) -> None:
    options = dataclasses.replace(options_for("good", "refused"), allow=("refused",))
    code, said = run(options)
    assert code is Exit.VERIFIED
    decision = {"rules": ["allow refused"], "exit_code": 0}
    row = rows(options)["refused"]
    assert (row["status"], row["exit_code"], row["policy"], row["output"]) == ("refused", 0, decision, None)
    assert report(options, "refused")["policy"] == decision
    assert report(options, "refused")["error"]["code"] == 4
    assert "    policy: allow refused: exit code 0\n" in said
    assert rows(options)["good"]["policy"] is None
    assert "policy" not in report(options, "good")
    assert not (options.output_dir / "refused.keras").exists()


@pytest.mark.usefixtures("fake_workers")
def test_a_verified_model_fails_and_stays(options_for: OptionsFor) -> None:
    options = dataclasses.replace(options_for("compiled", "plain"), fail_on=("optimizer:rebuilt",), no_optimizer=True)
    code, said = run(options)
    assert code is Exit.POLICY
    assert {name: row["exit_code"] for name, row in rows(options).items()} == {"compiled": 10, "plain": 0}
    assert rows(options)["compiled"]["status"] == "verified"
    assert (options.output_dir / "compiled.keras").exists()
    assert "    policy: fail-on optimizer:rebuilt: exit code 10\n" in said


@pytest.mark.usefixtures("fake_workers", "fake_versions")
def test_another_policy_does_nothing_again_and_its_decision_is_in_the_report(options_for: OptionsFor) -> None:
    options = dataclasses.replace(options_for("compiled"), no_optimizer=True)
    strict = dataclasses.replace(options, fail_on=("optimizer",))
    assert run(options)[0] is Exit.VERIFIED
    before = report(options, "compiled")
    assert run(strict)[0] is Exit.POLICY
    decided = report(options, "compiled")
    assert decided["policy"] == {"rules": ["fail-on optimizer"], "exit_code": 10}
    assert {**decided, "policy": None, "seal": None} == {**before, "policy": None, "seal": None}
    assert (rows(options)["compiled"]["resumed"], rows(options)["compiled"]["exit_code"]) == (True, 10)
    assert run(options)[0] is Exit.VERIFIED
    assert report(options, "compiled") == before


@pytest.mark.usefixtures("scan_here")
def test_a_check_decides_by_what_it_knows(tmp_path: Path) -> None:
    hdf5_files.write(tmp_path / "code.h5", sequential(lambda_layer("scale")))
    options = CheckOptions((tmp_path / "code.h5",), tmp_path / "out")
    for allow, expected in (
        ((), Exit.REFUSED),
        (("refused:Lambda",), Exit.VERIFIED),
        (("unsafe:names",), Exit.REFUSED),
    ):
        said = io.StringIO()
        assert check.check(dataclasses.replace(options, allow=allow), Lines(said)) is expected
        (row,) = json.loads((tmp_path / "out" / "check.json").read_text())["sources"]
        assert (row["status"], row["exit_code"]) == ("refused", int(expected))
        assert bool(row["policy"]) is (expected is Exit.VERIFIED) is ("policy: allow refused:Lambda" in said.getvalue())
