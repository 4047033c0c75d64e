"""The command in a process of its own with workers that have no framework: `python -m tests.support.fake_command ...`.

The first argument is a folder for the code of the workers, the others are those of the command.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from interchange.messages.details import Node, Picture
from keras2to3 import install_paths
from keras2to3.cli import main as command
from keras2to3.environments import installed_versions, supplied
from keras2to3.scanner.model_files import digest_of
from keras2to3.scanner.process.client import Scanner
from tests.support.paths import ROOT

PASSED = {
    "format": "h5", "saved_by": {}, "has_weights": True, "has_optimizer": False, "is_compiled": False,
    "is_of_keras_3": False, "is_graph_alone": False, "is_on_trial": False, "needs_architecture": False, "replaced": {},
    "unreadable_training": None,
}  # fmt: skip

PICTURE = Picture((Node("only", "Dense", "", 0, (), None),), ())
"""The layers of every file."""


def passing(_: Scanner, op: str, path: Path, *__: Any) -> Mapping[str, Any]:
    """A scan that every file passes; one that says so by what it holds or its name is a model of Keras 3 or a graph."""
    text = f"{path.name} {path.read_text(errors='replace') if path.is_file() else ''}"
    passed = {**PASSED, "is_of_keras_3": "keras-3" in text, "is_graph_alone": "graph" in text}
    answers: dict[str, Callable[[], Mapping[str, Any]]] = {
        "scan": lambda: passed,
        "digest": lambda: {"sha256": digest_of(path)},
        "picture": lambda: {"picture": PICTURE.to_json()},
        "is-weights": lambda: {"is_weights": False},
        "result": lambda: {"format": "weights" if path.suffix == ".h5" else "keras", "broken": None},
    }
    return answers[op]()


def fakes(payload: Path) -> Iterator[tuple[Any, str, Any]]:
    """What has to be replaced, so that `fake_worker` is either worker and every file passes the scan."""
    for name in ("exporter", "importer"):
        code = payload / name / "__main__.py"
        code.parent.mkdir(parents=True, exist_ok=True)
        if not code.exists():
            whole = code.with_name(
                f"{secrets.token_hex(8)}.py"
            )  # others may begin with the same folder at the same time
            shutil.copy(ROOT / "tests" / "support" / "fake_worker.py", whole)
            whole.replace(code)
    (payload / "importer" / "graph_alone").mkdir(exist_ok=True)
    (payload / "importer" / "graph_alone" / "served_model.py").touch()
    for name in ("interchange", "bytecode", "translation"):
        with contextlib.suppress(FileExistsError):
            (payload / name).symlink_to(ROOT / name)
    yield install_paths, "payload", lambda: payload
    yield Scanner, "_ask", passing


def main(payload: str, *arguments: str) -> int:
    """Run the command; both environments are those of this process."""
    for owner, name, value in fakes(Path(payload)):
        setattr(owner, name, value)
    supplied.require = lambda *_: None  # type: ignore[assignment]
    installed_versions.versions = lambda *_: {"keras": "fake"}  # type: ignore[assignment]
    pythons = [
        f"--keras{number}-python={sys.executable}" for number in (2, 3) if f"--keras{number}-python" not in arguments
    ]
    return command.main([*arguments, *pythons])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
