"""Names of results: what each depends on, where two would meet, and what no file system has to hold."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interchange.errors import Exit, Failure
from keras2to3.results import portable_names
from keras2to3.results.job import Job
from keras2to3.results.plan import plan
from keras2to3.sources import Source, find
from keras2to3.weight_pairs import paired
from tests.support.work import counted

SOURCES = (
    "model.h5",
    "fraud/2023/model_0.h5",
    "pricing/2023/model_0.h5",
    "pricing/2023/model_0.hdf5.d/model_0.h5",
    "ads/2023/model_0.h5",
    "search/net/saved_model.pb",
    "a/net_weights.h5",
    "b/net.json",
)
NAMES = {
    "model.h5": "model",
    "fraud/2023/model_0.h5": "fraud/2023/model_0",
    "pricing/2023/model_0.h5": "pricing/2023/model_0",
    "pricing/2023/model_0.hdf5.d/model_0.h5": "pricing/2023/model_0.hdf5.d/model_0",
    "ads/2023/model_0.h5": "ads/2023/model_0",
    "search/net": "search/net",
    "a/net_weights.h5": "a/net_weights",
    "b/net.json": "b/net",
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b'{"class_name": "Sequential"}' if name.endswith(".json") else b"")


def jobs(*arguments: str, output_dir: str = "migrated", **options: object) -> list[Job]:
    return plan(paired(find(map(Path, arguments), Path(output_dir)), lambda _: False), Path(output_dir), **options)  # type: ignore[arg-type]


def stems(*arguments: str, **options: object) -> dict[str, str]:
    return {str(job.source): job.stem for job in jobs(*arguments, **options) if job.has_target}


def planned(*paths: str) -> list[Job]:
    return plan([Source(Path(path)) for path in paths], Path("migrated"))


def test_a_job_names_its_results() -> None:
    job = Job(Path("a/model.h5"), Path("out"), "a/model")
    assert (job.target, job.report) == (Path("out/a/model.keras"), Path("out/a/model.report.json"))


def test_a_name_depends_on_nothing_but_the_path_of_its_source(here: Path) -> None:
    """Whatever else is in the run, in whichever order, and however the source is named."""
    touch(*SOURCES)
    for count in (1, 2, len(NAMES)):
        for chosen in itertools.permutations(NAMES, count) if count < 3 else (tuple(NAMES), tuple(reversed(NAMES))):
            assert stems(*chosen) == {name: NAMES[name] for name in chosen}
    assert stems(".") == NAMES
    assert stems("fraud", "pricing", "ads", "search", "model.h5", "a", "b") == NAMES
    assert stems("*.h5", "*/2023/*.h5", "**/model_0.h5", "search/*", "[ab]/*") == NAMES
    absolute = stems(str(here))
    assert {os.path.relpath(name): stem for name, stem in absolute.items()} == NAMES
    assert stems(*absolute) == absolute


def test_below_a_root_the_same_wherever_one_stands(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(*SOURCES)
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    for named in (["../fraud"], ["../fraud/2023/model_0.h5"], ["../*/2023/model_0.h5"], [str(here / "fraud")]):
        found = stems(*named, root=Path(".."))
        assert found[next(name for name in found if "fraud" in name)] == "fraud/2023/model_0"


def test_elsewhere_the_folder_that_was_named_is_the_root(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(*SOURCES)
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert stems("../fraud") == {"../fraud/2023/model_0.h5": "2023/model_0"}
    assert stems("../f*/2023/*.h5") == {"../fraud/2023/model_0.h5": "fraud/2023/model_0"}
    assert stems("../fraud/2023/model_0.h5") == {"../fraud/2023/model_0.h5": "model_0"}
    for named in itertools.permutations(("../fraud", "..", "../fraud/2023/model_0.h5")):
        assert set(stems(*named).values()) == set(NAMES.values())


def test_a_link_on_the_way_to_the_root_changes_no_name(here: Path) -> None:
    touch("real/models/a.h5", "real/models/b.h5")
    Path("link").symlink_to("real")
    touch("real/models/v3/a.h5")
    Path("real/models/latest").symlink_to("v3")
    root = Path("link/models")
    assert stems(str(here / "real/models/a.h5"), root=root).popitem()[1] == "a"
    assert stems(str(here / "real/models/latest/a.h5"), root=root).popitem()[1] == "latest/a"
    assert stems("link/models/../models/b.h5").popitem()[1] == "real/models/b"


def test_what_lies_outside_of_the_root_is_a_wrong_usage_of_its_own(here: Path) -> None:
    touch("in/a.h5", "out/a.h5")
    inside, outside = jobs("in", "out", root=Path("in"))
    assert (inside.stem, inside.failure) == ("a", None)
    assert (outside.has_target, outside.failure and outside.failure.code) == (False, Exit.USAGE)
    assert "out/a.h5 is not below --root in" in str(outside.failure)
    assert [job.failure for job in jobs("in", "out", root=here)] == [None, None], "which the hint says"


MEETING = {
    "kinds": ("m/a.h5", "m/a.keras"),
    "endings": ("m/a.weights.h5", "m/a.hdf5"),
    "case": ("m/Model.h5", "m/model.h5"),
    "case of a folder": ("M/a.h5", "m/a.h5"),
    "case of a letter with two lower forms": ("m/\u1e9e.h5", "m/ss.h5"),
    "unicode form": ("m/caf\u00e9.h5", "m/cafe\u0301.h5"),
    "an architecture": ("m/net.weights.h5", "m/net.yaml"),
}


@pytest.mark.parametrize("paths", MEETING.values(), ids=MEETING.keys())
def test_results_that_would_meet_fail_alone_and_each_is_told_of_the_other(paths: Sequence[str]) -> None:
    *both, other = planned(*paths, "m/other.h5")
    assert (other.failure, other.has_target) == (None, True)
    for job, name in zip(both, reversed(paths)):
        assert job.failure
        assert (job.failure.code, job.has_target) == (Exit.USAGE, False)
        assert name in job.failure.message
        assert f"migrate {job.source} --output-dir" in str(job.failure.hint)
    for path in paths:
        assert [job.failure for job in planned(path, "m/other.h5")] == [None, None], "which the hint says"


def test_flat_results_that_would_meet_stop_the_run_and_all_pairs_are_listed() -> None:
    touch("a/m.h5", "b/m.h5", "c/n.h5", "d/N.h5", "e/o.h5")
    with pytest.raises(Failure) as caught:
        jobs("a", "b", "c", "d", "e", flat=True)
    assert caught.value.code is Exit.USAGE
    assert "a/m.h5 and b/m.h5; c/n.h5 and d/N.h5" in caught.value.message
    assert "e/o.h5" not in caught.value.message
    assert set(stems("a", "b", "c", "d", "e").values()) == {"a/m", "b/m", "c/n", "d/N", "e/o"}, "which the hint says"
    assert stems("a", "c", "e", flat=True) == {"a/m.h5": "m", "c/n.h5": "n", "e/o.h5": "o"}


@pytest.mark.parametrize("name", ["old.keras", "Old.keras", "old.weights.h5"])
def test_a_result_never_lies_on_its_source(name: str) -> None:
    touch(name)
    (job,) = jobs(name, output_dir=".", ending=name[3:])
    assert (job.has_target, job.failure and job.failure.code) == (False, Exit.USAGE)
    assert [job.failure for job in jobs(name)] == [None], "which the hint says"


@pytest.mark.parametrize("name", ["old.serving", "old.serving/saved_model", "old.bundle/net"])
def test_a_result_never_lies_on_another_source(name: str) -> None:
    touch(f"{name}/saved_model.pb", "old.h5")
    other, job = jobs(name, "old.h5", output_dir=".")
    assert (other.has_target, other.failure) == (True, None)
    assert (job.has_target, job.failure and job.failure.code) == (False, Exit.USAGE)


def test_a_link_to_a_result_is_not_where_a_source_lies_and_a_linked_output_folder_is() -> None:
    touch("models/old.keras")
    Path("migrated").symlink_to("models")
    (job,) = jobs("models/old.keras", root=Path("models"))
    assert job.failure
    assert "that replaces a source" in job.failure.message


def test_a_pattern_that_matches_nothing_names_no_result() -> None:
    (job,) = jobs("nosuch/*.h5")
    assert (job.has_target, job.failure and job.failure.code) == (False, Exit.UNREADABLE)


HARD = [
    *"con CON prn Aux nul com1 COM9 lpt0 conin$ CONOUT$ com\u00b9 con.tar nul.weights".split(),
    *(f"a{letter}b" for letter in '<>:"\\|?*\x00\x1f\x7f\x80\x9f\u2028\u202e\u200f'),
    *("dot.", "space ", "dots...", "con ", "\udcff", "a\udc80b", "%41", "100%", "%%41", "%", "%~", ".keras2to3"),
    *("x" * 300, "\u00e9" * 150, "\udcff" * 250, "x" * 299 + "y", "%~" * 150),
]


@pytest.mark.parametrize("place", [portable_names.stem, portable_names.folder])
def test_every_file_system_holds_every_name_and_no_two_become_one(place: type[portable_names.stem]) -> None:  # type: ignore[valid-type]
    made = [place(name) for name in HARD]
    assert len(set(made)) == len(set(HARD)) == len(HARD)
    for name in made:
        assert not re.search(r'[<>:"/\\|?*]', name)
        assert all(unicodedata.category(letter) not in ("Cc", "Cs") for letter in name)
        assert not re.match(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d\u00b9\u00b2\u00b3])\s*(\.|$)", name)
        assert name[-1] not in ". "
        assert len(f"{name}.report.failed.json".encode()) <= 255
        assert portable_names.key(name) != portable_names.HIDDEN


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=40))
def test_what_was_encoded_can_be_decoded(name: str) -> None:
    assert unquote_to_bytes(portable_names.stem(name)) == name.encode()


@pytest.mark.parametrize(
    "ending", [".keras", ".serving", ".bundle", ".weights.h5", ".report.json", ".report.html", "_custom.py", ".KERAS"]
)
def test_no_folder_has_the_name_of_a_result(ending: str) -> None:
    one, other = planned(f"m{ending}/a.h5", "m.h5")
    assert one.target.parts[1].casefold() not in {path.name.casefold() for path in other.outputs()}


def test_plain_names_stay_as_they_are_and_others_are_marked() -> None:
    names = ["model_0", "net-1.0", "my.weights.of", "\u6a21\u578b", "caf\u00e9", "a b", "100%", "v1~2", "console", ".x"]
    assert [portable_names.stem(name) for name in names] == [portable_names.folder(name) for name in names] == names
    plain, encoded = planned("a/b.h5", "a:/b.h5")
    assert (plain.is_renamed, encoded.is_renamed, encoded.stem) == (False, True, "a%3A/b")


def test_the_work_for_thousands_of_one_name_grows_no_faster_than_they_do() -> None:
    sources = [Source(Path(f"/{number}/same/model.h5"), base=Path("/")) for number in range(2_000)]
    with counted() as work:
        made = plan(sources, Path("migrated"))
        same = plan([dataclasses.replace(one, base=None) for one in sources], Path("m"))
    assert len({job.stem for job in made}) == 2_000
    assert len([job for job in same if job.failure]) == 2_000
    assert work.calls < 4_000 * len(sources)
