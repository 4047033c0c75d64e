"""Many sources through two workers that have no framework."""

from __future__ import annotations

import dataclasses
import errno
import io
import itertools
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import keras2to3.executors.pair_starts
import keras2to3.results.resume
import keras2to3.sandbox
from interchange.errors import Exit, Failure
from keras2to3 import interrupts
from keras2to3.executors.scheduler import migrate
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from keras2to3.results.job import Job
from keras2to3.sandbox import RESTRICTIONS
from keras2to3.scanner.process.client import Scanner
from keras2to3.scanner.process.messages import ScanRequest

pytestmark = pytest.mark.usefixtures("fake_workers")

OptionsFor = Callable[..., Options]


def quiet() -> Lines:
    return Lines(io.StringIO())


def summary(options: Options) -> Any:
    return json.loads((options.output_dir / "summary.json").read_text())


def codes(options: Options) -> dict[str, int]:
    return {Path(row["source"]).stem: row["exit_code"] for row in summary(options)["sources"]}


def report(options: Options, stem: str) -> Any:
    return json.loads((options.output_dir / f"{stem}.report.json").read_text())


def results(options: Options) -> set[str]:
    """All but the pages."""
    return {path.name for path in options.output_dir.iterdir() if path.suffix != ".html"}


def test_sources_arrive_in_order_with_reports_and_a_summary(options_for: OptionsFor) -> None:
    options = options_for("c", "a", "b")
    assert migrate(options, quiet()) is Exit.VERIFIED
    assert codes(options) == {"c": 0, "a": 0, "b": 0}
    assert list(codes(options)) == ["c", "a", "b"]
    assert results(options) == {f"{x}{end}" for x in "abc" for end in (".keras", ".report.json")} | {"summary.json"}
    assert (options.output_dir / "a.keras").read_text() == "a.h5"
    row = summary(options)["sources"][1]
    told = "source location name run status exit_code output report kept removed message"
    assert set(row) == {*told.split(), *"max_abs tolerance resumed timing policy".split()}
    assert set(row["timing"]) >= {"export", "import", "total"}
    for facts in (report(options, "a")["environments"][name] for name in ("keras2", "keras3")):
        assert facts["keras"] == "fake"
        assert set(facts["box"]) == set(RESTRICTIONS)


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_good_half_arrives_and_the_highest_code_wins(options_for: OptionsFor, jobs: int) -> None:
    names = {"good": 0, "refused": 4, "fine": 0, "import-full": 8, "dies": 9, "kept": 0, "import-dies": 9,
             "meddles": 8, "import-defect": 1, "defect": 1, "last": 0}  # fmt: skip
    options = dataclasses.replace(options_for(*names), jobs=jobs)
    assert migrate(options, quiet()) is Exit.WORKER_DIED
    assert codes(options) == names
    assert list(codes(options)) == list(names)
    assert {name for name in names if (options.output_dir / f"{name}.keras").exists()} == {
        name for name, code in names.items() if code == 0
    }
    assert "last words" in report(options, "import-dies")["error"]["log"]
    assert "Traceback" in report(options, "defect")["error"]["log"]


def test_what_the_user_asked_for_reaches_the_workers(options_for: OptionsFor, tmp_path: Path) -> None:
    options = dataclasses.replace(options_for("a"), inputs=tmp_path / "samples.npz", rtol=0.5, atol=0.25)
    migrate(options, quiet())
    (row,) = report(options, "a")["changes"]
    assert json.loads(row["text"]) == {"rtol": 0.5, "atol": 0.25}


@pytest.mark.parametrize(
    ("no_optimizer", "optimizer", "verdict"),
    [(False, "kept", "optimizer kept"), (True, "rebuilt", "optimizer rebuilt")],
)
def test_what_became_of_a_compiled_state_is_told(
    no_optimizer: bool, optimizer: str, verdict: str, options_for: OptionsFor
) -> None:
    options = dataclasses.replace(options_for("compiled", "plain"), no_optimizer=no_optimizer, jobs=1)
    said = io.StringIO()
    assert migrate(options, Lines(said)) is Exit.VERIFIED
    (line,) = (line for line in said.getvalue().splitlines() if "compiled.h5  " in line)
    assert verdict in line
    found, plain = report(options, "compiled"), report(options, "plain")
    assert (found["optimizer"], found["training"]["optimizer"], plain["optimizer"]) == (optimizer, optimizer, "none")
    assert "training" not in plain


