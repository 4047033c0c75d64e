"""Functions that the user gives in place of those nobody can translate: compared as everything is, and native."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.e2e.conftest import Command, Run, saved_by
from tests.support.paths import MODELS

FILE = MODELS / "replacements.py"
SEVERAL = {"tf.signal.dct": "dct", "spectrum": "spectrum", "inner/squashed": "softsign"}


def replacing(**functions: str) -> list[str]:
    return [f"--replace={layer}={FILE}:{function}" for layer, function in functions.items()]


@pytest.fixture(scope="module")
def models(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_by(command, tmp_path_factory.mktemp("replaced"), "untranslatable.py")


@pytest.fixture(scope="module")
def several(command: Command, models: Path) -> Run:
    return command.run(models.parent, models / "several.h5", "--root", models, *replacing(**SEVERAL))


def test_a_lambda_and_an_operator_are_replaced_and_verified(several: Run) -> None:
    report = several.report("several")
    assert report["status"] == "verified", report["error"]
    assert report["verification"]["reference"] == "given"
    assert "reference with your functions" in several.lines
    assert {row["layer"]: row["function"] for row in report["replaced"]} == SEVERAL
    told = {change["layer"]: change["text"] for change in report["changes"] if change["kind"] == "semantic"}
    assert told.keys() == SEVERAL.keys()
    assert all(row["sha256"] in told[row["layer"]] for row in report["replaced"])


def test_nothing_of_the_user_s_file_is_in_the_result(several: Run) -> None:
    with zipfile.ZipFile(several.output / "several.keras") as archive:
        config = archive.read("config.json").decode()
    assert "Lambda" not in config
    assert "replacement" not in config


def test_a_function_that_computes_something_else_is_found_out(command: Command, models: Path) -> None:
    run = command.run(models.parent, models / "trusted.h5", "--root", models, "--trust", *replacing(it="fivefold"))
    report = run.report("trusted")
    assert (run.code, report["status"], report["output"]) == (Exit.DIFFERS, "differs", None)
    assert report["verification"]["reference"] == "original", "its bytecode, which is trusted"
    assert not (run.output / "trusted.keras").exists()
