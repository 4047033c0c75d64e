"""Check the packages of the Pythons that a user supplies, before anything is built or any source is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.environments import installed_versions
from keras2to3.environments.installed_versions import Installed
from keras2to3.environments.requested_versions import OLDEST_KERAS, OLDEST_TENSORFLOW, Target, release
from keras2to3.options.commands import Options

_REFERENCE = (2, 15)
_NAMES = {"keras": "Keras", "tensorflow": "TensorFlow", "numpy": "NumPy", "h5py": "h5py"}
_SHOWN = ("keras", "tensorflow")
_HINT = "give the python of such an environment, or leave the option out to have one built"
_NO_PYTHON_HINT = "give the path of a python that starts, or leave the option out to have one built"


@dataclass(frozen=True)
class Requirement:
    """The packages that an environment needs, in words, and a check of its versions of Keras and TensorFlow."""

    words: str
    serves: Callable[[str, str], bool]


REQUIREMENTS = {
    "keras2": Requirement(
        "Keras 2.15 and TensorFlow 2.15", lambda *found: all(release(one) == _REFERENCE for one in found)
    ),
    "keras3": Requirement(
        f"Keras 3 from {OLDEST_KERAS} on and TensorFlow from {OLDEST_TENSORFLOW} on, which go together",
        lambda keras, tensorflow: Target(keras, tensorflow).problem() is None,
    ),
}


def require(options: Options) -> None:
    """Raises `Failure`: `USAGE` for a Python that lacks a package, `ENVIRONMENT` for one that does not answer."""
    named = {"keras2": options.keras2_python, "keras3": options.keras3_python}
    pythons = {name: python for name, python in named.items() if python}
    if not pythons:
        return
    answers = dict(zip(pythons, installed_versions.ask(list(pythons.values()), _NAMES)))
    unanswered = {name: answer for name, answer in answers.items() if isinstance(answer, str)}
    if unanswered:
        raise Failure(Exit.ENVIRONMENT, _lines(pythons, unanswered), _NO_PYTHON_HINT)
    installed = {name: answer for name, answer in answers.items() if isinstance(answer, Installed)}
    unsuitable = {name: text for name, answer in installed.items() if (text := problem(REQUIREMENTS[name], answer))}
    if unsuitable:
        raise Failure(Exit.USAGE, _lines(pythons, unsuitable), _HINT)


def problem(need: Requirement, installed: Installed) -> str | None:
    """Why an environment is unsuitable; None if it is suitable. An unknown version is left to the worker to check."""
    missing = [name for module, name in _NAMES.items() if module not in (*installed.versions, *installed.without)]
    keras, tensorflow = (installed.versions.get(module) for module in ("keras", "tensorflow"))
    if not missing and (keras is None or tensorflow is None or need.serves(keras, tensorflow)):
        return None
    return f"it has {_contents(installed, missing)}; needed are {need.words}, with NumPy and h5py"


def _contents(installed: Installed, missing: Sequence[str]) -> str:
    there = [f"{_NAMES[module]} {installed.versions[module]}" for module in _SHOWN if module in installed.versions]
    return " but ".join(filter(None, (" and ".join(there), " and ".join(f"no {name}" for name in missing))))


def _lines(pythons: Mapping[str, Path], problems: Mapping[str, str]) -> str:
    return "\n".join(f"--{name}-python {pythons[name]}: {text}" for name, text in problems.items())
