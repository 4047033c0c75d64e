"""Restore the weights of a Keras 2.15 model from a TensorFlow checkpoint, object by object."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter.entries import counted_layers
from interchange.causes import cause
from interchange.errors import Exit, Failure

_HINT = "save the model again with model.save()"


def restore(prefix: Path, model: Any, architecture: Mapping[str, Any]) -> None:
    """Give `model` the weights of the checkpoint `prefix`; `architecture` has the layers in the order of the file.

    Raises `Failure(WEIGHTS)` where a weight is missing or of another shape.
    """
    import tensorflow as tf

    try:
        # What an optimizer or a metric has in the file stays there.
        status = _by_number(architecture, model).read(str(prefix)).expect_partial()
        status.assert_existing_objects_matched()
    except (AssertionError, ValueError, tf.errors.OpError) as error:
        text = f"the weights do not fit the architecture: {cause(error)}"
        raise Failure(Exit.WEIGHTS, text, _HINT) from error
    for layer in model._flatten_layers():  # Keras asks the outermost layers alone
        layer.finalize_state()


def _by_number(entry: Mapping[str, Any], model: Any) -> Any:
    """The layers of a model under `layer-0`, `layer-1` and so on, models below it likewise.

    Keras writes `layer_with_weights-0` too, which is another layer here: in the file a vocabulary counts as a weight.
    """
    import keras
    import tensorflow as tf

    found = [(layer, model.get_layer(layer["config"]["name"])) for layer in counted_layers(entry)]
    parts = [_by_number(layer, own) if isinstance(own, keras.Model) else own for layer, own in found]
    return tf.train.Checkpoint(**{f"layer-{number}": part for number, part in enumerate(parts)})
