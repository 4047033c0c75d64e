"""The user's own classes and functions in Keras 2.15, and the checks that they fit a model."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from exporter.describe.description import metrics
from interchange.errors import Failure, Problem, refused
from interchange.user_files import in_force
from interchange.user_files.custom_objects import CustomObjectsFile, bare, found, keras_base, names_of
from translation.config_tree import edited, layers_of, objects
from translation.user_models import listed_as, of_own_class

_OF_TEXT = ("standardize", "split")
_INSIDE = ("layer", "backward_layer", "forward_layer", "cell")


@dataclass(frozen=True)
class CustomObjects:
    """The file of `--custom-objects` and its objects, by every name that a model may have for them."""

    file: CustomObjectsFile | None = None
    objects: Mapping[str, Any] = field(default_factory=dict)

    @property
    def defined(self) -> Mapping[str, Any]:
        """All names that the file defines, also of what is neither a class nor a function."""
        return {} if self.file is None else self.file.defined()

    @property
    def names(self) -> frozenset[str]:
        """The names of its objects."""
        return frozenset(self.objects)

    @property
    def bases(self) -> Mapping[str, str]:
        """The name of the Keras class from which each object is derived, or an empty string."""
        return {name: keras_base(made) for name, made in self.objects.items()}

    @property
    def hint(self) -> str | None:
        """A hint for an error of Keras in a model that has custom classes."""
        return (
            None
            if self.file is None
            else f"look at the classes of {self.file.name}: do they accept the arguments that Keras passes?"
        )

    def scope(self, architecture: Mapping[str, Any]) -> Mapping[str, Any]:
        """The objects by the names that an architecture has for them, also those with a package in front.

        Raises `Failure(REFUSED)` if a class used as a layer is not derived from Keras's Layer.
        """
        wanted = [each.class_name for each in objects(architecture) if ">" in each.class_name]
        aliases = {name: self.objects[bare(name)] for name in wanted if bare(name) in self.objects}
        self._check_layers(architecture)
        functions = {
            name: _returning_itself(self.objects[name]) for name in _called(architecture) if name in self.objects
        }
        return {**aliases, **self.objects, **functions, **self._models(architecture)}

    def _models(self, architecture: Mapping[str, Any]) -> Mapping[str, Any]:
        """The classes of functional models, by the names that an architecture has for them."""
        entries = [each.entry for each in of_own_class(architecture)]
        rows = [(entry, found(names_of(entry), self.objects)) for entry in entries]
        functional = ((entry, own) for entry, own in rows if own and listed_as(entry) == "Functional")
        return {entry["class_name"]: _of_its_layers(self.objects[own]) for entry, own in functional}

    def _check_layers(self, architecture: Mapping[str, Any]) -> None:
        import keras

        for name, entry in _layers(architecture):
            own = found(names_of(entry), self.objects)
            made = self.objects[own] if own else keras.layers.Layer
            if self.file and not (isinstance(made, type) and issubclass(made, keras.layers.Layer)):
                raise self.file.refusal(name, entry["class_name"], f"{own} of {self.file.name} is no layer of Keras")
        for each in of_own_class(architecture):
            own = found(names_of(each.entry), self.objects)
            if self.file and own and not issubclass(self.objects[own], keras.Model):
                text = f"{own} of {self.file.name} is not a keras.Model, but the file holds one"
                raise self.file.refusal(each.shown, each.class_name, text)

    def with_functions(self, architecture: Mapping[str, Any]) -> Mapping[str, Any]:
        """The architecture with the user's functions as objects where Keras 2.15 does not look them up by name."""
        made: Mapping[str, Any] = edited(architecture, self._with_functions)
        return made

    def _with_functions(self, entry: Mapping[str, Any], _: str) -> Mapping[str, Any]:
        if entry.get("class_name") != "TextVectorization" or not isinstance(entry.get("config"), Mapping):
            return entry
        given = {key: entry["config"].get(key) for key in _OF_TEXT}
        named = {key: own for key, name in given.items() if (own := self._known(name))}
        functions = {key: _function(own) for key, own in named.items()}
        return {**entry, "config": {**entry["config"], **functions}}

    def _known(self, name: Any) -> str | None:
        """The name in the user's file of a function that a model names, if it is there."""
        return found([name, bare(name)], self.objects) if isinstance(name, str) else None

    def raised(self, error: Exception, class_name: str = "Model") -> Failure | None:
        """A refusal for an error that was raised in the file; None for any other error."""
        return None if self.file is None else self.file.raised("", class_name, error)

    def make(self, kind: str, name: str, config: Mapping[str, Any] | None, path: str) -> Any:
        """A function by its name, or an instance of a class from its config. Raises `Failure(REFUSED)`."""
        import keras

        assert self.file is not None  # names are known from it
        definition = self.objects[name]
        if kind == "layers" and not (isinstance(definition, type) and issubclass(definition, keras.layers.Layer)):
            raise self.file.refusal(path, name, f"{name} of {self.file.name} is no layer of Keras")
        with keras.saving.custom_object_scope(dict(self.objects)):
            return self.file.made(definition, config, path, name)

    def holds(self, layer: Any) -> bool:
        """Whether a layer is an instance of one of the user's classes."""
        return any(type(layer) is made for made in self.objects.values())


