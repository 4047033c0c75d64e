"""The proofs of `proof/` with both Keras: a sample of random models, genes of defects, and faults in a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from proof import genes, judging, mutation
from proof.arrays import read
from tests.e2e.conftest import Command
from tests.support.paths import MODELS

REPLAYED = sorted((MODELS / "genes").glob("*.json"))
SAMPLE = {f"sample-{number}": genes.drawn(20152, number) for number in range(12)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("proof")


@pytest.fixture(scope="module")
def pythons(command: Command) -> tuple[Path, Path]:
    return Path(command.keras2), Path(command.keras3)


@pytest.fixture(scope="module")
def judged(place: Path, pythons: tuple[Path, Path]) -> dict[str, judging.Verdict]:
    """The sample and the genes that are kept, all in one run."""
    kept = {path.stem: json.loads(path.read_text("utf-8"))["gene"] for path in REPLAYED}
    return judging.verdicts({**SAMPLE, **kept}, place / "sample", pythons)


def test_random_models_are_verified_and_right_or_refused(judged: dict[str, judging.Verdict]) -> None:
    assert {name: each for name, each in judged.items() if name in SAMPLE and each.kind in ("wrong", "failed")} == {}
    assert sum(judged[name].kind == "right" for name in SAMPLE) >= len(SAMPLE) / 2


@pytest.mark.parametrize("path", REPLAYED, ids=lambda path: path.stem)
def test_a_gene_that_is_kept_has_the_verdict_it_must_have(path: Path, judged: dict[str, judging.Verdict]) -> None:
    wanted = json.loads(path.read_text("utf-8"))["wanted"]
    assert judged[path.stem].kind == wanted, judged[path.stem].text


def test_another_answer_is_seen(judged: dict[str, judging.Verdict], place: Path) -> None:
    """The same models, where the answers of stock Keras are a little off."""
    folder = place / "sample"
    seen = 0
    for name in (name for name in SAMPLE if judged[name].kind == "right"):
        wanted, noise = (read(folder / "models" / f"{name}.{what}.npz") for what in ("outputs", "noise"))
        found = _off(read(folder / f"{name}.npz"))
        seen += judging.compared(found, wanted, noise, judging._within(SAMPLE[name])).kind == "wrong"
    assert seen >= sum(judged[name].kind == "right" for name in SAMPLE) / 2


def _off(arrays: list[Any]) -> list[Any]:
    return [(kind, array * np.array(1.001, array.dtype) if array.dtype.kind == "f" else array)
            for kind, array in arrays]  # fmt: skip


def test_faults_are_caught(place: Path, pythons: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    words = ["gru_time_major", "--samples", "64", "--folder", str(place / "mutation")]
    words += ["--keras2-python", str(pythons[0]), "--keras3-python", str(pythons[1])]
    assert mutation.main(words) in (0, 1)  # of a few faults one may be missed, which is a share of much
    rows = [json.loads(line) for line in (place / "mutation" / "rows.jsonl").read_text("utf-8").splitlines()]
    caught = {row["fault"] for row in rows if row["verdict"] == "caught"}
    assert {"two rows swapped", "two columns swapped", "activation", "direction"} <= caught
    assert "1 models" in capsys.readouterr().out
