"""What becomes of results that are there already: of the same source, of another one, or not ours at all."""

from __future__ import annotations

import dataclasses
import errno
import io
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure, refused
from interchange.user_files.builders import Builder
from keras2to3 import install_paths
from keras2to3.environments import installed_versions
from keras2to3.executors.scheduler import migrate
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from keras2to3.reports.report import Report
from keras2to3.reports.summary import Summary
from keras2to3.results.job import Job
from keras2to3.results.portable_names import HIDDEN
from keras2to3.scanner.model_files import digest_file
from keras2to3.scanner.process.client import Scanner
from keras2to3.scanner.process.messages import ScanRequest, ScanResult
from tests.support.work import counted

OptionsFor = Callable[..., Options]
# Of a failure of one source: a refusal and a difference remove what is there, and a policy decides about results alone.
_OTHERS = (Exit.VERIFIED, Exit.REFUSED, Exit.DIFFERS, Exit.POLICY, Exit.INTERRUPTED)
KEEPING = [code for code in Exit if code not in _OTHERS]


@pytest.fixture(autouse=True)
def fakes(fake_workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_versions, "versions", lambda *_: {"keras": "fake"})


def run(options: Options, **changes: Any) -> tuple[Exit, str]:
    """The exit code, and what was said."""
    stream = io.StringIO()
    return migrate(dataclasses.replace(options, **changes), Lines(stream)), stream.getvalue()


def rows(options: Options) -> dict[str, Any]:
    """The rows of the summary by their names."""
    document = json.loads((options.output_dir / "summary.json").read_text())
    return {row["name"]: row for row in document["sources"]}


def tree(folder: Path) -> dict[str, bytes]:
    """All files but the summary and the pages."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    files = (path for path in paths if path.name != "summary.json" and path.suffix != ".html")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def verified(options: Options) -> dict[str, bytes]:
    assert run(options)[0] is Exit.VERIFIED
    return tree(options.output_dir)


@pytest.mark.parametrize("side", ["", "import-"])
@pytest.mark.parametrize("code", KEEPING)
def test_a_failure_leaves_the_result_of_an_earlier_run(code: Exit, side: str, options_for: OptionsFor) -> None:
    options = options_for("a", "b")
    before = verified(options)
    options.sources[0].write_text(f"{side}fails-{int(code)}.")
    for _ in range(2):
        assert run(options)[0] is code
        left = tree(options.output_dir)
        failed = json.loads(left.pop("a.report.failed.json"))
        assert left == before
        assert (failed["error"]["code"], failed["output"]) == (code, None)
        assert failed["earlier"] == {"kept": str(options.output_dir / "a.keras")}
        row = rows(options)["a"]
        assert (row["exit_code"], row["output"], row["kept"]) == (code, None, str(options.output_dir / "a.keras"))
        assert row["report"] == str(options.output_dir / "a.report.failed.json")
    assert "a.keras of an earlier run" in run(options)[1].partition("kept: ")[2]
    options.sources[0].write_text("better")
    assert tree(options.output_dir).keys() - before.keys() == {"a.report.failed.json"}
    assert run(options)[0] is Exit.VERIFIED
    assert tree(options.output_dir).keys() == before.keys()
    assert (options.output_dir / "a.keras").read_text() == "better"


def test_a_source_that_is_as_it_was_forgets_the_failure_between(options_for: OptionsFor) -> None:
    options = options_for("a")
    before = verified(options)
    options.sources[0].write_text("fails-9.")
    run(options)
    options.sources[0].write_text("a.h5")
    assert run(options)[0] is Exit.VERIFIED
    assert rows(options)["a"]["resumed"]
    assert tree(options.output_dir) == before


@pytest.mark.parametrize("code", [Exit.REFUSED, Exit.DIFFERS])
def test_a_source_that_has_come_to_something_else_loses_its_result(code: Exit, options_for: OptionsFor) -> None:
    options = options_for("a", "b")
    before = verified(options)
    options.sources[0].write_text(f"import-fails-{int(code)}.")
    found, said = run(options)
    left = tree(options.output_dir)
    assert found is code
    assert left.keys() == before.keys() - {"a.keras"}
    report = Report.from_bytes(left["a.report.json"])
    assert report.earlier == {"removed": [str(options.output_dir / "a.keras")]}
    assert "a.keras, an earlier result" in said.partition("removed: ")[2]
    assert rows(options)["a"]["removed"] == [str(options.output_dir / "a.keras")]
    assert left["b.keras"] == before["b.keras"]


def refusing(monkeypatch: pytest.MonkeyPatch, when: Callable[[bool], bool]) -> None:
    scan = Scanner.scan

    def scanned(self: Scanner, asked: ScanRequest) -> ScanResult:
        if when(asked.trust):
            raise refused([], "code")
        return scan(self, asked)

    monkeypatch.setattr(Scanner, "scan", scanned)


def test_a_refusal_of_the_same_bytes_under_other_options_takes_nothing_away(
    options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who forgets `--trust` has not made the file another one."""
    options = dataclasses.replace(options_for("a"), trust=True)
    before = verified(options)
    refusing(monkeypatch, lambda trust: not trust)
    assert run(options, trust=False)[0] is Exit.REFUSED
    left = tree(options.output_dir)
    assert left.pop("a.report.failed.json")
    assert left == before
    assert run(options)[0] is Exit.VERIFIED
    assert tree(options.output_dir) == before


