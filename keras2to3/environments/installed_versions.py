"""What an environment holds, asked of its metadata: importing TensorFlow to learn its version takes seconds."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keras2to3.environments import installers

_SECONDS = 60
_MOST_TOLD = 120  # characters of what a program says that is no Python
# Names under which the wheels of a module come, where it is not the module's own.
_WHEELS = {
    "tensorflow": (
        *("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-cpu-aws", "tensorflow-macos"),
        *("tensorflow-rocm", "intel-tensorflow", "tf-nightly", "tf-nightly-cpu"),
    ),
    "keras": ("keras", "keras-nightly"),
}
_ASK = """
import sys
if sys.version_info < (3, 9):
    sys.exit("it is Python %d.%d, too old for either Keras" % sys.version_info[:2])
import importlib.metadata, importlib.util, json, platform
found, without = {"python": platform.python_version()}, []
for module, wheels in json.loads(sys.argv[1]).items():
    for wheel in wheels:
        try:
            found.setdefault(module, importlib.metadata.version(wheel))
        except importlib.metadata.PackageNotFoundError:
            pass
    if module not in found and importlib.util.find_spec(module):
        without.append(module)
print(json.dumps({"versions": found, "without": without}))
"""


@dataclass(frozen=True)
class Installed:
    """What a Python can import: versions by module, that of Python among them, and modules that tell no version."""

    versions: Mapping[str, str]
    without: Collection[str] = ()


def versions(python: Path, modules: Collection[str]) -> Mapping[str, str]:
    """The versions of Python and of those modules that are there; nothing if it cannot be asked."""
    answer = ask([python], modules)[0]
    return answer.versions if isinstance(answer, Installed) else {}


def ask(pythons: Sequence[Path], modules: Collection[str]) -> list[Installed | str]:
    """What each of them has of the modules, or why it cannot be asked; all are asked at once."""
    wheels = json.dumps({module: _WHEELS.get(module, (module,)) for module in modules})
    with contextlib.ExitStack() as stack:
        processes = [_asking(stack, (str(python), "-I", "-c", _ASK, wheels)) for python in pythons]
        return [one if isinstance(one, str) else _answer(one) for one in processes]


def _asking(stack: contextlib.ExitStack, command: installers.Command) -> subprocess.Popen[str] | str:
    try:
        process = installers.start(command)
    except OSError as error:
        return f"does not start: {error.strerror}"
    stack.callback(process.wait)
    stack.callback(process.kill)  # before that, should an interrupt come first
    return process


def _answer(process: subprocess.Popen[str]) -> Installed | str:
    try:
        answer, errors = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return f"gives no answer within {_SECONDS} s"
    if process.returncode != 0:
        return f"ends with exit status {process.returncode}: {last_line(errors)[:_MOST_TOLD] or 'no message'}"
    try:
        facts = json.loads(last_line(answer))  # whatever a customisation of the site has printed comes before
        return Installed(facts["versions"], facts["without"])
    except (ValueError, KeyError, TypeError):
        return f"is not a Python: it answered {last_line(answer)[:_MOST_TOLD]!r}"


def last_line(text: str) -> str:
    """The last line that says something."""
    return text.strip().rpartition("\n")[2].strip()