def test_many_sources_leave_no_file_open(options_for: OptionsFor) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    options = options_for(*(f"model-{number}" for number in range(200)))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before + 150, hard))  # fewer than sources
    try:
        assert migrate(options, quiet()) is Exit.VERIFIED
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(summary(options)["sources"]) == 200
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_model_is_exported_while_another_is_imported(options_for: OptionsFor) -> None:
    options = dataclasses.replace(options_for("a-meets", "b-meets", "c"), jobs=1)
    assert migrate(options, quiet()) is Exit.VERIFIED


def test_whatever_works_beside_a_model_leaves_no_trace_in_its_report(options_for: OptionsFor) -> None:
    found = []
    for jobs in (1, 3):
        options = dataclasses.replace(options_for("a", "refused", "b", "c"), jobs=jobs, force=True)
        migrate(options, quiet())
        reports = [report(options, stem) for stem in ("a", "refused", "b", "c")]
        found.append([{**facts, "timing": None} for facts in reports])
    assert found[0] == found[1]


def test_there_are_no_more_pairs_than_models(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    pair = keras2to3.executors.pair_starts.pair
    monkeypatch.setattr(
        keras2to3.executors.pair_starts, "pair", lambda *asked: (started.append(asked[1].root.name), pair(*asked))[1]
    )
    options = dataclasses.replace(options_for("a", "b"), jobs=9)
    assert migrate(options, quiet()) is Exit.VERIFIED
    assert set(started) <= {"pair-0", "pair-1"}


def test_a_missing_wall_is_told_once(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras2to3.sandbox, "missing", lambda told: dict.fromkeys(RESTRICTIONS, "of no kind"))
    stream = io.StringIO()
    options = dataclasses.replace(options_for("a", "b", "c", "d"), jobs=2, allow_missing_sandbox=RESTRICTIONS)
    migrate(options, Lines(stream))
    assert stream.getvalue().count("warning: the exporter works without") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="what other systems lack is a warning")
def test_a_run_whose_sandbox_lacks_a_restriction_ends_before_a_worker_has_a_source(
    options_for: OptionsFor, python_without_landlock: Path
) -> None:
    options = dataclasses.replace(options_for("a", "b"), keras2_python=python_without_landlock)
    stream = io.StringIO()
    assert migrate(options, Lines(stream)) is Exit.ENVIRONMENT
    assert "exporting" not in stream.getvalue()
    error = report(options, "a")["error"]
    assert "lacks restrictions: filesystem" in error["message"]
    assert "--allow-missing-sandbox filesystem" in error["hint"]

    allowed = dataclasses.replace(options, allow_missing_sandbox=("filesystem",))
    stream = io.StringIO()
    assert migrate(allowed, Lines(stream)) is Exit.VERIFIED
    assert stream.getvalue().count("works without these restrictions: filesystem") == 1
    found = report(options, "a")["environments"]["keras2"]
    assert found["box"]["filesystem"] is None
    assert found["box_missing"] == {"filesystem": "Function not implemented"}


def test_a_defect_of_a_thread_is_not_lost(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: Any) -> None:
        raise ZeroDivisionError

    threads = threading.active_count()
    monkeypatch.setattr(keras2to3.results.resume.EarlierRuns, "finished", stumble)
    with pytest.raises(ZeroDivisionError):
        migrate(dataclasses.replace(options_for("a", "b"), jobs=2), quiet())
    assert threading.active_count() == threads


