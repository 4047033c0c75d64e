"""Compile a model of Keras 2.15 as its file says, once nothing in that has to be looked up."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

from exporter.training import optimizer_variables
from interchange import json_floats
from interchange.error_text import cause


class UncompiledError(ValueError):
    """Keras 2.15 cannot compile the model like this; the text says why."""


def compile_model(model: Any, config: Mapping[str, Any], objects: Mapping[str, Any]) -> None:
    """Compile a model as a `training_config` or a `compile_config` says, and create the variables of its optimizer.

    Every name in `config` is known to Keras 2.15 or in `objects`. Raises `UncompiledError`.
    """
    from keras.src.saving import object_registration

    config = copy.deepcopy(config)  # Keras takes arguments out of it
    with _failing("Keras 2.15 cannot compile it"), object_registration.CustomObjectScope(objects), _as_archive():
        if "optimizer_config" in config:
            _compile_legacy(model, config)
        else:
            model.compile_from_config(config)
        if not model._is_compiled:
            raise UncompiledError(f"{type(model).__name__} compiles itself, in code of its own")
    with _failing("it does not fit the outputs of the model"):
        build_losses(model)
        _check_count(model.compiled_loss, len(model.outputs))
    with _failing("its optimizer cannot train this model"):
        optimizer_variables.build(model.optimizer, model.trainable_variables)


def build_losses(model: Any) -> None:
    """Make the losses and metrics of each output, which Keras otherwise does with the first batch."""
    answer = model.outputs[0] if len(model.outputs) == 1 else model.outputs  # one that is in a list is another form
    if not model.compiled_loss.built:
        model.compiled_loss.build(model.outputs)
    if not model.compiled_metrics.built:
        model.compiled_metrics.build(answer, answer)


def _check_count(losses: Any, outputs: int) -> None:
    """Raise `UncompiledError` for another number of losses or weights than of outputs: Keras 2.15 cuts them short."""
    import tensorflow as tf

    for each in (losses._losses, losses._loss_weights):
        if each is not None and (count := len(tf.nest.flatten(each))) != outputs:
            raise UncompiledError(f"it does not fit the outputs of the model, which are {outputs} and not {count}")


def _compile_legacy(model: Any, config: Mapping[str, Any]) -> None:
    from keras.src.saving.legacy import saving_utils

    model.compile(**saving_utils.compile_args_from_training_config(config), from_serialized=True)


def described(model: Any) -> Any:
    """Keras 2.15's own config of how a model is compiled, as plain JSON. Raises `UncompiledError`."""
    with _failing("Keras 2.15 cannot write how it is compiled"), _as_archive():
        return json_floats.spelled(json.loads(json.dumps(model.get_compile_config())))


@contextlib.contextmanager
def _failing(text: str) -> Iterator[None]:
    """Within, Keras raises whatever constructors raise at arguments that a file made up."""
    try:
        yield
    except UncompiledError:
        raise
    except Exception as error:
        raise UncompiledError(f"{text}: {cause(error)}") from error


@contextlib.contextmanager
def _as_archive() -> Iterator[None]:
    """Within, losses write and read their configs as they do in a `.keras` file."""
    from keras.src.saving import saving_lib

    before = getattr(saving_lib._SAVING_V3_ENABLED, "value", False)
    saving_lib._SAVING_V3_ENABLED.value = True
    try:
        yield
    finally:
        saving_lib._SAVING_V3_ENABLED.value = before
