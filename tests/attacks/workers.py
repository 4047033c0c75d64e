"""Workers that a model has taken over: what a source is called decides what they do when they are asked for it.

This file is put in the place of both workers. `ANSWERS` are lies on the pipe, which both tell; `BUNDLES` and `DRAFTS`
are what an exporter and an importer leave in the folders they may write.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Request = Mapping[str, Any]

STEERING = "\x1b[2J\x1b]0;owned\x07\r\n/x/honest.h5: verified \x9b1m\u202e\u2066\u200f\u2028\x7f"
DEEP = 5_000
OUTPUT = {
    "name": "out", "shape": [1], "dtype": "float32", "max_abs": 0.0, "max_rel": 0.0, "tolerance": 1e-6, "equal": True,
    "reason": None, "kind": "dense", "kind_before": "dense",
}  # fmt: skip
PROOF = {
    "reference": "original", "recovered": [], "strength": "full", "inputs": ["normal"], "noise": 0.0,
    "outputs": [OUTPUT], "first_difference": None, "samples": 4, "numbers": 4, "left_out": None, "learnt": None,
    "proves_nothing": [], "graph": None, "extremes": [],
}  # fmt: skip
WEIGHTS = {"tensors": 1, "bytes": 4, "identical": 1, "rescaled": 0}
HONEST = {
    "export": {"tensors": 1, "noise": {"normal": [0.0]}, "timing": {"load": 0.1}},
    "import": {"changes": [], "verification": PROOF, "weights": WEIGHTS, "needs": None, "timing": {"verify": 0.1}},
}
FAILURE = {"code": 4, "message": "refused", "hint": None, "problems": [], "detail": {}}
MISSING = {
    "kind": "layers", "name": "Mine", "package": "x", "config": {"units": 1}, "layers": ["a"],
    "variables": [{"name": "w", "shape": [1], "dtype": "float32'); __import__('os').system('touch owned') #"}],
}  # fmt: skip
PROBLEM = {"layer": "a", "class": "b", "key": None, "value": None, "text": STEERING, "unblock": STEERING, "law": None}


def raw(content: bytes) -> None:
    """Write to the pipe whatever it is."""
    left = memoryview(content)
    while left:
        left = left[os.write(CHANNEL, left[: 1 << 16]) :]


def say(event: str, **facts: Any) -> None:
    raw(json.dumps({"event": event, **facts}).encode() + b"\n")


def result(request: Request) -> None:
    say("result", value=HONEST[request["op"]])


def fail(**facts: Any) -> None:
    say("failure", failure={**FAILURE, **facts})


def altered(request: Request, *path: Any, value: Any) -> None:
    """An honest result with one thing changed."""
    made = json.loads(json.dumps(HONEST[request["op"]]))
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    say("result", value=made)


def drip() -> None:
    for byte in b'{"event": "progress", "text": "' + b"x" * 600:
        raw(bytes([byte]))
        time.sleep(0.2)


def babble() -> None:
    while True:
        say("progress", text="x" * 1_000)


def leave(code: int) -> None:
    os._exit(code)


ANSWERS: dict[str, Callable[[Request], object]] = {
    **{f"code-{code}": lambda _, code=code: fail(code=code) for code in (0, 1, 9, 10, 130, -9, 4.0, True, "4", None)},
    "detail-missing": lambda _: fail(detail={"missing": [MISSING]}),
    "detail-log": lambda _: fail(detail={"log": "x"}),
    "detail-status": lambda _: fail(detail={"status": "verified", "code": 0, "message": ""}),
    "detail-list": lambda _: fail(detail=[1]),
    "failure-of-nothing": lambda _: say("failure", failure=None),
    "failure-with-code-alone": lambda _: say("failure", failure={"code": 4}),
    "problems-without-end": lambda _: fail(problems=[PROBLEM] * 5_000),
    "problem-of-another-shape": lambda _: fail(problems=[{**PROBLEM, "more": 1}]),
    "problem-as-a-text": lambda _: fail(problems="abc"),
    "message-without-end": lambda _: fail(message="x" * 10_000_000),
    "message-as-a-list": lambda _: fail(message=["x"]),
    "deep": lambda _: raw(b'{"event": "result", "value": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"\n"),
    "deep-list": lambda _: raw(b"[" * 100_000 + b"\n"),
    "deep-value": lambda _: fail(problems=[{**PROBLEM, "value": json.loads("[" * 900 + "]" * 900)}]),
    "long-line": lambda _: raw(b'"' + b"x" * (64 << 20) + b'"\n'),
    "long-line-without-end": lambda _: raw(b"x" * (64 << 20)),
    "many-items": lambda _: raw(b"[" + b"[]," * 3_000_000 + b"1]\n"),
    "progress-without-end": lambda _: babble(),
    "progress-of-another-kind": lambda _: say("progress", text={"a": 1}),
    "progress-of-a-megabyte": lambda _: say("progress", text="x" * 1_000_000),
    "no-utf-8": lambda _: raw(b'{"event": "progress", "text": "\xff\xfe"}\n'),
    "no-json": lambda _: raw(b"nonsense\n"),
    "nothing": lambda _: raw(b"\n"),
    "half-a-line": lambda _: (raw(b'{"event": "result", "va'), leave(0)),
    "half-a-line-and-silence": lambda _: (raw(b'{"event": "result", "va'), time.sleep(60)),
    "drip": lambda _: drip(),
    "silence": lambda _: time.sleep(60),
    "two-events-in-one": lambda _: raw(b'{"event": "result", "event": "progress", "text": "x"}\n'),
    "ready-once-more": lambda _: say("ready", versions={"keras": "9.9"}),
    "box-once-more": lambda _: say("box", held={}, missing={}),
    "event-of-no-kind": lambda _: say("verified"),
    "event-as-a-list": lambda _: raw(b'{"event": ["result"], "value": {}}\n'),
    "empty-result": lambda _: say("result", value={}),
    "no-result": lambda _: say("result", value=None),
    "result-of-another-op": lambda request: result({"op": "import" if request["op"] == "export" else "export"}),
    "result-with-more": lambda request: altered(request, "more", value=1),
    "timing-as-text": lambda request: altered(request, "timing", value={"x\n": "y"}),
    "nan": lambda request: altered(request, "timing", value={"load": float("nan")}),
    "infinity": lambda request: altered(request, "timing", value={"load": float("inf")}),
    "true-as-a-number": lambda request: altered(request, "timing", value={"load": True}),
    "error-with-more": lambda _: say("error", text="x", log="y", code=0),
    "error-of-a-megabyte": lambda _: say("error", text="x" * 1_000_000, log=""),
    **{f"leaves-with-{code}": lambda _, code=code: leave(code) for code in (0, 1, 4, 130)},
    "killed": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "killed-by-a-signal-without-a-name": lambda _: os.kill(os.getpid(), 40),
    "closes-the-pipe": lambda _: (os.close(CHANNEL), time.sleep(60)),
    "closes-all": lambda _: (os.closerange(0, 100), time.sleep(60)),
    "stopped": lambda _: os.kill(os.getpid(), signal.SIGSTOP),
}  # fmt: skip
CLAIMS: dict[str, Callable[[Request], object]] = {
    "claims-to-differ-and-to-be-equal": lambda request: altered(
        request, "verification", "outputs", 0, "max_abs", value=1.0
    ),
    "claims-no-number": lambda request: altered(request, "verification", "outputs", 0, "max_abs", value=None),
    "claims-infinite-tolerance": lambda request: altered(
        request, "verification", "outputs", 0, "tolerance", value=float("inf")
    ),
    "claims-without-outputs": lambda request: altered(request, "verification", "outputs", value=[]),
    "claims-without-inputs": lambda request: altered(request, "verification", "inputs", value=[]),
    "claims-to-be-restored": lambda request: altered(
        request, "verification", value={**PROOF, "reference": "weights", "outputs": [], "inputs": [], "why": "so"}
    ),
    "claims-too-many-identical": lambda request: altered(request, "weights", "identical", value=2),
    "claims-true-tensors": lambda request: altered(request, "weights", "tensors", value=True),
    "claims-code-as-usage": lambda request: altered(
        request, "needs", value={"module": "os;import os", "objects": ["a"], "unregistered": ["a"]}
    ),
    "claims-to-need-what-nobody-gave": lambda request: altered(
        request, "needs", value={"module": "os", "objects": ["system"], "unregistered": ["system"]}
    ),
    "claims-an-unknown-change": lambda request: altered(
        request, "changes", value=[{"layer": "", "rule": "", "kind": "none", "text": ""}]
    ),
}
"""Results of an importer that do not prove what they claim."""


def nest(folder: Path) -> None:
    above = os.open(folder, os.O_RDONLY)
    for _ in range(DEEP):
        os.mkdir("d", dir_fd=above)
        below = os.open("d", os.O_RDONLY, dir_fd=above)
        os.close(above)
        above = below
    os.close(above)


def fill(folder: Path) -> None:
    """Everything that is no plain file, and names that steer."""
    (folder / "link").symlink_to(SECRET)
    (folder / "folder").symlink_to(Path(SECRET).parent)
    os.mkfifo(folder / "pipe")
    for name in (STEERING.replace("/", ""), "-rf", "\udcff", "x" * 255):
        (folder / name).mkdir()
    closed = folder / "closed" / "in"
    closed.mkdir(parents=True)
    closed.chmod(0)
    closed.parent.chmod(0)


def replace(path: Path, make: Callable[[Path], object]) -> None:
    """Something else in the place of a file or folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    make(path)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200 << 20)


