"""What brings about the errors of Keras 3 in the catalogue: programs that were written for Keras 2.

What a Keras provides is imported inside functions, because the tests of the catalogue look at the table without one.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.support.error_pages import Reproducers


def three() -> Any:
    """Keras 3."""
    import keras

    return keras


def tensor() -> Any:
    return three().Input((3,))


def new(*layers: Any) -> Any:
    return three().Sequential([tensor(), *layers])


def dense() -> Any:
    return three().layers.Dense(2)


def imported(module: str, name: str = "") -> Callable[[], object]:
    """What imports a module, or a name from it."""
    if not name:
        return lambda: importlib.import_module(module)
    return lambda: exec(f"from {module} import {name}", {})


def backend(name: str) -> Callable[[], object]:
    return lambda: getattr(three().backend, name)


def method(name: str) -> Callable[[], object]:
    return lambda: getattr(new(dense()), name)


def adam_of_keras_2() -> Any:
    import tf_keras

    return new(dense()).compile(tf_keras.optimizers.Adam(), "mse")


def optimizer_of_before() -> Any:
    return three().optimizers.legacy.Adam()


def layer_of_keras_2() -> Any:
    import tf_keras

    return new(tf_keras.layers.Dense(2))


def mean_of_tensorflow() -> Any:
    import tensorflow as tf

    return tf.reduce_mean(tensor())


def weight_by_place() -> Any:
    class Scaled(three().layers.Layer):  # type: ignore[misc]
        def build(self, _: Any) -> None:
            self.scale = self.add_weight("w", shape=(2,))

    return Scaled().build((None, 3))


def without_config() -> Any:
    class Scaled(three().layers.Layer):  # type: ignore[misc]
        def __init__(self, factor: object) -> None:
            super().__init__()
            self.factor = factor

        def call(self, inputs: Any) -> Any:
            return inputs

    return new(Scaled(object())).save("model.keras")


def inverted(matrix: Any) -> Any:
    return np.linalg.inv(matrix)


def decided() -> Any:
    return 1 if tensor() > 0 else 2


def fitted() -> Any:
    model = new(dense())
    model.compile("adam", "mse")
    return model.fit(np.ones((1, 3)), np.ones((1, 2)), workers=4)


REPRODUCERS: Reproducers = {
    "argument-lr": [lambda: three().optimizers.Adam(lr=0.1)],
    "adam-has-no-lr": [lambda: three().optimizers.Adam().lr],
    "optimizer-identifier": [adam_of_keras_2],
    "optimizers-legacy": [optimizer_of_before],
    "kerastensor-in-tensorflow": [mean_of_tensorflow],
    "positional-arguments": [lambda: dense()(tensor(), 3)],
    "never-called": [
        lambda: three().Sequential([dense()], name="sequential").output,
        lambda: three().Sequential([dense()], name="sequential").input,
    ],
    "backend-has-no-attribute": [backend("int_shape"), backend("get_session"), backend("mean")],
    "no-module-named": [
        imported("keras.utils.np_utils"),
        imported("keras.engine"),
        imported("keras.preprocessing.text"),
        imported("keras.wrappers.scikit_learn"),
        imported("keras.layers.core"),
        imported("keras.layers.merge"),
        imported("keras.layers.experimental"),
        imported("keras.src.engine"),
    ],
    "cannot-import-name": [
        imported("keras.preprocessing.image", "ImageDataGenerator"),
        imported("keras.layers", "CuDNNLSTM"),
        imported("keras.models", "model_from_yaml"),
        imported("keras.utils", "multi_gpu_model"),
    ],
    "predict-classes": [method("predict_classes"), method("fit_generator"), method("_make_predict_function")],
    "add-weight-name": [weight_by_place],
    "get-config": [without_config],
    "lambda-output-shape": [lambda: three().layers.Lambda(inverted)(tensor())],
    "only-instances-of-layer": [layer_of_keras_2],
    "fit-workers": [fitted],
    "kerastensor-boolean": [decided],
    "kerastensor-numpy": [lambda: np.mean(tensor())],
    "no-input-shape": [lambda: dense().input_shape, lambda: dense().output_shape],
}
