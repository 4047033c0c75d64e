"""A process that answers, fails, dies and is replaced."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.worker import Worker, _isolation

pytestmark = pytest.mark.usefixtures("fake_workers")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    made = Worker("exporter", Path(sys.executable), tmp_path / "exporter")
    yield made
    made.close()


def ask(worker: Worker, name: str, said: list[str] | None = None) -> Any:
    request = {"op": "export", "source": f"/x/{name}", "bundle": str(worker.log.parent / f"bundle-{name}")}
    return worker.ask(request, (said if said is not None else []).append)


def failure_of(worker: Worker, name: str) -> Failure:
    with pytest.raises(Failure) as caught:
        ask(worker, name)
    return caught.value


def test_it_answers_and_tells_its_versions(worker: Worker) -> None:
    said: list[str] = []
    assert ask(worker, "a.h5", said) == {}
    assert said == ["exporting a.h5"]
    assert worker.versions == {"keras": "fake"}


def test_expected_failures_arrive_as_they_are(worker: Worker) -> None:
    assert failure_of(worker, "refused") == Failure(Exit.REFUSED, "refused", "do something else")
    assert failure_of(worker, "full").code is Exit.ENVIRONMENT
    assert failure_of(worker, "defect").code is Exit.INTERNAL
    assert ask(worker, "b.h5") == {}, "it is still the same process"


@pytest.mark.parametrize(("name", "how"), [("dies", "by signal SIGKILL"), ("leaves", "with exit code 3")])
def test_one_that_dies_is_told_and_replaced(worker: Worker, name: str, how: str) -> None:
    failure = failure_of(worker, name)
    assert failure.code is Exit.WORKER_DIED
    assert how in failure.message
    assert f"{name}: last words" in failure.detail["log"]
    assert ask(worker, "b.h5") == {}


def test_one_that_dies_while_idle_costs_nothing(worker: Worker) -> None:
    ask(worker, "a.h5")
    os.kill(worker._process.pid, signal.SIGKILL)
    worker._process.wait()
    assert ask(worker, "b.h5") == {}


def test_one_that_never_comes_up_is_started_once(worker: Worker, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("FAKE_WORKER", "broken")
    broken = Worker("importer", Path(sys.executable), tmp_path / "importer")
    first = failure_of(broken, "a.h5")
    assert first.code is Exit.ENVIRONMENT
    assert "no framework here" in first.detail["log"]
    assert failure_of(broken, "b.h5") is first
    broken.close()


def test_a_python_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be started") as caught:
        Worker("exporter", tmp_path / "python", tmp_path / "exporter")
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
    worker._process.stdin.write('{"op": "export", "source": "/x/sleeps", "bundle": "/nowhere"}\n')
    worker._process.stdin.flush()
    worker._answers.close()
    assert worker._process.wait(30) == Exit.WORKER_DIED


def test_the_users_settings_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KERAS_BACKEND", "TF_USE_LEGACY_KERAS", "PYTHONHOME", "PYTHONWARNINGS", "PYTHONPATH"):
        monkeypatch.setenv(name, "user")
    environment = _isolation(tmp_path)["env"]
    assert "user" not in environment.values()
    assert environment["CUDA_VISIBLE_DEVICES"] == "-1"
