"""Names of results that cannot meet."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from keras2to3.outputs import Job, plan
from keras2to3.sources import Source


def stems(*paths: str, output_dir: str = "migrated") -> list[str]:
    return [job.stem for job in plan([Source(Path(path)) for path in paths], Path(output_dir))]


def test_a_job_names_its_results() -> None:
    job = Job(Path("a/model.h5"), Path("out"), "model")
    assert (job.target, job.report) == (Path("out/model.keras"), Path("out/model.report.json"))


def test_one_stem_from_several_folders() -> None:
    paths = ["/a/model.h5", "/b/model.h5", "/c/b/model.h5", "/d/b/model.h5"]
    assert stems(*paths) == ["model", "b-model", "model-2", "model-3"]


def test_what_belongs_to_the_kind_is_no_part_of_the_name() -> None:
    paths = ["/a/m.weights.h5", "/b/n.weights_v2.h5", "/c/o.arch.json", "/d/p.tf", "/e/my.weights.of.h5"]
    assert stems(*paths) == ["m", "n", "o", "p", "my.weights.of"]
    assert stems("/a/m.h5", "/a/m.weights.h5") == ["m", "a-m"]


def test_names_that_differ_only_in_case_or_in_unicode_form() -> None:
    assert stems("/a/Model.h5", "/b/model.h5", "/c/MODEL.hdf5") == ["Model", "b-model", "c-MODEL"]
    assert stems("/a/caf\u00e9.h5", "/b/cafe\u0301.h5") == ["caf\u00e9", "b-cafe\u0301"]


def test_a_name_made_up_does_not_meet_a_real_one() -> None:
    assert stems("/a/model.h5", "/x/b-model.h5", "/b/model.h5") == ["model", "b-model", "model-2"]


def test_a_result_never_replaces_a_source(tmp_path: Path) -> None:
    (stem,) = stems(str(tmp_path / "old.keras"), output_dir=str(tmp_path))
    assert stem != "old"


@pytest.mark.parametrize("name", ["x" * 300, "é" * 150, "\udcff" * 250])
def test_names_stay_short_enough_for_a_file_system(name: str) -> None:
    made = stems(f"/a/{name}.h5", f"/b/{name}.h5")
    assert len(set(made)) == 2
    assert all(len(f"{stem}.report.json".encode("utf-8", "surrogateescape")) <= 255 for stem in made)


def test_thousands_of_one_name_take_no_time() -> None:
    begin = time.monotonic()
    assert len(set(stems(*(f"/{number}/same/model.h5" for number in range(20_000))))) == 20_000
    assert time.monotonic() - begin < 20, "quadratic work takes minutes"