def test_a_folder_without_models_is_reported(options_for: OptionsFor, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    options = dataclasses.replace(options_for(), sources=(tmp_path / "empty",))
    assert migrate(options, quiet()) is Exit.UNREADABLE
    assert report(options, "empty")["source"] == {
        "path": str(tmp_path / "empty"), "sha256": None, "format": None, "saved_by": None, "architecture": None,
        "location": "../empty", "name": "empty",
    }  # fmt: skip


@pytest.mark.parametrize("trust", [False, True])
def test_trust_reaches_the_scan_and_the_report(
    trust: bool, options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    scan = Scanner.scan
    monkeypatch.setattr(Scanner, "scan", lambda self, request: (asked.append(request.trust), scan(self, request))[1])
    options = dataclasses.replace(options_for("good"), trust=trust)
    assert migrate(options, quiet()) is Exit.VERIFIED
    assert asked == [trust]
    assert json.loads((options.output_dir / "good.report.json").read_text())["trusted"] is trust


def test_a_defect_in_the_scan_costs_one_model(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = Scanner.scan

    def stumble(self: Scanner, asked: ScanRequest) -> Any:
        return scan(self, asked) if asked.path.stem != "odd" else 1 / 0

    monkeypatch.setattr(Scanner, "scan", stumble)
    options = options_for("odd", "good")
    assert migrate(options, quiet()) is Exit.INTERNAL
    assert codes(options) == {"odd": 1, "good": 0}


class Interrupting(Lines):
    """A real Ctrl-C when certain steps have been told."""

    def __init__(self, *texts: str) -> None:
        super().__init__(io.StringIO())
        self._texts = set(texts)

    def step(self, job: Job, text: str) -> None:
        super().step(job, text)
        if text in self._texts:
            self._texts.remove(text)
            if not self._texts:
                os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("step", ["exporting b-sleeps.h5", "importing b-import-sleeps.h5"])
def test_ctrl_c_leaves_what_is_finished_and_says_what_is_missing(options_for: OptionsFor, step: str) -> None:
    stuck = step.split()[1].removesuffix(".h5")
    options = options_for("a", stuck, "c")
    show, threads = Interrupting(step), threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        migrate(options, show)
    if step.startswith("importing"):
        assert codes(options) == {"a": 0, stuck: 130, "c": 130}
    assert codes(options)[stuck] == 130
    assert summary(options)["exit_code"] == Exit.INTERRUPTED
    assert f"{stuck}.h5" in show._messages.getvalue().partition("not migrated: ")[2]  # type: ignore[attr-defined]
    assert {name for name in results(options) if stuck in name or name.startswith((".", "c"))} == set()
    assert threading.active_count() == threads


class InterruptingTwo(Lines):
    """A real Ctrl-C when two sources are being exported."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self._begun = itertools.count(1)

    def step(self, job: Job, text: str) -> None:
        super().step(job, text)
        if text.startswith("exporting ") and next(self._begun) == 2:
            os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_all_pairs(options_for: OptionsFor) -> None:
    names = [f"{letter}-sleeps" for letter in "abcdefg"]  # more than a pair takes at once
    options, threads = dataclasses.replace(options_for(*names), jobs=2), threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        migrate(options, InterruptingTwo())
    assert codes(options) == dict.fromkeys(names, 130)
    assert results(options) == {"summary.json"}
    assert threading.active_count() == threads


def test_a_stop_is_postponed_while_something_is_half_done() -> None:
    done = []

    def work() -> None:
        with interrupts.postponed():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("the rest")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the rest"]


def test_a_polite_kill_is_a_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        interrupts.install_handlers()
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN, "nohup"
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


WRITES = [(Path, "write_bytes"), (os, "replace"), (Path, "mkdir")]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(("owner", "function"), WRITES, ids=[name for _, name in WRITES])
def test_a_full_disk_at_each_write_of_the_command(
    owner: Any, function: str, number: int, options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_for("a", "b")
    real, calls = getattr(owner, function), []

    def write(*arguments: Any, **keywords: Any) -> Any:
        if "migrated" in str(arguments[0]):
            calls.append(arguments[0])
            if len(calls) == number + 1:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
        return real(*arguments, **keywords)

    monkeypatch.setattr(owner, function, write)
    try:
        code: Exit = migrate(options, quiet())
    except Failure as failure:
        code = failure.code
    monkeypatch.undo()
    lost_page = len(calls) > number and calls[number].suffix == ".html" and function == "write_bytes"
    assert code is (Exit.VERIFIED if lost_page else Exit.ENVIRONMENT) or len(calls) <= number
    names = results(options) if options.output_dir.exists() else set()
    assert not any(name.startswith(".") for name in names)
    for stem in ("a", "b"):
        arrived = f"{stem}.keras" in names
        assert not arrived or report(options, stem)["status"] == "verified"


def test_nowhere_to_write(options_for: OptionsFor, tmp_path: Path) -> None:
    (tmp_path / "migrated").touch()
    with pytest.raises(Failure) as caught:
        migrate(options_for("a"), quiet())
    assert caught.value.code is Exit.ENVIRONMENT
    assert "--output-dir" in str(caught.value.hint)
    assert migrate(dataclasses.replace(options_for("a"), output_dir=tmp_path / "elsewhere"), quiet()) is Exit.VERIFIED


# What was scanned is what is loaded and delivered


class Meddling(Lines):
    """Lets something happen to a source when a step of it has been told."""

    def __init__(self, text: str, meddle: Callable[[Job], object]) -> None:
        super().__init__(io.StringIO())
        self._text, self._meddle = text, meddle
        self.steps: list[str] = []

    def step(self, job: Job, text: str) -> None:
        super().step(job, text)
        self.steps.append(text)
        if text == self._text:
            self._meddle(job)


def test_a_source_that_changes_while_it_is_loaded_ends_with_3_and_says_so(options_for: OptionsFor) -> None:
    options = options_for("a", "b")
    time.sleep(0.02)  # longer than the system's clock for files ticks
    show = Meddling("exporting a.h5", lambda job: job.source.write_text("other"))
    assert migrate(options, show) is Exit.UNREADABLE
    assert codes(options) == {"a": Exit.UNREADABLE, "b": 0}
    assert "a.h5 changed after it was scanned" in report(options, "a")["error"]["message"]
    assert not (options.output_dir / "a.keras").exists()


def test_a_source_that_changes_before_it_is_loaded_reaches_no_worker(
    options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_for("a", "b")
    time.sleep(0.02)
    scan = Scanner.scan

    def overwrite(self: Scanner, asked: ScanRequest) -> Any:
        found = scan(self, asked)
        if asked.path.stem == "b":
            options.sources[0].write_text("other")
        return found

    monkeypatch.setattr(Scanner, "scan", overwrite)
    assert migrate(options, quiet()) is Exit.UNREADABLE
    assert codes(options) == {"a": Exit.UNREADABLE, "b": 0}
    assert report(options, "a")["environments"] == {}


def test_no_worker_is_granted_what_the_scan_has_not_passed(
    options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted: list[str] = []
    pair = keras2to3.executors.pair_starts.pair

    def spy(*asked: Any) -> Any:
        granted.extend(asked[2])
        return pair(*asked)

    scan = Scanner.scan

    def pass_some(self: Scanner, asked: ScanRequest) -> Any:
        if asked.path.stem == "hostile":
            raise Failure(Exit.REFUSED, "hostile")
        return scan(self, asked)

    monkeypatch.setattr(keras2to3.executors.pair_starts, "pair", spy)
    monkeypatch.setattr(Scanner, "scan", pass_some)
    options = dataclasses.replace(options_for("good", "hostile", "keras-3"), jobs=1)
    migrate(options, quiet())
    assert granted == [str(options.sources[0].resolve())]


def test_a_model_of_keras_3_is_lent_as_a_copy_that_no_worker_writes(options_for: OptionsFor) -> None:
    options = options_for("keras-3")
    (source,) = options.sources
    source.write_text("a model of Keras 3")
    show = Meddling("", lambda _: None)
    assert migrate(options, show) is Exit.VERIFIED
    assert "opening a model of Keras 3" in show.steps
    assert ("altered what was lent" in show.steps) is (sys.platform != "linux")
    assert (source.read_text(), source.stat().st_nlink) == ("a model of Keras 3", 1)
    assert report(options, "keras-3")["status"] == "unchanged"


@pytest.mark.parametrize(("name", "code"), [("graph", 0), ("altered-graph", Exit.WORKER_DIED)])
def test_a_served_graph_is_delivered_as_it_was_scanned(
    name: str, code: int, options_for: OptionsFor, tmp_path: Path
) -> None:
    folder = tmp_path / f"{name}.tf"
    folder.mkdir()
    (folder / "saved_model.pb").write_text("a graph")
    options = dataclasses.replace(options_for(), sources=(folder,))
    assert migrate(options, quiet()) == code
    served = options.output_dir / f"{name}.serving" / "saved_model" / "saved_model.pb"
    assert served.exists() is (code == 0)
    if code:
        assert "changed its copy" in report(options, name)["error"]["message"]
    else:
        assert served.read_text() == "a graph"
