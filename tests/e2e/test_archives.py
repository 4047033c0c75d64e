"""`.keras` files of Keras 2 by one run of the command: as every version and system wrote them, and misnamed ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.e2e.conftest import Command, Run, saved_by, selected
from tests.models import edited_keras_files as archives

GOOD = ("net", "words", "numbers", "windows", "old", "old_words", "zip_called_h5", "hdf5_called_keras")


@pytest.fixture(scope="module")
def run(
    request: pytest.FixtureRequest, command: Command, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    place = tmp_path_factory.mktemp("archives")
    folder = saved_by(command, place, "keras_files.py")
    net, words = folder / "net.keras", folder / "words.keras"
    archives.on_windows(net, folder / "windows.keras")
    archives.of_keras_2_13(net, folder / "old.keras")
    archives.of_keras_2_13(words, folder / "old_words.keras")
    shutil.copy(net, folder / "zip_called_h5.h5")
    shutil.copy(models / "dense.h5", folder / "hdf5_called_keras.keras")

    def without(file: object) -> None:
        del file["layers/batch_normalization_1"]  # type: ignore[attr-defined]

    archives.edited(net, folder / "broken.keras", without)
    sources = [path for path in folder.iterdir() if path.stem in selected(request, [*GOOD, "broken"])]
    return command.run(place, *sources, "--root", folder)


@pytest.mark.parametrize("name", GOOD)
def test_every_file_is_taken_for_what_it_is_and_arrives(run: Run, name: str) -> None:
    report = run.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["source"]["format"] == ("h5" if name == "hdf5_called_keras" else "keras")
    assert report["weights"]["tensors"] == report["weights"]["identical"]


@pytest.mark.models("broken")
def test_all_weights_that_are_missing_are_listed(run: Run) -> None:
    error = run.report("broken")["error"]
    assert error["code"] == Exit.WEIGHTS
    texts = [row["text"] for row in error["problems"]]
    assert texts == [f"{name} is missing" for name in ("gamma", "beta", "moving_mean", "moving_variance")]
