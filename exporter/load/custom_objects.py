"""The user's own classes in Keras 2.15: what a model is built with besides Keras's, and what is wrong with them."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from exporter.describe.description import metrics
from interchange.custom_objects import Customs, bare, found, names_of
from interchange.errors import Failure, Problem, refused
from translation.config_tree import edited, layers_of, objects
from translation.user_models import listed_as, of_own_class

_OF_TEXT = ("standardize", "split")
_INSIDE = ("layer", "backward_layer", "forward_layer", "cell")


@dataclass(frozen=True)
class Own:
    """The user's file and all that it defines, by every name; without a file nothing is."""

    file: Customs | None = None
    objects: Mapping[str, Any] = field(default_factory=dict)

    @property
    def defined(self) -> Mapping[str, Any]:
        """All that the file defines, also what is neither a class nor a function."""
        return {} if self.file is None else self.file.defined()

    @property
    def names(self) -> frozenset[str]:
        """The names under which it defines anything."""
        return frozenset(self.objects)

    @property
    def hint(self) -> str | None:
        """What may be the matter where Keras raises at a model that has classes of the user's among its layers."""
        return (
            None
            if self.file is None
            else f"look at the classes of {self.file.name}: do they accept the arguments that Keras passes?"
        )

    def scope(self, architecture: Mapping[str, Any]) -> Mapping[str, Any]:
        """The objects by the names that an architecture has for them, which may have a package in front.

        Raises `Failure(REFUSED)` where a layer is none of Keras's layers.
        """
        wanted = [each.class_name for each in objects(architecture) if ">" in each.class_name]
        aliases = {name: self.objects[bare(name)] for name in wanted if bare(name) in self.objects}
        self._check_layers(architecture)
        functions = {
            name: _given_as_it_is(self.objects[name]) for name in _called(architecture) if name in self.objects
        }
        return {**aliases, **self.objects, **functions, **self._models(architecture)}

    def _models(self, architecture: Mapping[str, Any]) -> Mapping[str, Any]:
        """The classes of models that list their layers, by the names that an architecture has for them."""
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
        """The architecture with the user's functions where Keras 2.15 looks for none by a name alone."""
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
        """What the user's file calls a function that goes by this name."""
        return found([name, bare(name)], self.objects) if isinstance(name, str) else None

    def raised(self, error: Exception, class_name: str = "Model") -> Failure | None:
        """A refusal for what the file has raised; None where the error comes from elsewhere."""
        return None if self.file is None else self.file.raised("", class_name, error)

    def holds(self, layer: Any) -> bool:
        """Whether a layer is of one of the user's classes."""
        return any(type(layer) is made for made in self.objects.values())


# What Keras 2.15 calls without arguments where a file names it, for it takes every name for that of a class.
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


def _given_as_it_is(made: Any) -> Any:
    """A function that is itself when it is called with nothing; anything else, and one that makes it, stays."""
    if not isinstance(made, FunctionType) or _can_be_called_with_nothing(made):
        return made

    @functools.wraps(made)
    def function(*args: Any, **options: Any) -> Any:
        return made(*args, **options) if args or options else function

    return function


def _can_be_called_with_nothing(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind()
    except TypeError:
        return False
    return True


def _of_its_layers(made: Any) -> Any:
    """A class of functional models that is made of its layers and lists them, whatever its constructor takes besides.

    So did Keras up to 2.12; 2.15 does for a constructor alone that has no arguments of its own.
    """
    import keras
    from keras.src.engine import functional

    if made.from_config.__func__ is not keras.Model.from_config.__func__:
        return made

    class Made(made):
        @classmethod
        def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
            inputs, outputs, layers = functional.reconstruct_from_config(config, custom_objects)
            model = cls(inputs=inputs, outputs=outputs, name=config.get("name"))
            functional.connect_ancillary_layers(model, layers)
            return model

        def get_config(self) -> Any:
            base = {"name": self.name, "trainable": self.trainable}
            return copy.deepcopy(functional.get_network_config(self, config=base))

    Made.__name__ = made.__name__
    return Made


def _function(name: str) -> Mapping[str, Any]:
    """A function as Keras 2.15 reads it in the newest spelling of configs."""
    return {"class_name": "function", "config": name, "module": "builtins", "registered_name": name}


NONE = Own()
"""Where the user has given no file."""


def opened(file: Customs | None) -> Own:
    """What the file defines. Raises `Failure`: `USAGE` for a file that has changed, `REFUSED` if it does not run."""
    import keras

    return NONE if file is None else Own(file, {**file.objects(keras.saving.get_custom_objects), **file.aliases()})


def _layers(model: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The layers of a model at any depth with their names, also those inside wrappers."""
    for entry in layers_of(model) if isinstance(model, Mapping) else ():
        config = entry.get("config") or {}
        yield str(config.get("name", "") if isinstance(config, Mapping) else ""), entry
        yield from _layers(entry)
        inner = [config[key] for key in _INSIDE if isinstance(config, Mapping) and isinstance(config.get(key), Mapping)]
        yield from _layers({"class_name": "Sequential", "config": {"layers": inner}})


def check_reached(model: Any, reached: set[int], own: Own) -> None:
    """Refuse a layer of the user's with weights that are no attributes of a layer, for which there is no place.

    What its metrics have counted needs none.
    """
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
