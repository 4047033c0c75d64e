"""Graph rules: what Keras 2 did that no single layer of Keras 3 does, said with its own layers and ops.

A module here is one graph rule and has the name rules refer to. It defines `apply(invocation, proceed)`, which
returns the outputs of one call of a layer; `proceed` runs the next graph rule and at last the layer itself.
Activations that need an expression of their own define `build(rank, dtype)` instead, and layers that need other
weights than any layer of Keras 3 has, or that stand inside a wrapper, `compose(blueprint)`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from importer.naming import settle
from importer.recasts import Recast


def _unheard(kind: str, text: str) -> None:
    """Where nobody reads a report."""


@dataclass(frozen=True)
class Invocation:
    """One call of a Keras 3 `layer` on symbolic tensors, as Keras 2.15 made it.

    `tell` takes a line for the report, its kind and its text, where the graph and not the rule has decided.
    """

    layer: Any
    inputs: Any
    kwargs: Mapping[str, Any]
    tell: Callable[[str, str], None] = _unheard

    def on(self, inputs: Any, **kwargs: Any) -> Invocation:
        """The same call on other inputs, with further arguments by name; one of None is left out."""
        joined = {**self.kwargs, **kwargs}
        return replace(self, inputs=inputs, kwargs={key: value for key, value in joined.items() if value is not None})


Proceed = Callable[[Invocation], Any]


def invoke(rules: Sequence[str], invocation: Invocation) -> Any:
    """Call a layer through its graph rules, outermost first."""
    if not rules:
        return invocation.layer(invocation.inputs, **invocation.kwargs)
    module = importlib.import_module(f"{__name__}.{rules[0]}")
    return module.apply(invocation, lambda inner: invoke(rules[1:], inner))


def activation(rule: str, rank: int, dtype: str) -> Any:
    """The Keras 3 model that serves as an activation Keras 3 does not have, for tensors of `rank` axes."""
    return importlib.import_module(f"{__name__}.{rule}").build(rank, dtype)


@dataclass(frozen=True)
class Blueprint:
    """A layer of Keras 2 that Keras 3 does not have: the settings a rule decided on, and `like`, a tensor it is for.

    `given` are the kinds of tensors it is called on, beside dense ones, and `inputs` the whole structure of tensors.
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
class Weight:
    """Where a tensor of Keras 2 goes: to a variable of `layer`, as it is or recast."""

    layer: Any
    variable: str
    recast: Recast | None = None


@dataclass(frozen=True)
class Composition:
    """What stands for one layer of Keras 2: a Keras 3 layer or model, and where the old variables are in it.

    `note` is for the report, where the graph and not the rule has decided what stands there, and so is `draws`, which
    tells that it draws at random.
    """

    layer: Any
    weights: Mapping[str, Weight] = field(default_factory=dict)
    note: str | None = None
    draws: str | None = None


def compose(rule: str, blueprint: Blueprint) -> Composition:
    """The composition of `rule`; called several times it is one layer, with one set of weights."""
    made: Composition = importlib.import_module(f"{__name__}.{rule}").compose(blueprint)
    return made


def as_model(blueprint: Blueprint, body: Callable[[Any], Any], free: Collection[int] = ()) -> Any:
    """A small functional model under the layer's own name: `body` on an input like the one it will be called on.

    Axes that are `free` may have another size in another call.
    """
    import keras

    given = str(blueprint.like.dtype)
    dtype = blueprint.compute_dtype if "float" in given and "float" in blueprint.compute_dtype else given
    shape = [None if axis in (0, *free) else size for axis, size in enumerate(blueprint.like.shape)]
    kinds = dict.fromkeys(blueprint.given, True)
    x = keras.Input(batch_shape=shape, dtype=dtype, **kinds)
    model = keras.Model(x, body(x), name=blueprint.name)
    settle(model.outputs, model.layers)
    return model
