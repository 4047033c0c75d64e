"""A process that answers, fails, dies and is replaced."""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3 import install_paths
from keras2to3.cli.command_line import parse
from keras2to3.executors.worker import Worker
from keras2to3.executors.worker_environment import isolation
from keras2to3.reports import log_file
from keras2to3.sandbox import GIB, SandboxSpec, usage

DONE = {"tensors": 1, "noise": {"normal": [0.0]}, "timing": {"load": 0.1}}

pytestmark = pytest.mark.usefixtures("fake_workers")


def start(module: str, tmp_path: Path, warnings: list[str] | None = None, **limits: Any) -> Worker:
    python = limits.pop("python", Path(sys.executable))
    box = SandboxSpec(limits.pop("read", ()), (str(tmp_path),), **{"memory": GIB, "seconds": 60.0, **limits})
    warn = (warnings if warnings is not None else []).append
    return Worker(module, python, tmp_path / module, box, warn)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    made = start("exporter", tmp_path)
    yield made
    made.close()


def ask(worker: Worker, name: str, said: list[str] | None = None) -> Any:
    source = Path("/x", name)
    request = {"op": "export", "source": str(source), "bundle": str(worker.log.path.parent / f"bundle-{source.name}")}
    return worker.ask(request, (said if said is not None else []).append)


def failure_of(worker: Worker, name: str) -> Failure:
    with pytest.raises(Failure) as caught:
        ask(worker, name)
    return caught.value


def test_what_a_worker_prints_is_logged_once_with_who_said_it(worker: Worker, tmp_path: Path) -> None:
    log = log_file.opened(tmp_path / "run.log")
    try:
        failure_of(worker, "dies")
        ask(worker, "a.h5")
    finally:
        log_file.close(log)
    said = re.findall(r"DEBUG (\w+)\[\d+\]: (.*)", (tmp_path / "run.log").read_text())
    assert said.count(("exporter", "dies: last words")) == 1


@pytest.mark.parametrize("word", ["dies", "leaves"])
def test_a_death_on_a_full_disk_is_told_as_one(worker: Worker, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("keras2to3.executors.worker_death.tempfile.TemporaryFile", full)
    monkeypatch.setattr(worker._box.__class__, "to_file", lambda _: None)  # it is not started again
    failure = failure_of(worker, word)
    assert failure.code is Exit.ENVIRONMENT
    assert os.strerror(errno.ENOSPC) in failure.message
    assert "memory" not in f"{failure.message} {failure.hint}"


def test_it_answers_and_tells_its_versions(worker: Worker) -> None:
    said: list[str] = []
    assert ask(worker, "a.h5", said) == DONE
    assert said == ["exporting a.h5"]
    assert worker.versions == {"keras": "fake"}


def test_expected_failures_arrive_as_they_are(worker: Worker) -> None:
    assert failure_of(worker, "refused") == Failure(Exit.REFUSED, "refused", "do something else")
    assert failure_of(worker, "full").code is Exit.ENVIRONMENT
    assert failure_of(worker, str(Path(__file__).with_name("fake_worker_defect"))).code is Exit.UNREADABLE, "gone"
    (worker.log.path.parent / "defect").touch()
    assert failure_of(worker, str(worker.log.path.parent / "defect")).code is Exit.INTERNAL
    assert ask(worker, "b.h5") == DONE, "it is still the same process"


@pytest.mark.parametrize(("name", "how"), [("dies", "by signal SIGKILL"), ("leaves", "with exit code 3")])
def test_one_that_dies_is_told_and_replaced(worker: Worker, name: str, how: str) -> None:
    failure = failure_of(worker, name)
    assert failure.code is Exit.WORKER_DIED
    assert how in failure.message
    assert f"{name}: last words" in failure.detail["log"]
    assert ask(worker, "b.h5") == DONE


def test_one_that_takes_too_long_is_stopped_and_replaced(tmp_path: Path) -> None:
    worker = start("exporter", tmp_path, seconds=0.5)
    for name in ("sleeps", "spins"):
        failure = failure_of(worker, name)
        assert failure.code is Exit.WORKER_DIED
        assert failure.message == "the exporter was stopped after 0.5 s while it worked on this model"
        assert "--timeout" in (failure.hint or "")
    assert ask(worker, "b.h5") == DONE
    worker.close()


def test_the_kernel_stops_one_that_nobody_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SandboxSpec, "cpu_seconds", 1)
    worker = start("exporter", tmp_path)
    failure = failure_of(worker, "spins")
    assert failure.code is Exit.WORKER_DIED
    assert "1 s of computing" in failure.message
    worker.close()


