"""Classes and functions of the user's own: which file defines them, and the digest agreed to."""

from __future__ import annotations

import functools
import importlib.util
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from interchange.errors import Failure, Problem, refused
from interchange.messages.limits import Text
from interchange.messages.message import Message
from interchange.text import said
from interchange.user_files import in_force, user_file

FRAMEWORKS = frozenset({"keras", "tensorflow", "tf_keras", "numpy", "typing", "builtins"})
"""Packages whose classes and functions are nobody's own, whatever a file imports of them."""

MODULE = "custom_objects"
"""What the module of a file is called whose own name is none, or is taken."""

# As Python says it, whoever raises it anew.
_CALLED = re.compile(r"\b(\w+)\.(\w+)\(\) ((?:got an?|got multiple|missing|takes) [^\n]*)")
_HINT = "The file runs in a sandbox and cannot read your other files; import only what the environments have."


@dataclass(frozen=True)
class CustomObjectsFile(Message):
    """The file at the absolute path `file`, with the classes and functions of a model; `sha256` is the file's."""

    file: Text = field(metadata={"key": "path"})
    sha256: Text

    @property
    def name(self) -> str:
        """The file in messages."""
        return Path(self.file).name

    @property
    def module(self) -> str:
        """What its module is called, so that a model says where its classes are from; never what is another module."""
        stem = Path(self.file).stem
        free = stem.isidentifier() and stem not in FRAMEWORKS and (stem in _OURS or _is_free(stem))
        return stem if free else MODULE

    def objects(self, registered: Callable[[], MutableMapping[str, Any]]) -> dict[str, Any]:
        """All that it defines by every name; it runs once in a process. `registered` gives what Keras has been told.

        From then on Keras knows what this file has registered, and nothing that the file of another model has.

        Raises `Failure`: `USAGE` for a file that has changed, `REFUSED` if it does not run.
        """
        try:
            defined = vars(in_force.put_in_force(self, registered(), lambda: _module(self)))
        except user_file.BrokenFileError as error:
            raise self.refusal("", "file", str(error), _HINT) from error
        own = {name: value for name, value in defined.items() if name[:2] != "__" and _is_own(value)}
        return {**own, **registered()}

    def defined(self) -> Mapping[str, Any]:
        """All names of the file as they are; it has run before."""
        return _run(self)

    def aliases(self) -> dict[str, Any]:
        """Classes of Keras by the other names that the file gives them, as in `FixedDropout = keras.layers.Dropout`."""
        return {name: value for name, value in _run(self).items() if is_alias(name, value)}

    def refusal(self, layer: str, class_name: str, text: str, unblock: str | None = None) -> Failure:
        """A refusal of what the file defines."""
        problem = Problem(layer, class_name, text, "custom_objects", self.name, unblock)
        return refused([problem], str(problem), unblock)

    def made(self, definition: Any, config: Mapping[str, Any] | None, layer: str, name: str) -> Any:
        """A function of the file as it is, or an instance of a class from its config. Raises `Failure(REFUSED)`."""
        if config is None or not isinstance(definition, type):
            return definition
        try:
            return definition.from_config(dict(config)) if hasattr(definition, "from_config") else definition(**config)
        except Exception as error:  # whatever a user's class raises is an answer
            text = f"it cannot be made from its config: {said(error)}"
            raise self.raised(layer, name, error) or self.refusal(layer, name, text) from error

    def raised(self, layer: str, class_name: str, error: Exception) -> Failure | None:
        """A refusal for what the file has raised; None where the error comes from elsewhere."""
        found_ = user_file.origin(self.file, error)
        if found_ is None:
            return self._called_otherwise(layer, class_name, error)
        line, raised = found_
        return self.refusal(layer, class_name, f"line {line} of {self.name} raises {said(raised)}")

    def _called_otherwise(self, layer: str, class_name: str, error: Exception) -> Failure | None:
        """A refusal for a method that takes other arguments than it is given, for which no line of it was run."""
        for own, method, what in _CALLED.findall(str(error)):
            code = getattr(getattr(_run(self).get(own), method, None), "__code__", None)
            if code is not None:
                text = f"{own}.{method} in line {code.co_firstlineno} of {self.name} {what}"
                return self.refusal(layer, class_name, text)
        return None


_OURS: set[str] = set()


@functools.cache
def _module(customs: CustomObjectsFile) -> ModuleType:
    """The file after it has run; it can be found while it runs, which decorators of the standard library need."""
    module = ModuleType(customs.module)
    _OURS.add(module.__name__)
    sys.modules[module.__name__] = module
    user_file.run(customs.file, customs.sha256, module)
    return module


def _run(customs: CustomObjectsFile) -> dict[str, Any]:
    return vars(_module(customs))


def _is_free(module: str) -> bool:
    try:
        return module not in sys.modules and importlib.util.find_spec(module) is None
    except (ImportError, ValueError):
        return False


def _is_own(value: Any) -> bool:
    if isinstance(value, (type, FunctionType)):
        return str(value.__module__).partition(".")[0] not in FRAMEWORKS
    return callable(value) and not isinstance(value, ModuleType)


def is_alias(name: str, value: Any) -> bool:
    """Whether a name is another one for a class of Keras."""
    of_keras = isinstance(value, type) and str(value.__module__).partition(".")[0] in ("keras", "tf_keras")
    return of_keras and name != value.__name__ and name[:2] != "__"


def keras_base(made: Any) -> str:
    """The name of the Keras class from which an object is derived, or an empty string."""
    kinds = made.__mro__ if isinstance(made, type) else ()
    return next((kind.__name__ for kind in kinds if kind.__module__.partition(".")[0] == "keras"), "")


def bare(name: str) -> str:
    """The name of a class without the package it is registered under."""
    return name.rpartition(">")[2]


def names_of(entry: Mapping[str, Any]) -> Iterator[str]:
    """Every name that an object may be found under, the most telling first: `Package>Name`, and both alone."""
    keys = ("registered_name", "config" if entry.get("class_name") == "function" else "class_name")
    names = [entry[key] for key in keys if isinstance(entry.get(key), str) and entry[key] != "function"]
    yield from names
    yield from (bare(name) for name in names if ">" in name)


def found(names: Iterable[str], own: Any) -> str | None:
    """The first of some names that is among the user's own."""
    return next((name for name in names if name in own), None)