@pytest.mark.parametrize("versions", [{"keras": "other"}, {"keras": "fake"}])
def test_a_refusal_under_the_same_options_takes_the_result_of_the_same_environment_away(
    versions: dict[str, str], options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_for("a")
    before = verified(options)
    (install_paths.payload() / "exporter" / "more.py").touch()  # a newer version of keras2to3
    refusing(monkeypatch, lambda _: True)
    monkeypatch.setattr(installed_versions, "versions", lambda *_: versions)
    assert run(options)[0] is Exit.REFUSED
    assert ("a.keras" in tree(options.output_dir)) is (versions != {"keras": "fake"})
    assert before


@pytest.mark.parametrize("late", [True, False])
def test_a_scan_that_was_killed_or_is_late_takes_nothing_away(
    late: bool, options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little memory, or a machine that is busy, has not made the file another one."""
    options = options_for("a")
    before = verified(options)
    (install_paths.payload() / "exporter" / "more.py").touch()  # so that it is done again

    def dies(self: Scanner, asked: ScanRequest) -> ScanResult:
        raise self._refusal(asked.path, late, Failure(Exit.WORKER_DIED, "died", detail={"log": "last words"}))

    monkeypatch.setattr(Scanner, "scan", dies)
    assert run(options)[0] is Exit.REFUSED
    left = tree(options.output_dir)
    assert left.pop("a.report.failed.json")
    assert left == before


def test_a_source_that_needs_no_migration_any_more_has_no_result(options_for: OptionsFor) -> None:
    options = options_for("a")
    verified(options)
    options.sources[0].write_text("keras-3")
    code, said = run(options)
    assert code is Exit.VERIFIED
    assert rows(options)["a"]["status"] == "unchanged"
    assert tree(options.output_dir).keys() == {"a.report.json"}
    assert "a.keras, an earlier result" in said.partition("removed: ")[2]
    options.sources[0].write_text("fails-9.")
    run(options)
    assert Report.from_bytes((options.output_dir / "a.report.json").read_bytes()).status == "unchanged"
    assert rows(options)["a"]["kept"] == str(options.output_dir / "a.report.json")


def test_a_result_of_another_kind_goes_with_its_report(options_for: OptionsFor) -> None:
    options = options_for("a")
    run(options, format="weights", builder=Builder("/nowhere.py", "network", "0" * 64))
    assert tree(options.output_dir).keys() == {"a.weights.h5", "a.report.json"}
    _, said = run(options)
    assert tree(options.output_dir).keys() == {"a.keras", "a.report.json"}
    assert "a.weights.h5, an earlier result" in said.partition("removed: ")[2]


def test_what_was_compared_with_nothing_takes_no_place_of_what_was_verified(options_for: OptionsFor) -> None:
    options = options_for("a")
    before = verified(options)
    filling = dataclasses.replace(options, builder=Builder("/nowhere.py", "network", "0" * 64))
    code, said = run(filling)
    assert (code, "a.keras is verified" in said) == (Exit.ENVIRONMENT, True)
    left = tree(options.output_dir)
    assert left.pop("a.report.failed.json")
    assert left == before
    assert run(filling, overwrite=True)[0] is Exit.VERIFIED, "which the hint says"
    assert rows(options)["a"]["status"] == "restored"
    options.sources[0].write_text("filled with something else")
    assert run(filling)[0] is Exit.VERIFIED, "over one that was not verified either"


def user_s(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("the user's")


def folder_of_user(path: Path) -> None:
    user_s(path / "file")


def link_of_user(path: Path) -> None:
    user_s(path.parents[1] / "elsewhere.keras")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(path.parents[1] / "elsewhere.keras")


def other_report(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    report = Report.of(Path("elsewhere/a.h5"), trusted=False)
    report.source.update(location="../elsewhere/a.h5", sha256="0" * 64)
    path.write_bytes(report.to_bytes())


def edited_report(path: Path) -> None:
    other_report(path)
    path.write_bytes(path.read_bytes().replace(b"elsewhere", b"nowhere"))


# By what it is: the place, and what makes it.
NOT_OURS: Mapping[str, tuple[str, Callable[[Path], None]]] = {
    "a model": ("a.keras", user_s),
    "a folder": ("a.keras", folder_of_user),
    "a link": ("a.keras", link_of_user),
    "a dead link": ("a.keras", lambda path: (path.parent.mkdir(), path.symlink_to("nowhere"))[0]),
    "a report": ("a.report.json", user_s),
    "a report that was changed": ("a.report.json", edited_report),
    "a report of another source": ("a.report.json", other_report),
    "a folder called as a report": ("a.report.json", folder_of_user),
    "a bundle": ("a.bundle", folder_of_user),
    "a file called as a bundle": ("a.bundle", user_s),
}


@pytest.mark.parametrize("what", NOT_OURS)
def test_what_is_not_ours_is_not_replaced_unless_asked(what: str, options_for: OptionsFor, tmp_path: Path) -> None:
    name, make = NOT_OURS[what]
    options = dataclasses.replace(options_for("a", "b"), keep_bundles=True)
    make(options.output_dir / name)
    before = tree(tmp_path / "migrated")
    code, said = run(options)
    assert code is Exit.ENVIRONMENT
    assert str(options.output_dir / name) in rows(options)["a"]["message"]
    assert "exporting a.h5" not in said, "before it is worked on"
    assert "--overwrite" in said
    assert {key: content for key, content in tree(tmp_path / "migrated").items() if key in before} == before
    assert (rows(options)["a"]["output"], rows(options)["b"]["status"]) == (None, "verified")
    assert run(options, overwrite=True)[0] is Exit.VERIFIED
    assert (options.output_dir / "a.keras").read_text() == "a.h5"
    assert not (options.output_dir / "a.keras").is_symlink()
    assert (options.output_dir / "a.bundle" / "name").read_text() == "a.h5"
    assert Report.from_bytes((options.output_dir / "a.report.json").read_bytes()).status == "verified"
    if what == "a link":
        assert (tmp_path / "elsewhere.keras").read_text() == "the user's"


@pytest.mark.parametrize("what", NOT_OURS)
def test_a_failure_replaces_nothing_of_others_even_when_asked(
    what: str, options_for: OptionsFor, tmp_path: Path
) -> None:
    name, make = NOT_OURS[what]
    options = dataclasses.replace(options_for("import-refused"), keep_bundles=True, overwrite=True)
    make(options.output_dir / name.replace("a.", "import-refused.", 1))
    before = tree(tmp_path / "migrated")
    assert run(options)[0] is Exit.REFUSED
    assert {key: content for key, content in tree(tmp_path / "migrated").items() if key in before} == before


def test_a_bundle_of_the_user_s_stays_where_none_is_kept(options_for: OptionsFor) -> None:
    options = options_for("a")
    folder_of_user(options.output_dir / "a.bundle")
    assert run(options)[0] is Exit.VERIFIED
    options.sources[0].write_text("newer")
    assert run(options)[0] is Exit.VERIFIED
    assert (options.output_dir / "a.bundle" / "file").read_text() == "the user's"


def test_a_bundle_of_ours_goes_with_the_result_that_it_was_kept_for(options_for: OptionsFor) -> None:
    options = options_for("a")
    assert run(options, keep_bundles=True)[0] is Exit.VERIFIED
    assert (options.output_dir / "a.bundle").is_dir()
    assert run(options)[0] is Exit.VERIFIED
    assert tree(options.output_dir).keys() == {"a.keras", "a.report.json"}


def test_a_file_that_comes_while_a_source_is_worked_on_stays(
    options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_for("a")

    class Busy(Lines):
        def step(self, job: Job, text: str) -> None:
            if text.startswith("importing"):
                user_s(job.target)
            super().step(job, text)

    assert migrate(options, Busy(io.StringIO())) is Exit.ENVIRONMENT
    assert (options.output_dir / "a.keras").read_text() == "the user's"
    assert run(options, overwrite=True)[0] is Exit.VERIFIED


def test_two_folders_to_work_in_do_not_share_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options_for: OptionsFor
) -> None:
    for team in ("one", "two"):
        user_s(tmp_path / team / "m.h5")
        (tmp_path / team / "m.h5").write_text(team)
    options = options_for()
    before = {}
    for team, code in (("one", Exit.VERIFIED), ("two", Exit.ENVIRONMENT), ("one", Exit.VERIFIED)):
        monkeypatch.chdir(tmp_path / team)
        assert run(options, sources=(Path("m.h5"),))[0] is code
        before = before or tree(options.output_dir)
        assert before.items() <= tree(options.output_dir).items()
    assert rows(options)["m"]["source"] == "m.h5"
    monkeypatch.chdir(tmp_path / "two")
    assert run(options, sources=(Path("m.h5"),), overwrite=True)[0] is Exit.VERIFIED
    assert (options.output_dir / "m.keras").read_text() == "two"
    assert len(json.loads((options.output_dir / "summary.json").read_text())["sources"]) == 1, "the other has none now"


@pytest.mark.parametrize("moved", ["the project", "the source"])
def test_what_has_moved_is_the_same_source(moved: str, tmp_path: Path, options_for: OptionsFor) -> None:
    place = tmp_path / "project"
    user_s(place / "m" / "a.h5")
    options = dataclasses.replace(options_for(), sources=(place / "m",), output_dir=place / "out", root=place / "m")
    assert run(options)[0] is Exit.VERIFIED
    if moved == "the project":
        place.rename(tmp_path / "renamed")
        place = tmp_path / "renamed"
        options = dataclasses.replace(options, sources=(place / "m",), output_dir=place / "out", root=place / "m")
        assert run(options)[0] is Exit.VERIFIED
        assert rows(options)["a"]["resumed"]
        (place / "m" / "a.h5").write_text("newer")
        assert run(options)[0] is Exit.VERIFIED
    else:
        (place / "m").rename(place / "n")
        assert run(options, sources=(place / "n",), root=place / "n")[0] is Exit.VERIFIED
    assert len(json.loads((options.output_dir / "summary.json").read_text())["sources"]) == 1


@pytest.mark.parametrize("what", ["a link out of it", "a link within", "a file", "a dead link"])
def test_nothing_is_written_where_folders_are_no_folders(what: str, tmp_path: Path, options_for: OptionsFor) -> None:
    user_s(tmp_path / "models" / "team" / "a.h5")
    output = tmp_path / "out"
    for path in (output / "real", tmp_path / "elsewhere"):
        path.mkdir(parents=True)
    place = output / "team"
    if what == "a file":
        place.touch()
    else:
        place.symlink_to({"a link within": "real", "a dead link": "nowhere"}.get(what, "../elsewhere"))
    options = dataclasses.replace(
        options_for(), sources=(tmp_path / "models",), root=tmp_path / "models", output_dir=output
    )
    for overwrite in (False, True):
        code, said = run(options, overwrite=overwrite)
        assert code is Exit.ENVIRONMENT
        assert f"{place} is " in said
    assert [*(tmp_path / "elsewhere").iterdir(), *(output / "real").iterdir()] == []
    place.unlink()
    assert run(options)[0] is Exit.VERIFIED, "which the hint says"


def test_results_that_would_meet_leave_what_is_there_and_one_alone_arrives(
    tmp_path: Path, options_for: OptionsFor
) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a.h5").write_text("one")
    options = dataclasses.replace(options_for("b"), root=tmp_path)
    both = (tmp_path / "m" / "a.h5", tmp_path / "m" / "a.keras", *options.sources)
    assert run(options, sources=both[:1])[0] is Exit.VERIFIED
    before = tree(options.output_dir)
    both[1].write_text("other")
    code, said = run(options, sources=both)
    assert code is Exit.USAGE
    assert before.items() <= tree(options.output_dir).items()
    assert tree(options.output_dir).keys() - before.keys() == {"b.keras", "b.report.json"}
    found = json.loads((options.output_dir / "summary.json").read_text())["sources"]
    assert [(row["status"], row["kept"]) for row in found] == [
        ("failed", str(options.output_dir / "m" / "a.keras")),
        ("failed", None),
        ("verified", None),
        ("verified", None),
    ], "the last one is of the run before"
    assert [both[0].name in said, both[1].name in said, "--output-dir" in said] == [True] * 3
    other = tmp_path / "other"
    assert run(options, sources=both[1:2], output_dir=other)[0] is Exit.VERIFIED, "which the hint says"
    assert (other / "m" / "a.keras").read_text() == "other"
    assert run(options, sources=both[1:2])[0] is Exit.ENVIRONMENT, "alone it meets the result of the other"
    assert before.items() <= tree(options.output_dir).items()


SCHEMA_1 = {
    "exit_code": 0,
    "schema": 1,
    "sources": [{"source": "a.h5", "status": "verified", "output": "migrated/a.keras"}],
}


def test_a_folder_of_an_earlier_version_is_known_and_the_ways_out_lead_out(
    options_for: OptionsFor, tmp_path: Path
) -> None:
    options = options_for("a")
    options.output_dir.mkdir()
    (options.output_dir / "summary.json").write_text(json.dumps(SCHEMA_1))
    (options.output_dir / "a.keras").write_text("of before")
    old = json.loads(Report.of(options.sources[0], trusted=False).to_bytes())
    for key in ("seal", "earlier"):
        del old[key]
    old = {**old, "schema": 1, "output": {"path": "migrated/a.keras"}}
    (options.output_dir / "a.report.json").write_bytes(sealed_as_before(old))
    before = tree(tmp_path)
    with pytest.raises(Failure) as caught:
        run(options)
    assert caught.value.code is Exit.ENVIRONMENT
    assert "an earlier version of keras2to3" in caught.value.message
    assert tree(tmp_path) == before
    assert not (options.output_dir / HIDDEN).exists()
    assert run(options, output_dir=tmp_path / "anew")[0] is Exit.VERIFIED
    (options.output_dir / "summary.json").rename(tmp_path / "gone.json")
    assert run(options)[0] is Exit.ENVIRONMENT
    assert "an earlier version" in rows(options)["a"]["message"]
    (tmp_path / "gone.json").rename(options.output_dir / "summary.json")
    assert run(options, overwrite=True)[0] is Exit.VERIFIED
    assert (options.output_dir / "a.keras").read_text() == "a.h5"
    assert run(options)[0] is Exit.VERIFIED


def sealed_as_before(facts: dict[str, Any]) -> bytes:
    from keras2to3.reports.report import _seal, to_bytes

    return to_bytes({**facts, "seal": _seal(facts)})


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"schema": 2, "sources": []}', '{"schema": 99, "sources": []}'])
def test_a_summary_that_is_none_stays(content: str, options_for: OptionsFor) -> None:
    options = options_for("a")
    options.output_dir.mkdir()
    (options.output_dir / "summary.json").write_text(content)
    with pytest.raises(Failure) as caught:
        run(options)
    assert (caught.value.code, "--overwrite" in str(caught.value.hint)) == (Exit.ENVIRONMENT, True)
    assert (options.output_dir / "summary.json").read_text() == content
    assert run(options, overwrite=True)[0] is Exit.VERIFIED


def test_a_summary_keeps_the_rows_of_sources_that_have_results(options_for: OptionsFor) -> None:
    options = options_for("a", "b", "refused", "d")
    run(options, sources=options.sources[:3])
    first = rows(options)
    assert run(options, sources=options.sources[3:])[0] is Exit.VERIFIED, "the code is that of the run"
    document = json.loads((options.output_dir / "summary.json").read_text())
    assert [row["name"] for row in document["sources"]] == ["d", "a", "b"]
    assert [row["run"] == document["run"] for row in document["sources"]] == [True, False, False]
    assert {name: row for name, row in rows(options).items() if name != "d"} == {name: first[name] for name in "ab"}
    (options.output_dir / "a.keras").unlink()
    options.sources[1].write_text("fails-8.")
    run(options, sources=options.sources[1:2])
    assert [(name, row["status"]) for name, row in rows(options).items()] == [("b", "failed"), ("d", "verified")]
    run(options, sources=options.sources[3:])
    assert rows(options)["b"]["kept"], "its result is still there"


def test_rows_are_told_as_seen_from_where_a_later_run_stands(
    options_for: OptionsFor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_for("a", "b")
    monkeypatch.chdir(tmp_path)
    run(options, sources=options.sources[:1], output_dir=Path("migrated"))
    assert rows(options)["a"]["output"] == "migrated/a.keras"
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    run(options, sources=options.sources[1:], output_dir=Path("../migrated"))
    assert rows(options)["a"]["output"] == "../migrated/a.keras"


def test_rows_of_a_run_that_was_killed_are_not_lost(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    options = options_for("a", "b")
    with monkeypatch.context() as killed:
        killed.setattr(Summary, "write", lambda *_: None)
        run(options, sources=options.sources[:1])
    assert not (options.output_dir / "summary.json").exists()
    run(options, sources=options.sources[1:])
    assert list(rows(options)) == ["b", "a"]
    assert not (options.output_dir / HIDDEN).exists()


def test_the_work_of_a_merge_grows_no_faster_than_its_rows(options_for: OptionsFor) -> None:
    options = options_for("a")
    run(options)
    document = json.loads((options.output_dir / "summary.json").read_text())
    many = [
        {**document["sources"][0], "name": f"x/{number}", "location": f"../x/{number}.h5"} for number in range(2_000)
    ]
    (options.output_dir / "x").mkdir()
    for row in many:
        (options.output_dir / f"{row['name']}.keras").touch()
        (options.output_dir / f"{row['name']}.report.json").touch()
    many = [
        {
            **row,
            **{
                key: f"{options.output_dir}/{row['name']}{end}"
                for key, end in (("output", ".keras"), ("report", ".report.json"))
            },
        }
        for row in many
    ]
    (options.output_dir / "summary.json").write_text(json.dumps({**document, "sources": many}))
    (options.output_dir / HIDDEN).mkdir()
    with counted() as work:
        summary = Summary.begin([Job(options.sources[0], options.output_dir, "a")], options.output_dir)
        summary.write(options.output_dir / HIDDEN)
    assert work.calls < 400 * len(many)
    assert len(rows(options)) == len(many) + 1


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize(("owner", "function"), [(Path, "write_bytes"), (os, "replace"), (Path, "mkdir"), (os, "open")])
def test_a_full_disk_at_each_write_leaves_verified_results(
    owner: Any, function: str, number: int, options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_for("a", "b")
    before = verified(options)
    for source in options.sources:
        source.write_text(f"newer {source.name}")
    real, calls = getattr(owner, function), []

    def write(*arguments: Any, **keywords: Any) -> Any:
        if "migrated" in str(arguments[0]) and (owner is Path or function == "replace" or arguments[1] & os.O_CREAT):
            calls.append(arguments[0])
            # It stays full, for what needs room: what a rename has replaced can be put back.
            if len(calls) > number if function != "replace" else len(calls) == number + 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
        return real(*arguments, **keywords)

    with monkeypatch.context() as full:
        full.setattr(owner, function, write)
        try:
            code: Exit = run(options)[0]
        except Failure as failure:
            code = failure.code
    costs_pages_alone = function == "write_bytes" and all(path.suffix == ".html" for path in calls[number:])
    assert code is (Exit.VERIFIED if costs_pages_alone else Exit.ENVIRONMENT) or len(calls) <= number
    for stem in ("a", "b"):
        report = Report.from_bytes((options.output_dir / f"{stem}.report.json").read_bytes())
        assert report.output
        assert report.output.sha256 == digest_file(options.output_dir / f"{stem}.keras")
        assert (options.output_dir / f"{stem}.keras").read_bytes() in (
            before[f"{stem}.keras"],
            f"newer {stem}.h5".encode(),
        )
    assert run(options)[0] is Exit.VERIFIED
    assert not list(options.output_dir.glob(".*"))


def test_a_report_that_cannot_be_written_is_not_named(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    options = options_for("refused")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr("keras2to3.results.publish.commit", full)
        code, said = run(options)
    assert code is Exit.ENVIRONMENT
    assert (rows(options)["refused"]["report"], "report:" in said) == (None, False)
    shutil.rmtree(options.output_dir)
