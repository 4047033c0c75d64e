"""What it costs to look at a file, in CPU seconds and bytes, measured in a process where nothing else happens.

`python -m tests.support.scan_cost` reads one path a line and answers with one JSON object a line.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen

from tests.support.paths import ROOT

LIMIT = 20
"""CPU seconds after which the kernel ends it."""


@dataclass(frozen=True)
class Cost:
    """What `check` and `inspect` of one file took, and the exit codes; no codes if it was ended at the limit."""

    seconds: float
    bytes: int
    codes: tuple[int, ...]


class Meter:
    """A process that looks at files, each in a fork of its own."""

    def __init__(self, process: Popen[str]) -> None:
        self._process = process

    def cost(self, path: Path) -> Cost:
        """Look at the file as `check` and `inspect` do."""
        assert self._process.stdin
        assert self._process.stdout
        print(path, file=self._process.stdin, flush=True)
        found = json.loads(self._process.stdout.readline())
        return Cost(found["seconds"], found["bytes"], tuple(found["codes"]))


@contextmanager
def meter() -> Iterator[Meter]:
    """A meter, as long as it is needed."""
    with Popen(
        [sys.executable, "-m", "tests.support.scan_cost"], stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT
    ) as process:
        yield Meter(process)
        assert process.stdin
        process.stdin.close()


def _serve() -> None:
    import_all()
    for line in sys.stdin:
        print(json.dumps(_measured(Path(line.rstrip("\n")))), flush=True)


def import_all() -> None:
    """What a first file would make us import costs nothing."""
    import h5py  # noqa: F401
    import yaml  # noqa: F401

    from keras2to3.scanner.formats import bundle, checkpoint, h5, keras, npz, saved_model, text  # noqa: F401


def _measured(path: Path) -> dict[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT))
        with os.fdopen(writing, "w") as answer:
            json.dump(_looked(path), answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        found = answer.read()
    _, _, usage = os.wait4(child, 0)
    ended = {"codes": [], "bytes": usage.ru_maxrss * 1024 - _resident()}
    return {"seconds": usage.ru_utime + usage.ru_stime, **(json.loads(found) if found else ended)}


def _looked(path: Path) -> dict[str, object]:
    from keras2to3.dry_run.assess import checked
    from keras2to3.dry_run.check import verdict
    from keras2to3.inspection.inspection import inspect_source
    from keras2to3.inspection.lines import indented, lines_of
    from keras2to3.reports.report import to_bytes
    from keras2to3.scanner.process.messages import ScanRequest
    from keras2to3.sources import Source

    before, source = _resident(), Source(path)
    report, inspection = checked(ScanRequest(path)), inspect_source(source)
    verdict(source, report)
    to_bytes(inspection.to_json())
    for _ in indented(lines_of(inspection)):
        pass
    codes = [int(report.exit_code), int(inspection.exit_code)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"codes": codes, "bytes": max(0, peak - before)}


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    _serve()