def plant(folder: Path) -> None:
    """Links in every place where somebody else could write next."""
    for name in ("report.json", "draft", "desk", "model.report.json", "custom.py"):
        (folder / name).symlink_to(SECRET)
    for number in range(200):
        place = folder.parent / f"model-{number}"
        if not place.exists():
            place.symlink_to(Path(SECRET).parent)


BUNDLES: dict[str, Callable[[Path], object]] = {
    "bundle-deep": nest,
    "bundle-odd": fill,
    "bundle-link": lambda folder: replace(folder, lambda path: path.symlink_to(Path(SECRET).parent)),
    "bundle-gone": lambda folder: replace(folder, lambda _: None),
    "bundle-file": lambda folder: replace(folder, Path.touch),
}
DRAFTS: dict[str, Callable[[Path], object]] = {
    "draft-gone": Path.unlink,
    "draft-link": lambda draft: replace(draft, lambda path: path.symlink_to(SECRET)),
    "draft-link-to-a-model": lambda draft: replace(draft, lambda path: path.symlink_to(MODEL)),
    "draft-link-to-itself": lambda draft: replace(draft, lambda path: path.symlink_to(path.name)),
    "draft-twice": lambda draft: os.link(draft, draft.with_name("twice")),
    "draft-folder": lambda draft: replace(draft, Path.mkdir),
    "draft-pipe": lambda draft: replace(draft, os.mkfifo),
    "draft-socket": lambda draft: replace(draft, lambda path: os.mknod(path, 0o140600)),
    "draft-empty": lambda draft: draft.write_bytes(b""),
    "draft-text": lambda draft: draft.write_bytes(b"import os"),
    "draft-pickle": lambda draft: draft.write_bytes(b"\x80\x04."),
    "draft-sparse": sparse,
    "draft-cut": lambda draft: draft.write_bytes(draft.read_bytes()[:-30]),
    "draft-with-code": lambda draft: replace(draft, lambda path: shutil.copyfile(CODE, path)),
    "draft-of-a-link": lambda draft: replace(
        draft.parent, lambda path: path.symlink_to(Path(SECRET).parent)
    ),
    "draft-of-a-folder-that-is-gone": lambda draft: shutil.rmtree(draft.parent),
}  # fmt: skip
BESIDE: dict[str, Callable[[Path], object]] = {
    "beside-deep": lambda draft: nest(draft.parent),
    "beside-odd": lambda draft: fill(draft.parent),
    "beside-planted": lambda draft: plant(draft.parent),
}
"""What lies beside a result that is none the worse for it."""


