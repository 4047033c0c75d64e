"""The launcher: `python -I <this file> SPEC CHANNEL MODULE` restricts itself, reports that, and becomes the worker.

It runs in the worker's own Python, which knows where it imports from. SPEC and CHANNEL are file descriptors.
"""

from __future__ import annotations

import compileall
import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Never returns; an exception is a worker that does not start."""
    spec, channel, module = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    path = list(sys.path)
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    from keras2to3.sandbox import restrictions

    _compile(module)
    with os.fdopen(spec, encoding="ascii") as file:
        applied = restrictions.apply(json.load(file), path)
    event = {"event": "box", "held": applied.in_force, "missing": applied.missing, "not_granted": applied.not_granted}
    os.write(channel, json.dumps(event).encode("ascii") + b"\n")
    os.execv(sys.executable, [sys.executable, "-m", module, "--channel", str(channel)])  # noqa: S606


def _compile(module: str) -> None:
    """Compile our own code while it is writable: a sandboxed worker would compile all of it at every start."""
    if "PYTHONDONTWRITEBYTECODE" in os.environ:
        return
    for entry in os.environ["PYTHONPATH"].split(os.pathsep):
        packages = (module.partition(".")[0], "interchange", "bytecode", "translation")
        for folder in (Path(entry, name) for name in packages):
            if folder.is_dir() and os.access(folder, os.W_OK):
                compileall.compile_dir(folder, quiet=2)


if __name__ == "__main__":
    main()
