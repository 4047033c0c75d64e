"""A worker without a framework, for tests of the command: what a source holds decides what happens to it."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import errno
import itertools
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure
from interchange.protocol import Say, run_worker


def start_threads() -> None:
    """Two thousand that do nothing."""
    threading.stack_size(1 << 16)
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=[60], daemon=True).start()
    time.sleep(60)


def fill_the_disk() -> None:
    """Many files, each of a size that is allowed."""
    for number in itertools.count():
        Path(str(number)).write_bytes(bytes(1 << 24))


def fill_the_disk_without_names() -> None:
    """Files that nobody finds, for they are gone while they are open."""
    kept = []
    for number in itertools.count():
        kept.append(Path("hidden").open("wb", 0))  # noqa: SIM115  (it is to stay open)
        Path("hidden").unlink()
        kept[number].write(bytes(1 << 24))


def write_one_file_again_and_again() -> None:
    """What is on the disk stays small."""
    while True:
        Path("again").write_bytes(bytes(1 << 24))


def make_many_files() -> None:
    """Empty ones."""
    for number in itertools.count():
        Path(str(number)).touch()


def hide_a_folder() -> None:
    """Deeper than any path reaches."""
    for _ in range(100):
        Path("deeper").mkdir()
        os.chdir("deeper")
    time.sleep(60)


def fill_memory_that_counts_as_read() -> None:
    """Pages that are filled and then made unwritable are no data any more, as the kernel counts it."""
    library = ctypes.CDLL(None, use_errno=True)
    library.mmap.restype = ctypes.c_void_p
    for _ in range(1000):
        place = library.mmap(None, ctypes.c_size_t(1 << 26), 3, 0x22, -1, ctypes.c_size_t(0))
        if place == ctypes.c_void_p(-1).value:
            break
        ctypes.memset(place, 1, 1 << 26)
        library.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(1 << 26), 1)
    time.sleep(60)


TROUBLES = {
    "dies": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "leaves": lambda: os._exit(3),
    "sleeps": lambda: time.sleep(60),
    "spins": lambda: collections.deque(itertools.count(), 0),
    "hoards": lambda: bytearray(1 << 45),
    "threads": start_threads,
    "disk": fill_the_disk,
    "nameless": fill_the_disk_without_names,
    "again": write_one_file_again_and_again,
    "many": make_many_files,
    "hides": hide_a_folder,
    "unwritable": fill_memory_that_counts_as_read,
    "babbles": lambda: os.write(int(sys.argv[2]), b"nonsense\n"),
    "repeats": lambda: os.write(int(sys.argv[2]), b'{"event": "ready", "versions": {}}\n'),
}
OUTPUT = {
    "name": "out", "shape": [1], "dtype": "float32", "max_abs": 0.0, "max_rel": 0.0, "tolerance": 1e-6, "equal": True,
    "reason": None, "kind": "dense", "kind_before": "dense",
}  # fmt: skip
PROOF = {
    "reference": "original", "recovered": [], "strength": "full", "inputs": ["normal"], "noise": 0.0,
    "outputs": [OUTPUT], "first_difference": None, "samples": 4, "numbers": 4, "left_out": None, "learnt": None,
    "proves_nothing": [], "graph": None, "extremes": [],
}  # fmt: skip
UNPROVEN = {**PROOF, "reference": "weights", "inputs": [], "outputs": [], "why": "nobody knows"}
WEIGHTS = {"tensors": 1, "bytes": 4, "identical": 1, "rescaled": 0}
KEPT = {"optimizer": "kept", "reason": None, "metrics_names": {}, "steps": 1234}
NEXT_STEPS = {
    "steps": 3, "samples": 4, "by_design": [], "why": None,
    "rows": [{
        "kind": "loss", "name": "loss", "max_abs": 0.0, "tolerance": 1e-6, "equal": True, "reason": None,
        "noise": 0.0, "proves": True,
    }],
}  # fmt: skip
REBUILT = {"optimizer": "rebuilt", "reason": "as asked", "metrics_names": {}, "steps": 0}
FOUND = {"changes": [], "verification": PROOF, "weights": WEIGHTS, "needs": None, "timing": {"verify": 0.1}}


def trouble(name: str) -> None:
    for word, happen in TROUBLES.items():
        if word in name:
            print(f"{word}: last words", flush=True)
            happen()
    if "full" in name:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "weights.npz")
    if "refused" in name:
        raise Failure(Exit.REFUSED, "refused", "do something else")
    if "fails-" in name:
        raise Failure(Exit(int(name.rpartition("fails-")[2].partition(".")[0])), "as it was told", "tell it otherwise")
    if "defect" in name:
        raise ZeroDivisionError(name)


def wait_for_another(bundle: Path) -> None:
    """Until the exporter has begun with another model."""
    begun = time.monotonic()
    while not [path for path in bundle.parent.iterdir() if path != bundle]:
        if time.monotonic() - begun > 30:
            raise TimeoutError("nobody exports while this is imported")
        time.sleep(0.01)


def wait_for_go(bundles: Path) -> None:
    """Until somebody lets it go on."""
    begun = time.monotonic()
    while not (bundles / "go").exists():
        if time.monotonic() - begun > 60:
            raise TimeoutError("nobody lets it go on")
        time.sleep(0.01)


def export(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    name = Path(request["source"]).name
    source = Path(request["source"])
    text = (source.read_text(errors="replace") if source.is_file() else "") or name
    say(f"exporting {name}")
    trouble(text if "import" not in text else "")
    if "waits" in text:
        wait_for_go(Path(request["bundle"]).parent)
    if "meddles" in text:
        (Path(request["bundle"]).parents[1] / "drafts" / "model.keras").touch()
    Path(request["bundle"]).mkdir()
    left_out = " without an optimizer" if request.get("no_optimizer") else ""
    (Path(request["bundle"]) / "name").write_text(f"{text}{left_out}")
    return {"tensors": 1, "noise": {"normal": [0.0]}, "timing": {"load": 0.1}}


def import_(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    name = (Path(request["bundle"]) / "name").read_text()
    say(f"importing {name}")
    Path(request["target"]).write_text(f"half of {name}")
    trouble(name)
    if "meets" in name:
        wait_for_another(Path(request["bundle"]))
    Path(request["target"]).write_text(name)
    text = json.dumps(request["tolerances"])
    found = {**FOUND, "changes": [{"layer": "", "rule": "request", "kind": "structural", "text": text}]}
    if "compiled" not in name:
        return found
    training = REBUILT if "without an optimizer" in name else KEPT
    return {**found, "training": training, "verification": {**PROOF, "training": NEXT_STEPS}}


def export_graph(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    say("exporting a graph")
    Path(request["bundle"]).mkdir()
    (Path(request["bundle"]) / "name").write_text(Path(request["source"]).name)
    return {"signature": "serving_default", "noise": {"normal": [0.0]}}


def export_weights(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    export(request, say)
    return {"tensors": 1, "reference": "weights"}


def fill(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    say("filling a model that a function builds")
    Path(request["target"]).write_text("filled")
    return {"changes": [], "verification": UNPROVEN, "weights": WEIGHTS}


def serve(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    say("serving a graph")
    copy = Path(request["target"]) / "saved_model" / "saved_model.pb"
    if "altered" in (Path(request["bundle"]) / "name").read_text():
        copy.write_text("hostile")
    return {"changes": [], "verification": PROOF, "weights": None}


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
        prepare,
        {
            "export": export,
            "export-graph": export_graph,
            "export-weights": export_weights,
            "import": import_,
            "fill": fill,
            "serve": serve,
            "open": open_,
        },
    )
