"""A worker without a framework, for tests of the conductor: what a source is called decides what happens to it."""

from __future__ import annotations

import collections
import contextlib
import errno
import itertools
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure
from interchange.protocol import Say, run_worker

TROUBLES = {
    "dies": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "leaves": lambda: os._exit(3),
    "sleeps": lambda: time.sleep(60),
    "spins": lambda: collections.deque(itertools.count(), 0),
    "hoards": lambda: bytearray(1 << 45),
    "babbles": lambda: os.write(int(sys.argv[2]), b"nonsense\n"),
    "repeats": lambda: os.write(int(sys.argv[2]), b'{"event": "ready", "versions": {}}\n'),
}
FOUND = {"changes": [], "verification": {"outputs": [], "inputs": []}, "weights": {"tensors": 0}}


def trouble(name: str) -> None:
    for word, happen in TROUBLES.items():
        if word in name:
            print(f"{word}: last words", flush=True)
            happen()
    if "full" in name:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "weights.npz")
    if "refused" in name:
        raise Failure(Exit.REFUSED, "refused", "do something else")
    if "defect" in name:
        raise ZeroDivisionError(name)


def wait_for_another(bundle: Path) -> None:
    """Until the exporter has begun with another model."""
    begun = time.monotonic()
    while not [path for path in bundle.parent.iterdir() if path != bundle]:
        if time.monotonic() - begun > 30:
            raise TimeoutError("nobody exports while this is imported")
        time.sleep(0.01)


def export(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    name = Path(request["source"]).name
    say(f"exporting {name}")
    trouble(name if "import" not in name else "")
    if "meddles" in name:
        (Path(request["bundle"]).parents[1] / "drafts" / "model.keras").touch()
    Path(request["bundle"]).mkdir()
    (Path(request["bundle"]) / "name").write_text(name)
    return {}


def import_(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    name = (Path(request["bundle"]) / "name").read_text()
    say(f"importing {name}")
    Path(request["target"]).write_text(f"half of {name}")
    trouble(name)
    if "meets" in name:
        wait_for_another(Path(request["bundle"]))
    Path(request["target"]).write_text(name)
    return {**FOUND, "verification": {**FOUND["verification"], "request": {**request, "bundle": "", "target": ""}}}


def export_graph(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    say("exporting a graph")
    Path(request["bundle"]).mkdir()
    (Path(request["bundle"]) / "name").write_text(Path(request["source"]).name)
    return {}


def serve(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    say("serving a graph")
    copy = Path(request["target"]) / "saved_model" / "saved_model.pb"
    if "altered" in (Path(request["bundle"]) / "name").read_text():
        copy.write_text("hostile")
    return FOUND


def open_(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    say("opening a model of Keras 3")
    with contextlib.suppress(OSError):
        Path(request["source"]).write_text("hostile")
        say("altered what was lent")
    return {}


def prepare() -> Mapping[str, str]:
    return {"keras": "fake"}


if __name__ == "__main__":
    run_worker(
        prepare, {"export": export, "export-graph": export_graph, "import": import_, "serve": serve, "open": open_}
    )