def test_one_that_has_used_its_time_up_is_replaced_before_the_next_model(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(worker, "a.h5")
    first = worker._process.pid
    monkeypatch.setattr(SandboxSpec, "is_spent", lambda box, pid: pid == first)
    assert ask(worker, "b.h5") == DONE
    assert worker._process.pid != first


def test_one_that_wants_too_much_memory_says_so(worker: Worker) -> None:
    assert failure_of(worker, "hoards").code is Exit.ENVIRONMENT
    assert ask(worker, "b.h5") == DONE, "it is still the same process"


@pytest.mark.parametrize(
    ("name", "memory", "told"),
    [
        ("threads", GIB, "threads; 1,0"),
        ("unwritable", GIB, "filled more than 1 GiB of memory"),
        ("disk", GIB // 4, "written more than 0.5 GiB"),
        ("nameless", GIB // 4, "written more than 0.5 GiB"),
        ("again", GIB // 16, "written more than 0.5 GiB"),
        ("many", GIB // 4, "files; 2,000 are allowed"),
        ("hides", GIB // 4, "hides what it has written"),
    ],
)
def test_one_that_takes_what_the_kernel_does_not_limit_is_stopped_and_replaced(
    name: str, memory: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SandboxSpec, "files", 2000)
    worker = start("exporter", tmp_path, memory=memory)
    failure = failure_of(worker, name)
    assert failure.code is Exit.WORKER_DIED
    assert told in failure.message
    assert failure.hint
    assert ask(worker, "b.h5") == DONE
    assert not (worker.log.path.parent / "1").exists(), "nor is anything left of it"
    worker.close()


@pytest.mark.parametrize("name", ["babbles", "repeats"])
def test_one_that_speaks_nonsense_is_replaced(worker: Worker, name: str) -> None:
    failure = failure_of(worker, name)
    assert failure.code is Exit.WORKER_DIED
    assert "nonsense" in failure.message
    assert ask(worker, "b.h5") == DONE


def test_what_a_process_leaves_the_next_does_not_find(worker: Worker) -> None:
    ask(worker, "a.h5")
    own = Path(f"/proc/{worker._process.pid}/cwd")
    (own / "numpy.py").touch()
    failure_of(worker, "dies")
    ask(worker, "b.h5")
    own = Path(f"/proc/{worker._process.pid}/cwd")
    assert own.is_dir()
    assert not (own / "numpy.py").exists()


def test_one_that_dies_while_idle_costs_nothing(worker: Worker) -> None:
    ask(worker, "a.h5")
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.wait()
    assert ask(worker, "b.h5") == DONE


def test_one_that_never_comes_up_is_started_once(worker: Worker, tmp_path: Path) -> None:
    (install_paths.payload() / "importer" / "__main__.py").write_text("import sys; sys.exit('no framework here')")
    broken = start("importer", tmp_path)
    first = failure_of(broken, "a.h5")
    assert first.code is Exit.ENVIRONMENT
    assert "no framework here" in first.detail["log"]
    assert failure_of(broken, "b.h5") is first
    broken.close()


@pytest.mark.skipif(sys.platform != "linux", reason="what other systems lack is a warning")
def test_one_whose_sandbox_lacks_a_restriction_gets_no_model_unless_the_option_of_the_hint_names_it(
    tmp_path: Path, python_without_landlock: Path
) -> None:
    python, warnings = python_without_landlock, list[str]()
    worker = start("exporter", tmp_path, warnings, python=python)
    failure = failure_of(worker, "a.h5")
    assert failure.code is Exit.ENVIRONMENT
    assert failure.message == "the sandbox of the exporter lacks restrictions: filesystem (Function not implemented)"
    assert worker._process.poll() is not None
    assert failure_of(worker, "b.h5") is failure
    assert "exporting" not in worker.log.path.read_text()
    assert not list(tmp_path.glob("exporter/bundle-*"))
    worker.close()

    words = re.search(r"--allow-missing-sandbox \S+", failure.hint or "")
    assert words
    options = parse(["migrate", "a.h5", *words[0].split()])
    worker = start("exporter", tmp_path, warnings, python=python, allow_missing=options.allow_missing_sandbox)
    assert ask(worker, "a.h5") == DONE
    assert worker.sandbox["box"]["filesystem"] is None
    assert worker.sandbox["box_missing"] == {"filesystem": "Function not implemented"}
    told = "the exporter works without these restrictions: filesystem (Function not implemented)"
    assert warnings == [f"warning: {told}"]
    worker.close()


@pytest.mark.parametrize(("measure", "name"), [("threads_and_memory", "threads"), ("written", "disk")])
def test_what_cannot_be_watched_is_missing(
    measure: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(_: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(usage, measure, hidden)
    worker = start("exporter", tmp_path)
    failure = failure_of(worker, "a.h5")
    assert failure.code is Exit.ENVIRONMENT
    assert f"lacks restrictions: {name} (linux does not report it: Permission denied)" in failure.message
    assert f"--allow-missing-sandbox {name}" in (failure.hint or "")
    worker.close()


def test_a_process_that_cannot_be_watched_any_more_is_stopped(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(worker, "a.h5") == DONE
    monkeypatch.setattr(usage, "on_disk", lambda *_: 1 // 0)
    failure = failure_of(worker, "sleeps")
    assert failure.code is Exit.WORKER_DIED
    assert "cannot be watched" in failure.message


def test_one_is_told_which_of_its_files_it_may_not_read(tmp_path: Path) -> None:
    (tmp_path / "loop.h5").symlink_to(tmp_path / "loop.h5")
    warnings: list[str] = []
    worker = start("exporter", tmp_path, warnings, read=(str(tmp_path / "loop.h5"),))
    assert ask(worker, "a.h5") == DONE
    assert warnings == [f"warning: the exporter may not read {str(tmp_path / 'loop.h5')!r}: is a symbolic link"]
    assert worker.sandbox["box_not_granted"] == {str(tmp_path / "loop.h5"): "is a symbolic link"}
    assert all(worker.sandbox["box"].values())
    worker.close()


def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be started") as caught:
        Worker("exporter", tmp_path / "python", tmp_path / "exporter", SandboxSpec((), (), GIB, 1.0), print)
    assert caught.value.code is Exit.ENVIRONMENT


def test_stopping_ends_the_process_and_whoever_waits_for_it(worker: Worker) -> None:
    failures: list[Failure] = []
    began = threading.Event()

    def run() -> None:
        try:
            request = {"op": "export", "source": "/x/sleeps", "bundle": "/nowhere"}
            worker.ask(request, lambda text: began.set())
        except Failure as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    assert began.wait(30)
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert [failure.code for failure in failures] == [Exit.INTERRUPTED]
    assert worker._process.returncode == -signal.SIGTERM
    assert failure_of(worker, "b.h5").code is Exit.INTERRUPTED, "it is never started again"


def test_it_leaves_in_the_middle_of_its_work_when_nobody_reads(worker: Worker) -> None:
    ask(worker, "a.h5")
    assert worker._process.stdin
    worker._channel.send({"op": "export", "source": "/x/sleeps", "bundle": "/nowhere"})
    assert "exporting" in worker._channel.receive("progress")["text"]
    worker._channel._answers.close()
    assert worker._process.wait(30) == Exit.WORKER_DIED


def test_the_users_settings_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KERAS_BACKEND", "PYTHONHOME", "PYTHONWARNINGS", "PYTHONPATH", "AWS_SECRET_ACCESS_KEY", "HOME"):
        monkeypatch.setenv(name, "user")
    environment = isolation(tmp_path, ["/ours"])["env"]
    assert "user" not in environment.values()
    assert environment["CUDA_VISIBLE_DEVICES"] == "-1"


def test_a_module_from_further_folders_reads_what_its_box_names_of_them(tmp_path: Path) -> None:
    further, listed = tmp_path / "further", tmp_path / "listed"
    for place in (further, listed):
        (place / "scanning").mkdir(parents=True)
    (further / "scanning" / "__init__.py").touch()
    code = """
from interchange.protocol import run_worker
def tried(request, say):
    try:
        found = open(request["place"]).read()
    except PermissionError:
        found = "not permitted"
    return {"architecture": {"read": found}, "training_config": None}
run_worker(lambda: {}, {"configs": tried})
"""
    (further / "scanning" / "worker.py").write_text(code)
    (listed / "secret").write_text("canary")
    (tmp_path / "source").write_text("a source")
    box = SandboxSpec((str(tmp_path / "source"), str(further)), (), GIB, 60.0)
    worker = Worker("scanning.worker", Path(sys.executable), tmp_path / "scan", box, print, (str(further), str(listed)))
    asked = [{"op": "configs", "place": str(tmp_path / name)} for name in ("source", "listed/secret")]
    found = [worker.ask(each, print)["architecture"]["read"] for each in asked]
    assert found == ["a source", "not permitted"]
    worker.close()
