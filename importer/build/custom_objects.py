"""The user's own classes and functions in Keras 3, and the call that opens a result with them."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange.errors import Failure
from interchange.messages.results import Needs
from interchange.user_files import in_force
from interchange.user_files.custom_objects import CustomObjectsFile, keras_base
from interchange.user_files.needed import needed


@dataclass(frozen=True)
class CustomObjects:
    """The file of `--custom-objects` and its objects, by every name that a model may have for them."""

    file: CustomObjectsFile | None = None
    objects: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bases(self) -> Mapping[str, str]:
        """The name of the Keras class from which each object is derived, or an empty string."""
        return {name: keras_base(made) for name, made in self.objects.items()}

    def holds(self, layer: Any) -> bool:
        """Whether a layer is an instance of one of the user's classes."""
        return any(type(layer) is made for made in self.objects.values())

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """For the length of a `with` block, Keras finds the objects by name."""
        import keras

        with keras.saving.CustomObjectScope(dict(self.objects)):
            yield

    def make(self, kind: str, name: str, config: Mapping[str, Any] | None, path: str) -> Any:
        """A function by its name, or an instance of a class from its config. Raises `Failure(REFUSED)`."""
        import keras

        assert self.file is not None  # names are known from it
        definition = self.objects[name]
        if kind == "layers" and not (isinstance(definition, type) and issubclass(definition, keras.layers.Layer)):
            raise self.file.refusal(path, name, f"{name} of {self.file.name} is no layer of Keras 3")
        with self.scope():
            return self.file.made(definition, config, path, name)

    def raised(self, path: str, class_name: str, error: Exception) -> Failure | None:
        """A refusal for an error that was raised in the file; None for any other error."""
        return None if self.file is None else self.file.raised(path, class_name, error)


NO_CUSTOM_OBJECTS = CustomObjects()
"""The custom objects without a file."""


def opened(file: CustomObjectsFile | None) -> CustomObjects:
    """Run the file. Raises `Failure`: `USAGE` for a file that has changed, `REFUSED` if it raises an error."""
    import keras

    if file is None:
        in_force.put_aside(keras.saving.get_custom_objects())
        return NO_CUSTOM_OBJECTS
    return CustomObjects(file, file.objects(keras.saving.get_custom_objects))


def needs(path: Path, own: CustomObjects) -> Needs | None:
    """The objects with which a written `.keras` is opened; None if it needs none."""
    import keras

    if own.file is None:
        return None
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    return needed(own.file, own.objects, config, keras.saving.get_custom_objects().values())
