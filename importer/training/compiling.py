"""Compile the rebuilt model with the optimizer, losses and metrics that the translation has found."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from importer.build.construct import Constructor
from importer.build.custom_objects import CustomObjects
from importer.training import metrics_names
from interchange.errors import Failure
from interchange.text import said
from translation.keras2_to_3.spec import Graph, Spec
from translation.keras2_to_3.training import TrainingSpec
from translation.keras2_to_3.training_outputs import ONE, Outputs, outputs_of


class NotCompiledError(Exception):
    """The model cannot arrive compiled; the message says why."""


def outputs_in_keras_2(graph: Graph) -> Outputs:
    """The outputs of a model by the layers they come from, and the keys of a dictionary."""
    import keras

    if graph.outputs is None:
        return outputs_of([graph.layers[-1].name]) if graph.layers else ONE
    keys = tuple(sorted(graph.outputs)) if isinstance(graph.outputs, Mapping) else None
    return outputs_of([ref.layer for ref in keras.tree.flatten(graph.outputs)], keys)


def compile_model(model: Any, spec: TrainingSpec, own: CustomObjects) -> None:
    """Compile a built model, and make the variables of its optimizer. Raises `NotCompiledError`."""
    with_errors_told(lambda: _compile(model, spec, maker(own)), own)


def compile_config(model: Any, own: CustomObjects, spec: TrainingSpec | None = None) -> Any:
    """How Keras 3 writes that a model is compiled, or would be compiled as `spec` says. Raises `NotCompiledError`.

    It is written, read and written again, as that of a model that was opened. The optimizer is told as it is now, and
    losses by their full names.
    """
    import keras

    if spec is None:
        with own.scope():
            return _written(model)
    shadow = keras.Model(model.inputs, model.outputs)
    found: list[Any] = []

    def act() -> None:
        _arguments(shadow, spec, maker(own))
        shadow.compile_from_config(json.loads(json.dumps(shadow.get_compile_config())))
        found.append(_written(shadow))

    with_errors_told(act, own)
    return found[0]


def _written(model: Any) -> Any:
    import keras

    optimizer = keras.saving.serialize_keras_object(model.optimizer)
    config = json.loads(json.dumps({**model.get_compile_config(), "optimizer": optimizer}))
    return {**config, "loss": _full_names(config.get("loss"))}


def _full_names(loss: Any) -> Any:
    """Losses with functions by their names, and classes that are given by theirs with their configs."""
    import keras

    if isinstance(loss, Mapping) and loss.get("class_name") != "function":
        return loss if "class_name" in loss else {key: _full_names(item) for key, item in loss.items()}
    if isinstance(loss, list):
        return [_full_names(item) for item in loss]
    if not isinstance(loss, (str, Mapping)):
        return loss
    found = keras.losses.get(loss)
    return keras.saving.serialize_keras_object(found) if isinstance(found, keras.Loss) else str(found.__name__)


def names_that_change(
    model: Any, spec: TrainingSpec, outputs: Outputs, old: Sequence[str], own: CustomObjects
) -> Mapping[str, str | None]:
    """The names of losses and metrics in Keras 2 that `evaluate` uses no more; `old` are all of them."""
    names = getattr(model, "output_names", None) or outputs.before
    with own.scope():
        return metrics_names.renamed(old, spec, outputs, names, maker(own))


def _compile(model: Any, spec: TrainingSpec, make: Callable[[Spec], Any]) -> None:
    _arguments(model, spec, make)
    model.optimizer.build(model.trainable_variables)


def _arguments(model: Any, spec: TrainingSpec, make: Callable[[Spec], Any]) -> None:
    model.compile(
        optimizer=make(spec.optimizer),
        loss=made(spec.loss, make),
        loss_weights=spec.loss_weights,
        metrics=made(spec.metrics, make),
        weighted_metrics=made(spec.weighted_metrics, make),
        auto_scale_loss=False,  # Keras 2 has wrapped the optimizer itself where it scales the loss
        **spec.settings,
    )


def with_errors_told(act: Callable[[], None], own: CustomObjects) -> None:
    """Raises `NotCompiledError` for what Keras or a class of the user's has against it."""
    try:
        with own.scope():
            act()
    except Failure as failure:
        raise NotCompiledError(str(failure)) from failure
    except Exception as error:
        theirs = own.raised("", "compile", error)
        if theirs is None and not isinstance(error, (TypeError, ValueError)):
            raise
        raise NotCompiledError(str(theirs) if theirs else f"Keras 3 does not compile it: {said(error)}") from error


def made(structure: Any, make: Callable[[Spec], Any]) -> Any:
    """A structure with an object in place of each spec."""
    if isinstance(structure, Spec):
        return make(structure)
    if isinstance(structure, Mapping):
        return {key: made(item, make) for key, item in structure.items()}
    return [made(item, make) for item in structure] if isinstance(structure, (list, tuple)) else structure


def maker(own: CustomObjects) -> Callable[[Spec], Any]:
    """What makes an object from its spec."""
    constructor = Constructor(_no_model, _unheard, own)
    return lambda spec: constructor.make(spec, None)


def _unheard(*_: Any) -> None:
    """There are no layers among these objects."""


def _no_model(graph: Graph, _: Any) -> Any:
    raise TypeError(f"{graph.name} is a model, which nothing of this kind can hold")
