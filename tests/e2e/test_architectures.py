"""Architectures in text, alone and with weights in a file of their own: one run over a folder, and one with a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.e2e.conftest import Command, Run, saved_by


@pytest.fixture(scope="module")
def models(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_by(command, tmp_path_factory.mktemp("architectures"), "architecture_files.py")


@pytest.fixture(scope="module")
def walked(command: Command, models: Path) -> Run:
    return command.run(models, "walked", "--root", "walked", "--fresh-weights")


def test_a_folder_holds_as_many_models_as_it_seems(walked: Run) -> None:
    assert walked.codes() == {
        "alone.json": Exit.VERIFIED,
        "best.index": Exit.VERIFIED,
        "called.yaml": Exit.REFUSED,
        "json.weights_v2.h5": Exit.VERIFIED,
        "misfit.weights_v2.h5": Exit.WEIGHTS,
        "newer.weights.h5": Exit.VERIFIED,
        "twice.json": Exit.REFUSED,
        "yaml_weights.h5": Exit.VERIFIED,
    }, walked.lines


@pytest.mark.parametrize(
    ("stem", "text"),
    [("json", "json.arch.json"), ("yaml_weights", "yaml.yaml"), ("newer", "newer.json"), ("best", "best.json")],
)
def test_weights_find_their_architecture(walked: Run, stem: str, text: str) -> None:
    report = walked.report(stem)
    assert report["source"]["architecture"]["path"] == f"walked/{text}"
    assert report["weights"]["tensors"] == report["weights"]["identical"] == 4
    assert (walked.output / f"{stem}.keras").is_file()


def test_an_architecture_alone_gets_fresh_weights_and_says_so(walked: Run) -> None:
    assert [row["kind"] for row in walked.report("alone")["changes"] if row["rule"] == "weights"] == ["lossy"]
    told = next(line for line in walked.lines.splitlines() if "alone.json  " in line)
    assert told.startswith("verified")
    assert "untrained, 2 changes, 1 lossy" in told


def test_all_that_does_not_fit_is_told(walked: Run) -> None:
    assert [row["layer"] for row in walked.report("misfit")["error"]["problems"]] == ["first", "third"]


def test_what_is_no_description_is_refused_by_name(walked: Run) -> None:
    assert "os.system" in str(walked.report("called")["error"]["problems"])
    assert [row["layer"] for row in walked.report("twice")["error"]["problems"]] == ["first"]


def test_the_user_names_the_architecture_and_fresh_weights_are_the_same_every_time(
    walked: Run, command: Command, models: Path, tmp_path: Path
) -> None:
    named = command.run(tmp_path, models / "named", "--architecture", models / "named" / "net.json")
    assert named.codes() == {"many.weights_v2.h5": Exit.VERIFIED}, named.lines
    assert (named.output / "many.keras").read_bytes() == (walked.output / "json.keras").read_bytes()
    again = command.run(tmp_path, models / "walked" / "alone.json", "--fresh-weights")
    assert (again.output / "alone.keras").read_bytes() == (walked.output / "alone.keras").read_bytes()
