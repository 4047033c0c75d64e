"""What an earlier run has verified is left as it is, and anything that is not quite that is done again."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interchange.bundle import BundleWriter
from interchange.errors import Exit
from interchange.messages.weights import Weights
from keras2to3 import install_paths
from keras2to3.environments import installed_versions
from keras2to3.executors import worker_pair
from keras2to3.executors.scheduler import migrate
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from keras2to3.reports.report import Report
from keras2to3.results.job import Job
from keras2to3.results.resume import EarlierRuns, _has_same_architecture

pytestmark = pytest.mark.usefixtures("fake_workers", "fake_versions")

OptionsFor = Callable[..., Options]


@pytest.fixture
def fake_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_versions, "versions", lambda *_: {"keras": "fake"})


def run(options: Options) -> list[bool]:
    """Which of the sources were not done anew."""
    migrate(options, Lines(io.StringIO()))
    return [row["resumed"] for row in json.loads((options.output_dir / "summary.json").read_text())["sources"]]


def test_nothing_is_started_and_nothing_is_touched(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    options = options_for("a", "b")
    assert run(options) == [False, False]
    before = {path: (path.stat().st_ino, path.read_bytes()) for path in options.output_dir.glob("[ab].*")}
    monkeypatch.setattr(worker_pair, "Worker", None)  # whoever starts one fails
    stream = io.StringIO()
    assert migrate(options, Lines(stream)) is Exit.VERIFIED
    assert "a.h5  already there, " in stream.getvalue()
    assert before == {path: (path.stat().st_ino, path.read_bytes()) for path in options.output_dir.glob("[ab].*")}
    rows = json.loads((options.output_dir / "summary.json").read_text())["sources"]
    assert [(row["status"], row["exit_code"], row["resumed"]) for row in rows] == [("verified", 0, True)] * 2


def edit(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


CHANGES: dict[str, Callable[[Path], Any]] = {
    "the source": lambda place: (place / "a.h5").write_bytes(b"other"),
    "the output": lambda place: edit(place / "migrated" / "a.keras", b"a.h5", b"b.h5"),
    "no output": lambda place: (place / "migrated" / "a.keras").unlink(),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_altered_is_done_again(what: str, options_for: OptionsFor, tmp_path: Path) -> None:
    options = options_for("a", "b")
    run(options)
    CHANGES[what](tmp_path)
    assert run(options) == [False, True]
    assert (tmp_path / "migrated" / "a.keras").read_bytes() == (tmp_path / "a.h5").read_bytes()
    assert run(options) == [True, True]


@pytest.mark.parametrize(
    "given", [{"rtol": 0.5}, {"trust": True}, {"no_optimizer": True}, {"map": (("a", "b"),)}, {"force": True}], ids=str
)
def test_another_wish_is_done_again(given: dict[str, Any], options_for: OptionsFor) -> None:
    options = options_for("a")
    run(options)
    assert run(dataclasses.replace(options, **given)) == [False]


def test_what_changes_no_result_is_listed_and_the_rest_counts(options_for: OptionsFor) -> None:
    options = options_for("a")
    aside = {one.name for one in dataclasses.fields(options)} - options.shaping().keys()
    targets = {"keras2_python", "keras3_python", "keras", "tensorflow", "oldest"}
    limits = {"timeout", "scan_timeout", "memory", "jobs", "allow_missing_sandbox"}
    places = {"sources", "exclude", "models", "output_dir", "root", "flat", "overwrite", "wait"}
    written = {"configuration", "settings"}
    told = {"allow", "fail_on", "junit", "sarif", "gitlab", "display", "html", "log_json", "metrics"}
    shards = {"on", "models_per_shard", "stores", "target"}
    assert aside == {"force"} | limits | targets | places | written | told | shards
    run(options)
    assert run(dataclasses.replace(options, timeout=9.0, memory=1 << 30, jobs=2)) == [True]


def test_a_file_that_is_named_counts_by_what_it_holds(options_for: OptionsFor, tmp_path: Path) -> None:
    (tmp_path / "samples.npz").write_bytes(b"one")
    options = dataclasses.replace(options_for("a"), inputs=tmp_path / "samples.npz")
    run(options)
    assert run(options) == [True]
    (tmp_path / "samples.npz").write_bytes(b"two")
    assert run(options) == [False]


@pytest.mark.parametrize("versions", [{"keras": "newer"}, {}], ids=["another", "none"])
def test_other_environments_do_it_again(
    versions: dict[str, str], options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_for("a")
    run(options)
    monkeypatch.setattr(installed_versions, "versions", lambda *_: versions)
    assert run(options) == [False]


def test_an_environment_of_another_time_does_it_again(options_for: OptionsFor) -> None:
    options = options_for("a")
    run(options)
    path = options.output_dir / "a.report.json"
    report = Report.from_bytes(path.read_bytes())
    report.environments["elsewhere"] = {"keras": "fake"}
    path.write_bytes(report.to_bytes())
    assert run(options) == [False]


def test_other_code_does_it_again(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    options = options_for("a")
    before = install_paths.digest()
    run(options)
    (install_paths.payload() / "exporter" / "more.py").touch()
    assert install_paths.digest() != before
    assert run(options) == [False]


def test_a_failure_is_tried_again(options_for: OptionsFor) -> None:
    options = options_for("refused", "import-dies", "good")
    assert run(options) == [False, False, False]
    assert run(options) == [False, False, True]


def test_the_same_file_under_another_path_is_another_source(options_for: OptionsFor, tmp_path: Path) -> None:
    options = options_for("a")
    run(options)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.h5").write_text("a.h5")
    assert run(dataclasses.replace(options, sources=(tmp_path / "other" / "a.h5",))) == [False]


def test_a_bundle_that_is_to_be_kept_has_to_be_there(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    options = dataclasses.replace(options_for("a"), keep_bundles=True)
    run(options)
    bundle = options.output_dir / "a.bundle"
    assert run(options) == [False], "what the fake worker leaves is no bundle"
    (bundle / "name").unlink()
    writer = BundleWriter(bundle, {"name": "x", "version": "1"}, {"name": "a.h5"})
    writer.write_json("architecture.json", {})
    writer.close()
    assert run(options) == [True]
    (bundle / "architecture.json").write_text("[]")
    assert run(options) == [False]


def test_the_text_that_describes_weights_counts(tmp_path: Path) -> None:
    text = tmp_path / "a.json"
    text.write_text("{}")
    told = {"path": str(text), "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}
    alone, described = Job(tmp_path / "a.h5", tmp_path, "a"), Job(tmp_path / "a.h5", tmp_path, "a", architecture=text)
    assert _has_same_architecture(described, Report({"architecture": told}))
    assert not _has_same_architecture(alone, Report({"architecture": told}))
    assert not _has_same_architecture(described, Report({"architecture": None}))
    assert _has_same_architecture(alone, Report({"architecture": None}))
    text.write_text("[]")
    assert not _has_same_architecture(described, Report({"architecture": told}))


def test_a_report_is_read_back_as_it_was(tmp_path: Path) -> None:
    report = Report({"path": "a.h5"}, timing={"total": 1.5}, weights=Weights(1, 3, 1, 0))
    assert Report.from_bytes(report.to_bytes()) == report
    other = dataclasses.replace(report, timing={})
    assert json.loads(other.to_bytes())["seal"] == json.loads(report.to_bytes())["seal"]


def test_what_it_is_made_with_is_plain_json(options_for: OptionsFor) -> None:
    facts = EarlierRuns(options_for("a")).made_with(options_for("a"))
    assert set(facts) == {"keras2to3", "code", "options"}
    assert json.loads(json.dumps(facts)) == facts
