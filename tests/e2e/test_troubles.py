"""What goes wrong around the models: signals, workers that die, and a disk that is full."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from interchange.errors import Exit
from tests.e2e.conftest import Command, Run
from tests.support.processes import are_gone, workers_of

PATIENCE_SECONDS = 60
ENDS = (".keras", ".report.json")


def lines_until(process: subprocess.Popen[str], *texts: str) -> str:
    """Read the command's lines until one holds all `texts`."""
    assert process.stdout is not None
    read = []
    for line in process.stdout:
        read.append(line)
        if all(text in line for text in texts):
            return "".join(read)
    raise AssertionError("".join(read))


def rest(process: subprocess.Popen[str], cwd: Path) -> Run:
    lines, _ = process.communicate(timeout=PATIENCE_SECONDS * 3)
    return Run(process.returncode, lines, cwd / "migrated")


def left_in(output: Path) -> set[str]:
    """All but the pages."""
    return {path.name for path in output.iterdir() if path.suffix != ".html"}


def test_interrupted_while_exporting(command: Command, models: Path, tmp_path: Path) -> None:
    process = command.start(tmp_path, models / "dense.h5")
    lines_until(process, "loading dense.h5")
    workers = workers_of(process.pid)
    process.send_signal(signal.SIGINT)
    run = rest(process, tmp_path)
    assert run.code == Exit.INTERRUPTED
    assert "Traceback" not in run.lines
    assert set(workers) == {"exporter", "importer", "keras2to3.scanner.process"}
    assert are_gone(workers.values())
    assert left_in(run.output) == {"summary.json"}
    assert run.codes() == {"dense.h5": Exit.INTERRUPTED}


def test_interrupted_while_importing(command: Command, models: Path, tmp_path: Path) -> None:
    names = ("dense", "lstm_hard_sigmoid", "compiled", "gru_time_major", "rescaling_numpy_scale", "wide", "edge")
    process = command.start(tmp_path, *(models / f"{name}.h5" for name in names))
    read = lines_until(process, "verified", "dense.h5")
    if "lstm_hard_sigmoid.h5: rebuilding" not in read:  # the next one may begin before the first is published
        lines_until(process, "lstm_hard_sigmoid.h5: rebuilding")
    workers = workers_of(process.pid)
    assert set(workers) == {"exporter", "importer", "keras2to3.scanner.process"}
    process.send_signal(signal.SIGINT)
    run = rest(process, tmp_path)
    assert run.code == Exit.INTERRUPTED
    assert "Traceback" not in run.lines
    assert "not migrated" in run.lines
    assert are_gone(workers.values())
    done = [name for name in names if run.codes()[f"{name}.h5"] == 0]
    assert done == list(names[: len(done)])
    assert 1 <= len(done) < len(names)
    assert {run.codes()[f"{name}.h5"] for name in names[len(done) :]} == {Exit.INTERRUPTED}
    assert left_in(run.output) == {"summary.json", *(f"{name}{end}" for name in done for end in ENDS)}
    assert run.summary["exit_code"] == Exit.INTERRUPTED


def test_workers_end_when_the_command_is_killed(command: Command, models: Path, tmp_path: Path) -> None:
    process = command.start(tmp_path, models / "dense.h5")
    lines_until(process, "loading dense.h5")
    workers = workers_of(process.pid)
    assert set(workers) == {"exporter", "importer", "keras2to3.scanner.process"}
    process.kill()
    rest(process, tmp_path)
    assert are_gone(workers.values())


def test_killed_workers_cost_one_model_each(command: Command, models: Path, tmp_path: Path) -> None:
    names = ("dense", "lstm_hard_sigmoid", "gru_time_major", "compiled", "rescaling_numpy_scale")
    process = command.start(tmp_path, *(models / f"{name}.h5" for name in names))
    read = lines_until(process, "lstm_hard_sigmoid.h5: loading")
    os.kill(workers_of(process.pid)["exporter"], signal.SIGKILL)
    read += lines_until(process, "gru_time_major.h5: rebuilding")
    os.kill(workers_of(process.pid)["importer"], signal.SIGKILL)
    run = rest(process, tmp_path)
    assert run.code == Exit.WORKER_DIED, read + run.lines
    lost = [name for name in names if not (run.output / f"{name}.keras").exists()]
    errors = [run.report(name)["error"] for name in lost]
    assert [error["code"] for error in errors] == [Exit.WORKER_DIED] * 2
    for module, error in zip(("exporter", "importer"), errors, strict=True):
        assert f"the {module} died by signal SIGKILL" in error["message"]
        assert "log" in error


def test_a_model_that_takes_too_long_is_told(command: Command, models: Path, tmp_path: Path) -> None:
    run = command.run(tmp_path, models / "dense.h5", "--timeout", "0.01")
    assert run.code == Exit.WORKER_DIED
    error = run.report("dense")["error"]
    assert "was stopped after 0.01 s" in error["message"]
    assert "--timeout" in error["hint"]
    assert left_in(run.output) == {"dense.report.json", "summary.json"}
    assert command.run(tmp_path, models / "dense.h5", "--timeout", "600").code == Exit.VERIFIED


LIMIT = 200_000


def limit_files() -> None:
    """From here on every write beyond the limit fails, in the command and in its workers, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def test_a_full_disk_costs_the_models_that_do_not_fit(command: Command, models: Path, tmp_path: Path) -> None:
    sources = [models / f"{name}.h5" for name in ("wide", "edge", "dense")]
    run = command.run(tmp_path, *sources, preexec_fn=limit_files)
    assert run.codes() == {"wide.h5": Exit.ENVIRONMENT, "edge.h5": Exit.ENVIRONMENT, "dense.h5": 0}, run.lines
    assert run.code == Exit.ENVIRONMENT
    assert "Traceback" not in run.lines
    assert set(run.report("wide")["environments"]) == {"keras2"}, "the exporter was to fail"
    assert set(run.report("edge")["environments"]) == {"keras2", "keras3"}, "the importer was to fail"
    reports = {f"{name}.report.json" for name in ("wide", "edge", "dense")}
    assert left_in(run.output) == {*reports, "dense.keras", "summary.json"}
    assert "dense.report.html is missing: File too large" in run.lines, "a page is larger than the limit"


def test_an_unwritable_output_is_told_before_any_work(command: Command, models: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = command.run(tmp_path, models / "dense.h5", "--output-dir", "file/below")
    assert run.code == Exit.ENVIRONMENT
    assert "Traceback" not in run.lines
    assert "hint: " in run.lines


def test_environments_that_do_not_serve_are_a_wrong_usage_before_any_source_is_touched(
    command: Command, models: Path, tmp_path: Path
) -> None:
    wrong = {
        (command.keras3, command.keras2): ("--keras2-python", "--keras3-python"),
        (command.keras2, command.keras2): ("--keras3-python",),
        (command.keras3, command.keras3): ("--keras2-python",),
        (sys.executable, sys.executable): ("--keras2-python", "--keras3-python"),
    }
    for pythons, options in wrong.items():
        run = Command(*pythons).run(tmp_path, models / "dense.h5", "nowhere.h5")
        assert run.code == Exit.USAGE
        assert [option for option in ("--keras2-python", "--keras3-python") if f"{option} /" in run.lines] == [*options]
        assert "needed are Keras" in run.lines
        assert not run.output.exists()
