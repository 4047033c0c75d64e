"""The SavedModel beside this file as a Keras 3 layer. It needs TensorFlow and Keras 3, nothing else.

    import served_model

    layer = served_model.ServedModel()
    answers = layer({"name of an input": values})

One input may be given alone, several as a dictionary by their names or as a list in the order of `layer.input_names`.
One output comes alone, several as a dictionary by their names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

FOLDER = Path(__file__).resolve().parent / "saved_model"
USUAL = "serving_default"


def _loaded(folder: str) -> Any:
    """The SavedModel, or its graph and weights alone where an object of it is of a class that is not here."""
    try:
        return tf.saved_model.load(folder)
    except (NotImplementedError, TypeError, ValueError, tf.errors.OpError):
        from tensorflow.python.saved_model import (
            load_v1_in_v2,
        )  # what tf.saved_model.load takes for those of TensorFlow 1

        return load_v1_in_v2.load(folder, None)


@keras.saving.register_keras_serializable("keras2to3")
class ServedModel(keras.layers.Layer):
    """Calls a signature of the SavedModel by the names of its inputs; it is there to answer and cannot be trained."""

    def __init__(self, folder: str | None = None, signature: str | None = None, **options: Any) -> None:
        super().__init__(**{"trainable": False, **options})
        self.folder = str(folder or FOLDER)
        self._loaded = _loaded(self.folder)
        found = self._loaded.signatures
        self.signature = signature or (USUAL if USUAL in found else next(iter(found)))
        self._function = found[self.signature]
        self._specs = self._function.structured_input_signature[1]
        self.input_names = sorted(self._specs)
        self.output_names = sorted(self._function.structured_outputs)

    def call(self, inputs: Any) -> Any:
        """What the signature answers: a tensor, or several by their names."""
        answers = self._function(**{name: self._tensor(name, value) for name, value in self._named(inputs).items()})
        return answers[self.output_names[0]] if len(self.output_names) == 1 else dict(answers)

    def _named(self, inputs: Any) -> dict[str, Any]:
        if not isinstance(inputs, dict):
            given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
            if len(given) != len(self.input_names):
                raise ValueError(f"{len(given)} inputs, not the {len(self.input_names)} of {self.input_names}")
            inputs = dict(zip(self.input_names, given))
        if inputs.keys() != set(self.input_names):
            raise ValueError(f"inputs {sorted(inputs)}, not {self.input_names}")
        return inputs

    def _tensor(self, name: str, value: Any) -> Any:
        tensor, dtype = tf.convert_to_tensor(value), self._specs[name].dtype
        return tensor if tensor.dtype == dtype else tf.cast(tensor, dtype)

    def compute_output_spec(self, inputs: Any) -> Any:  # noqa: ARG002
        """The outputs as the graph declares them."""
        shapes = [self._function.structured_outputs[name] for name in self.output_names]
        made = [keras.KerasTensor(spec.shape, spec.dtype.name) for spec in shapes]
        return made[0] if len(made) == 1 else dict(zip(self.output_names, made))

    def get_config(self) -> dict[str, Any]:
        """The folder, unless it lies beside this file, and the signature."""
        folder = None if self.folder == str(FOLDER) else self.folder
        return {**super().get_config(), "folder": folder, "signature": self.signature}