def told_after(request: Request) -> None:
    """An honest answer, and another one for whatever will be asked next."""
    result(request)
    result(request)


def dies_after(request: Request) -> None:
    result(request)
    leave(0)


def steers(request: Request) -> None:
    for _ in range(20):
        say("progress", text=STEERING)
    result(request)


HARMLESS: dict[str, Callable[[Request], object]] = {
    "answers-twice": told_after,
    "answers-and-dies": dies_after,
    "steers": steers,
}
"""After an honest result."""


def export(request: Request, name: str) -> None:
    bundle = Path(request["bundle"])
    bundle.mkdir()
    (bundle / "name").write_text(name)
    if name in BUNDLES:
        BUNDLES[name](bundle)
    ANSWERS.get(name.removeprefix("export-"), HARMLESS.get(name.removeprefix("export-"), result))(request)


def import_(request: Request, name: str) -> None:
    draft = Path(request["target"])
    shutil.copyfile(MODEL, draft)
    for table in (DRAFTS, BESIDE):
        if name in table:
            table[name](draft)
    name = name.removeprefix("import-")
    (ANSWERS.get(name) or CLAIMS.get(name) or HARMLESS.get(name) or result)(request)


def main() -> None:
    say("ready", versions={"python": platform.python_version()})
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "export":
            export(request, Path(request["source"]).stem)
        else:
            try:
                name = Path(request["bundle"], "name").read_text()
            except OSError:
                name = ""
            import_(request, name)


if __name__ == "__main__":
    CHANNEL = int(sys.argv[2])
    HERE = Path(__file__).parent
    MODEL, CODE, SECRET = HERE / "model.keras", HERE / "code.keras", (HERE / "secret").read_text()
    main()
