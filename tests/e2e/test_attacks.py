"""The two walls: `migrate` over the malicious corpus, and the exporter handed what no look has seen."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from interchange.messages.requests import ExportRequest, SourceFacts
from keras2to3 import install_paths
from keras2to3.executors.worker import Worker
from keras2to3.results.custom_stubs import ENDING
from keras2to3.sandbox import GIB, SandboxSpec
from tests.attacks import canary
from tests.attacks.canary import Canary
from tests.attacks.corpus import Attack, corpus
from tests.attacks.live import LIVE, write_lambda
from tests.e2e.conftest import Command, Run

# A bundle is what lies between the workers, and no source. The scan alone is tried in every hiding place of a format:
# tests/integration/scanner.
CORPUS = {name: attack for name, attack in corpus(places=1).items() if not name.startswith("bundle-")}
SECONDS = 2.0
PEAK_KIB = 400 << 10
LIMITED = resource.RLIMIT_MSGQUEUE  # a limit of this process that nothing minds


@dataclass(frozen=True)
class Attacked:
    """A run over the whole corpus, and what it took.

    `share` is how much of its time it had a processor, which others may want, and `peak_kib` the most memory of one
    process in a dry run, which starts no worker but the scan.
    """

    run: Run
    canary: Canary
    share: float
    peak_kib: int


def kind_of(attack: Attack) -> str:
    """The name of a folder for what is like it."""
    return attack.suffix.replace(".", "") or "saved_model"


@pytest.fixture(scope="module")
def attacked(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    place = tmp_path_factory.mktemp("attacked")
    secrets = canary.make(place / "canary")
    for (
        name,
        attack,
    ) in CORPUS.items():  # by their kinds, for a text is passed by that has the name of a model beside it
        folder = place / "attacks" / kind_of(attack)
        folder.mkdir(parents=True, exist_ok=True)
        attack.write(folder, name, secrets)
    with (place / "lines").open("w+") as lines:
        begun = time.monotonic()
        process = command.start(place, "attacks/*/*", stdout=lines)
        _, status, used = os.wait4(process.pid, 0)
        share = (used.ru_utime + used.ru_stime) / (time.monotonic() - begun)
        process.returncode = os.waitstatus_to_exitcode(status)
        lines.seek(0)
        run = Run(process.returncode, lines.read(), place / "migrated")
    return Attacked(run, secrets, share, peak_of_a_dry_run(place))


def peak_of_a_dry_run(place: Path) -> int:
    command = [sys.executable, "-m", "keras2to3", "check", "attacks/*/*", "--output-dir", "checked"]
    process = subprocess.Popen(
        command, cwd=place, env={**os.environ, "PYTHONPATH": str(install_paths.payload())}, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == Exit.REFUSED
    return used.ru_maxrss


def reports(attacked: Attacked) -> Mapping[str, Any]:
    """Every report by the name of its source."""
    found = [json.loads(path.read_text()) for path in attacked.run.output.rglob("*.report.json")]
    return {Path(report["source"]["path"]).name: report for report in found}


def test_every_attack_is_refused_by_its_law_at_once(attacked: Attacked) -> None:
    told = reports(attacked)
    assert attacked.run.code == Exit.REFUSED
    assert len(told) == len(CORPUS)
    for name, attack in CORPUS.items():
        report = told[name + attack.suffix]
        assert report["error"]["code"] == Exit.REFUSED, name
        assert attack.policy in {problem["law"] for problem in report["error"]["problems"]}, name
        assert report["timing"]["total"] * attacked.share < SECONDS, name
        assert report["output"] is None


def test_nothing_was_executed_and_nothing_read(attacked: Attacked) -> None:
    assert {path.name for path in attacked.canary.folder.iterdir()} == {"secret.txt", "secret.h5"}
    assert canary.SECRET not in attacked.run.lines
    assert canary.traces(attacked.run.output) == []
    told = (".report.json", ".report.html", ENDING)
    left = {path.name for path in attacked.run.output.rglob("*") if not path.name.endswith(told)}
    assert left == {"summary.json", "summary.html", "attacks", *map(kind_of, CORPUS.values())}


def test_no_worker_was_asked_and_no_memory_taken(attacked: Attacked) -> None:
    assert all(report["environments"] == {} for report in reports(attacked).values())
    assert attacked.peak_kib < PEAK_KIB


# The second wall


@pytest.fixture(scope="module")
def secrets(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Canary:
    folder = tmp_path_factory.mktemp("second") / "canary"
    return canary.make(folder, code_of(command, Canary(folder).payload))


def code_of(command: Command, source: str) -> str:
    """The code of a function as the Python of Keras 2 stores and runs it."""
    program = "import base64, marshal, sys; print(base64.b64encode(marshal.dumps(eval(sys.argv[1]).__code__)).decode())"
    return subprocess.run([command.keras2, "-c", program, source], check=True, capture_output=True, text=True).stdout


def request(source: Path, bundle: Path) -> dict[str, Any]:
    about = SourceFacts(source.name, "0" * 64, "h5", {"keras_version": None})
    return ExportRequest(source, bundle, about).to_json()


def made(folder: Path, secrets: Canary) -> Mapping[str, Path]:
    (folder / "models").mkdir()
    paths = {name: folder / "models" / f"{name}.h5" for name in LIVE}
    for name, path in paths.items():
        LIVE[name].make(path, secrets)
    return paths


def harmed(name: str, bundle: Path, secrets: Canary) -> bool:
    """Whether an attack has done what it is made for; a mark is taken away again."""
    if LIVE[name].writes:
        marked = secrets.mark.exists()
        secrets.mark.unlink(missing_ok=True)
        return marked
    return bundle.exists() and bool(canary.traces(bundle))


def test_without_walls_every_attack_but_a_lambda_would_succeed(
    command: Command, secrets: Canary, tmp_path: Path
) -> None:
    """Otherwise the next test proves nothing."""
    paths = made(tmp_path, secrets)
    reader, writer = os.pipe()
    requests = "".join(json.dumps(request(path, tmp_path / name)) + "\n" for name, path in paths.items())
    environment = {**os.environ, "PYTHONPATH": str(install_paths.payload()), "CUDA_VISIBLE_DEVICES": "-1"}
    done = [command.keras2, "-m", "exporter", "--channel", str(writer)]
    with os.fdopen(reader) as answers:
        subprocess.run(
            done, input=requests, pass_fds=[writer], env=environment, text=True, check=True, capture_output=True
        )
        os.close(writer)
        assert sum('"event": "result"' in line for line in answers) == sum(
            not attack.writes for attack in LIVE.values()
        )
    assert not secrets.mark.exists(), "a body is followed and never run, look or no look"
    assert [name for name in LIVE if not LIVE[name].writes and not harmed(name, tmp_path / name, secrets)] == []


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """A service of this machine, which nobody may call."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        yield server


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's walls are those of Linux")
def test_the_box_stops_what_the_look_has_not_seen(
    command: Command, secrets: Canary, listener: socket.socket, tmp_path: Path
) -> None:
    paths = dict(made(tmp_path, secrets))
    for name, source in payloads(secrets, listener).items():
        paths[name] = tmp_path / "models" / f"{name}.h5"
        write_lambda(paths[name], code_of(command, source))
    (tmp_path / "bundles").mkdir()
    (tmp_path / "mine").mkdir()
    box = SandboxSpec(tuple(map(str, paths.values())), (str(tmp_path / "bundles"),), 8 * GIB, 120.0)
    before = snapshot(tmp_path / "models"), snapshot(secrets.folder)
    mine = resource.getrlimit(LIMITED), os.sched_getaffinity(0)
    with closing(Worker("exporter", Path(command.keras2), tmp_path / "mine", box, pytest.fail)) as worker:
        for name, path in paths.items():
            bundle = tmp_path / "bundles" / name
            assert canary.SECRET not in json.dumps(answer(worker, request(path, bundle)))
            assert name not in LIVE or not harmed(name, bundle, secrets), name
            assert (snapshot(tmp_path / "models"), snapshot(secrets.folder)) == before, name
        assert all(worker.sandbox["box"].values())
    assert (resource.getrlimit(LIMITED), os.sched_getaffinity(0)) == mine
    assert canary.traces(tmp_path) == []
    with pytest.raises(BlockingIOError):
        listener.accept()


