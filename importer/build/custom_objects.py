"""The user's own classes in Keras 3: making objects of them, and telling what a result is opened with."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange.custom_objects import Customs, bare
from interchange.errors import Failure
from interchange.messages.results import Needs
from interchange.text import said


@dataclass(frozen=True)
class Own:
    """The user's file and all that it defines, by every name; without a file nothing is."""

    file: Customs | None = None
    objects: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bases(self) -> Mapping[str, str]:
        """By the name of every object the class of Keras that it is made of, or nothing."""
        return {name: _keras_base(made) for name, made in self.objects.items()}

    def holds(self, layer: Any) -> bool:
        """Whether a layer is of one of the user's classes."""
        return any(type(layer) is made for made in self.objects.values())

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Within, Keras finds the objects by their names."""
        import keras

        with keras.saving.CustomObjectScope(dict(self.objects)):
            yield

    def make(self, kind: str, name: str, config: Mapping[str, Any] | None, path: str) -> Any:
        """The object of a name: a function as it is, a class made from its config. Raises `Failure(REFUSED)`."""
        import keras

        assert self.file is not None  # names are known from it
        made = self.objects[name]
        if kind == "layers" and not (isinstance(made, type) and issubclass(made, keras.layers.Layer)):
            raise self.file.refusal(path, name, f"{name} of {self.file.name} is no layer of Keras 3")
        if config is None or not isinstance(made, type):
            return made
        try:
            with self.scope():
                return made.from_config(dict(config)) if hasattr(made, "from_config") else made(**config)
        except Exception as error:  # whatever a user's class raises is an answer
            text = f"it cannot be made from its config: {said(error)}"
            raise self.raised(path, name, error) or self.file.refusal(path, name, text) from error

    def raised(self, path: str, class_name: str, error: Exception) -> Failure | None:
        """A refusal for what the file has raised; None where the error comes from elsewhere."""
        return None if self.file is None else self.file.raised(path, class_name, error)


NONE = Own()
"""Where the user has given no file."""


def opened(file: Customs | None) -> Own:
    """What the file defines. Raises `Failure`: `USAGE` for a file that has changed, `REFUSED` if it does not run."""
    import keras

    return NONE if file is None else Own(file, file.objects(keras.saving.get_custom_objects))


def needs(path: Path, own: Own) -> Needs | None:
    """What a written `.keras` is opened with; None where Keras alone opens it."""
    if own.file is None:
        return None
    with zipfile.ZipFile(path) as archive:
        named = set(_texts(json.loads(archive.read("config.json"))))
    used = {name: made for name, made in own.objects.items() if name in named}
    if not used:
        return None
    unregistered = {bare(name) for name, made in used.items() if not _is_registered(made)}
    return Needs(own.file.module, tuple(sorted({bare(name) for name in used})), tuple(sorted(unregistered)))


def _keras_base(made: Any) -> str:
    kinds = made.__mro__ if isinstance(made, type) else ()
    return next((kind.__name__ for kind in kinds if kind.__module__.partition(".")[0] == "keras"), "")


def _is_registered(made: Any) -> bool:
    import keras

    return any(each is made for each in keras.saving.get_custom_objects().values())


def _texts(value: Any) -> Iterator[str]:
    """Names that may be those of classes and functions: every text in a config but names of layers."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in ("name", "module"):
                yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