# Keras 2.15 takes the name of an initializer or constraint for that of a class, and calls it without arguments.
_CALLED = ("initializer", "constraint")


def _called(value: Any, key: str = "") -> Iterator[str]:
    """The names of initializers and constraints, at any depth of an architecture."""
    if isinstance(value, str) and key.endswith(_CALLED):
        yield value
    elif isinstance(value, Mapping):
        for inner, item in value.items():
            yield from _called(item, inner)
    elif isinstance(value, list):
        for item in value:
            yield from _called(item, key)


def _returning_itself(made: Any) -> Any:
    """A function that returns itself when it is called without arguments; a class or factory stays as it is."""
    if not isinstance(made, FunctionType) or _needs_no_arguments(made):
        return made

    @functools.wraps(made)
    def function(*args: Any, **options: Any) -> Any:
        return made(*args, **options) if args or options else function

    return function


def _needs_no_arguments(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind()
    except TypeError:
        return False
    return True


def _of_its_layers(made: Any) -> Any:
    """A class of functional models that is built from its layers and has them in its config.

    Keras up to 2.12 did that for every class, 2.15 only for a constructor without arguments of its own.
    """
    import keras
    from keras.src.engine import functional

    if made.from_config.__func__ is not keras.Model.from_config.__func__:
        return made

    class FromLayers(made):
        @classmethod
        def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
            inputs, outputs, layers = functional.reconstruct_from_config(config, custom_objects)
            model = cls(inputs=inputs, outputs=outputs, name=config.get("name"))
            functional.connect_ancillary_layers(model, layers)
            return model

        def get_config(self) -> Any:
            base = {"name": self.name, "trainable": self.trainable}
            return copy.deepcopy(functional.get_network_config(self, config=base))

    FromLayers.__name__ = made.__name__
    return FromLayers


def _function(name: str) -> Mapping[str, Any]:
    """A function in the newest config format of Keras 2.15."""
    return {"class_name": "function", "config": name, "module": "builtins", "registered_name": name}


NO_CUSTOM_OBJECTS = CustomObjects()
"""The custom objects without a file."""


def opened(file: CustomObjectsFile | None) -> CustomObjects:
    """Run the file. Raises `Failure`: `USAGE` for a file that has changed, `REFUSED` if it raises an error."""
    import keras

    if file is None:
        in_force.put_aside(keras.saving.get_custom_objects())
        return NO_CUSTOM_OBJECTS
    return CustomObjects(file, {**file.objects(keras.saving.get_custom_objects), **file.aliases()})


def _layers(model: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The layers of a model at any depth with their names, also those inside wrappers."""
    for entry in layers_of(model) if isinstance(model, Mapping) else ():
        config = entry.get("config") or {}
        yield str(config.get("name", "") if isinstance(config, Mapping) else ""), entry
        yield from _layers(entry)
        inner = [config[key] for key in _INSIDE if isinstance(config, Mapping) and isinstance(config.get(key), Mapping)]
        yield from _layers({"class_name": "Sequential", "config": {"layers": inner}})


def check_reached(model: Any, reached: set[int], own: CustomObjects) -> None:
    """Refuse a custom layer with weights in no attribute, for which a result has no place; metrics need none."""
    reached = reached | {id(variable) for metric in metrics(model) for variable in metric.weights}
    problems = [
        Problem(
            layer.name,
            type(layer).__name__,
            f"{len(lost)} of its weights are in no attribute of a layer",
            unblock=_KEEP,
        )
        for layer in model._flatten_layers()
        if own.holds(layer) and (lost := [weight for weight in layer.weights if id(weight) not in reached])
    ]
    if problems:
        raise refused(problems, str(problems[0]), _KEEP)


_KEEP = "Keep layers in attributes, or in lists or dictionaries that are attributes, in both classes."