def answer(worker: Worker, asked: Mapping[str, Any]) -> Any:
    try:
        return worker.ask(asked, lambda text: None)
    except Failure as failure:
        return failure.to_json()


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mode) for path in folder.iterdir()}


def payloads(secrets: Canary, listener: socket.socket) -> Mapping[str, str]:
    """Functions a Lambda may hold, each of which must fail or do no harm."""
    port = listener.getsockname()[1]
    return {
        "reads": f"lambda x: x + float(len(__import__('io').open({str(secrets.secret)!r}).read()))",
        "shows_what_it_reads": f"lambda x: int(__import__('io').open({str(secrets.secret)!r}).read())",
        "lists": f"lambda x: x + len(__import__('os').listdir({str(secrets.folder)!r}))",
        "links": f"lambda x: __import__('os').symlink({str(secrets.secret)!r}, 'link') or x",
        "changes_rights": f"lambda x: __import__('os').chmod({str(secrets.secret)!r}, 0o777) or x",
        "connects": f"lambda x: __import__('socket').create_connection(('127.0.0.1', {port}), 2) and x",
        "runs_a_program": f"lambda x: __import__('subprocess').run(['touch', {str(secrets.mark)!r}]) and x",
        "forks": "lambda x: __import__('os').fork() or x",
        "kills_the_command": "lambda x: __import__('os').kill(__import__('os').getppid(), 9) or x",
        "limits_the_command": (
            f"lambda x: __import__('resource').prlimit(__import__('os').getppid(), {LIMITED}, (1, 1)) and x"
        ),
        "pins_the_command": "lambda x: __import__('os').sched_setaffinity(__import__('os').getppid(), [0]) or x",
        "looks_into_the_command": (
            "lambda x: __import__('io').open(f'/proc/{__import__(\"os\").getppid()}/environ').read() and x"
        ),
        "takes_all_memory": "lambda x: bytearray(1 << 42) and x",
    }
