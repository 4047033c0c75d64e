"""Layers that Keras 3 does not have, or computes otherwise: a module defines `compose(blueprint)`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from importer.build.operation_names import settle
from importer.decompositions import module
from translation.weight_transforms import Recast


@dataclass(frozen=True)
class Blueprint:
    """A layer of Keras 2 to be composed: its settings as translated by a rule, and `like`, the tensor it is called on.

    `given` are the kinds of tensors it is called on, besides dense ones, and `inputs` the whole structure of tensors.
    """

    name: str
    dtype: str | None
    config: Mapping[str, Any]
    like: Any
    given: frozenset[str] = frozenset()
    inputs: Any = None

    @property
    def compute_dtype(self) -> str:
        """The dtype in which the layer computes."""
        import keras

        return str(keras.DTypePolicy(self.dtype or keras.config.floatx()).compute_dtype)


@dataclass(frozen=True)
class WeightTarget:
    """The variable of `layer` that gets a tensor of Keras 2, unchanged or through `recast`."""

    layer: Any
    variable: str
    recast: Recast | None = None


@dataclass(frozen=True)
class Composition:
    """What stands for one layer of Keras 2: a Keras 3 layer or model, and where the old variables are in it.

    `note` is a line for the report, where the graph and not the rule decides what stands there. `draws` is another,
    set if the composition draws random numbers.
    """

    layer: Any
    weights: Mapping[str, WeightTarget] = field(default_factory=dict)
    note: str | None = None
    draws: str | None = None


Compose = Callable[[Blueprint], Composition]


def compose(name: str, blueprint: Blueprint) -> Composition:
    """What the layer decomposition `name` builds; called several times it is one layer, with one set of weights."""
    function: Compose = module(__name__, name).compose
    return function(blueprint)


def as_model(blueprint: Blueprint, body: Callable[[Any], Any], free: Collection[int] = ()) -> Any:
    """A small functional model under the layer's own name: `body` on an input like the one it will be called on.

    Axes that are `free` may have another size in another call.
    """
    import keras

    dtype = str(blueprint.like.dtype)
    dtype = blueprint.compute_dtype if "float" in dtype and "float" in blueprint.compute_dtype else dtype
    shape = [None if axis in (0, *free) else size for axis, size in enumerate(blueprint.like.shape)]
    kinds = dict.fromkeys(blueprint.given, True)
    x = keras.Input(batch_shape=shape, dtype=dtype, **kinds)
    model = keras.Model(x, body(x), name=blueprint.name)
    settle(model.outputs, model.layers)
    return model
