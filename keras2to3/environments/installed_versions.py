"""The packages of an environment, read from its metadata: importing TensorFlow for its version takes seconds."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keras2to3.environments import installers

_SECONDS = 60
_SHOWN_CHARACTERS = 120  # characters of the output of a program that is not Python
# Packages of modules whose package has another name.
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
    """What a Python can import: versions by module, that of Python among them, and modules without a known version."""

    versions: Mapping[str, str]
    without: Collection[str] = ()


def versions(python: Path, modules: Collection[str]) -> Mapping[str, str]:
    """The versions of Python and of the installed modules among these; empty if the Python does not answer."""
    answer = ask([python], modules)[0]
    return answer.versions if isinstance(answer, Installed) else {}


def ask(pythons: Sequence[Path], modules: Collection[str]) -> list[Installed | str]:
    """For each Python its installed modules, or why it does not answer; all run at the same time."""
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
        return f"ends with exit status {process.returncode}: {last_line(errors)[:_SHOWN_CHARACTERS] or 'no message'}"
    try:
        facts = json.loads(last_line(answer))  # a site customisation may print lines before it
        return Installed(facts["versions"], facts["without"])
    except (ValueError, KeyError, TypeError):
        return f"is not a Python: it answered {last_line(answer)[:_SHOWN_CHARACTERS]!r}"


def last_line(text: str) -> str:
    """The last line that is not empty."""
    return text.strip().rpartition("\n")[2].strip()
