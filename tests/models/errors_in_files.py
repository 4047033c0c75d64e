"""What brings about the errors of Keras 3 in the catalogue: it opens files of Keras 2 and loads weights.

Everything is written into the current folder. What a Keras provides is imported inside functions, because the tests of
the catalogue look at the table without one.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.error_pages import Reproducers

H5, KERAS = "model.h5", "model.keras"
WEIGHTS = "weights.h5"


def opened(file: str, *layers: Any, **compiled: Any) -> Any:
    """Let Keras 3 open a Sequential that Keras 2 has saved."""
    import tf_keras

    model = tf_keras.Sequential(list(layers))
    return _opened(file, model, **compiled)


def _opened(file: str, model: Any, **compiled: Any) -> Any:
    import keras

    if compiled:
        model.compile("adam", **compiled)
    model.save(file)
    return keras.saving.load_model(file)


def two() -> Any:
    """Layers of Keras 2."""
    import tf_keras

    return tf_keras.layers


def three() -> Any:
    """Layers of Keras 3."""
    import keras

    return keras.layers


def inputs(*shape: int | None, **kind: Any) -> Any:
    return two().Input(shape, **kind)


def gate() -> Any:
    class Gate(two().Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs * 2

    return Gate()


def my_activation(x: Any) -> Any:
    return x


def my_loss(truth: Any, predicted: Any) -> Any:
    return truth - predicted


def called(function: Callable[[Any], Any], *shape: int) -> Any:
    """Let Keras 3 open a functional model of Keras 2 with this function."""
    import tf_keras

    tensor = inputs(*shape)
    return _opened("model.h5", tf_keras.Model(tensor, function(tensor)))


def nested() -> Any:
    import tf_keras

    tensor = inputs(3)
    return tf_keras.Model(tensor, two().Dense(3)(tensor))


def siamese() -> Any:
    import tf_keras

    inner, pair = nested(), [inputs(3), inputs(3)]
    return _opened("model.h5", tf_keras.Model(pair, two().Add()([inner(each) for each in pair])))


def architecture() -> Any:
    import keras
    import tf_keras

    return keras.models.model_from_json(tf_keras.Sequential([inputs(3), two().Dense(2)]).to_json())


def written(file: str, content: bytes) -> Any:
    import keras

    Path(file).write_bytes(content)
    return keras.saving.load_model(file)


def cut_short() -> Any:
    import tf_keras

    tf_keras.Sequential([inputs(3), two().Dense(2)]).save("whole.h5")
    whole = Path("whole.h5").read_bytes()
    return written("model.h5", whole[: len(whole) // 2])


def of_tensorflow(file: str, save: str, load: str) -> Any:
    """What TensorFlow writes in a folder, whose name ends in nothing."""
    import keras
    import tf_keras

    shutil.rmtree(file, ignore_errors=True)
    model = tf_keras.Sequential([inputs(3), two().Dense(2)])
    getattr(model, save)(file)
    loader = keras.saving.load_model if load == "model" else new(three().Dense(2)).load_weights
    return loader(file)


def weights_as_a_model() -> Any:
    import keras

    saved("weights.h5")
    return keras.saving.load_model("weights.h5")


def new(*layers: Any, shape: tuple[int, ...] = (3,)) -> Any:
    import keras

    return keras.Sequential([keras.Input(shape), *layers])


def saved(file: str) -> str:
    """The weights of a model of Keras 2 with one Dense for three features."""
    import tf_keras

    tf_keras.Sequential([inputs(3), two().Dense(2, name="dense")]).save_weights(file)
    return file


def dense(**config: Any) -> Any:
    return three().Dense(2, name="dense", **config)


def loaded(model: Any, file: str) -> Any:
    return model.load_weights(saved(file))


def of_keras_3(model: Any, *layers: Any, shape: tuple[int, ...] = (3,)) -> Any:
    """Let `model` read the weights of another one of Keras 3."""
    new(*layers, shape=shape).save_weights("model.weights.h5")
    return model.load_weights("model.weights.h5")


def unbuilt() -> Any:
    import keras

    return keras.Sequential([dense()]).load_weights("model.weights.h5")


def names_of_keras_1() -> Any:
    import keras

    tensor = keras.Input((3,))
    return keras.Model(input=tensor, output=dense()(tensor))


def with_a_loss() -> Any:
    import keras

    model = new(dense())
    model.compile("adam", my_loss)
    model.save(KERAS)
    return keras.saving.load_model(KERAS)


def checkpoint(**kind: Any) -> Any:
    import keras

    return keras.callbacks.ModelCheckpoint("model.h5" if kind else "model", **kind)


REPRODUCERS: Reproducers = {
    "unrecognized-time-major": [
        lambda: opened(H5, inputs(3, 2), two().LSTM(2)),
        lambda: opened(KERAS, inputs(3, 2), two().GRU(2)),
    ],
    "unrecognized-groups": [
        lambda: opened(H5, inputs(4, 4, 2), two().DepthwiseConv2D(2)),
        lambda: opened(H5, inputs(4, 4, 2), two().Conv2DTranspose(2, 2)),
    ],
    "unrecognized-query-shape": [lambda: called(lambda x: two().MultiHeadAttention(1, 2)(x, x), 3, 2)],
    "unrecognized-batch-input-shape": [
        lambda: three().LSTM(4, stateful=True, batch_input_shape=(1, 3, 2)),
        lambda: opened(KERAS, two().TextVectorization(vocabulary=["a"], batch_input_shape=(None,))),
    ],
    "unrecognized-keyword-arguments": [
        lambda: three().Conv2D(8, 3, border_mode="same"),
        lambda: three().Dense(2, init="uniform"),
        names_of_keras_1,
    ],
    "unrecognized-function-type": [lambda: opened(KERAS, inputs(3), two().Lambda(lambda x: x * 2))],
    "could-not-locate-class": [lambda: opened(KERAS, inputs(3), gate())],
    "could-not-locate-functional": [lambda: _opened(KERAS, nested()), architecture],
    "could-not-locate-function": [
        with_a_loss,
        lambda: opened(H5, inputs(3), two().Dense(3, activation=my_activation)),
    ],
    "could-not-deserialize-mse": [lambda: opened(H5, inputs(3), two().Dense(2), loss="mse")],
    "string-indices": [lambda: opened(H5, inputs(3), two().Dense(2), loss=my_loss)],
    "unknown-layer-tfoplambda": [lambda: called(lambda x: x * 2, 3)],
    "unknown-layer-slicingoplambda": [lambda: called(lambda x: x[:, 1:], 3)],
    "unknown-layer": [lambda: opened(H5, inputs(3), gate())],
    "unknown-layer-removed": [
        lambda: opened(H5, inputs(4, 2), two().LocallyConnected1D(2, 2)),
        lambda: opened(H5, inputs(4, 2), two().ThresholdedReLU(2)),
        lambda: opened(H5, inputs(3), two().experimental.RandomFourierFeatures(2)),
    ],
    "file-format-not-supported": [
        lambda: of_tensorflow("saved_model", "save", "model"),
        lambda: of_tensorflow("checkpoints/best", "save_weights", "weights"),
    ],
    "file-not-found": [lambda: written(KERAS, b"no zip file")],
    "lambda-safe-mode": [lambda: opened(H5, inputs(3), two().Lambda(lambda x: x * 2))],
    "signature-not-found": [lambda: written(H5, b"<html>" * 200)],
    "truncated-file": [cut_short],
    "no-model-config": [weights_as_a_model],
    "functional-graph": [siamese],
    "cannot-convert-to-shape": [lambda: opened(H5, nested(), two().Dense(2))],
    "layer-count-mismatch": [lambda: loaded(new(dense(), three().Dense(2, name="other")), WEIGHTS)],
    "weight-shape-mismatch": [lambda: loaded(new(dense(), shape=(4,)), WEIGHTS)],
    "weight-count-mismatch": [lambda: loaded(new(dense(use_bias=False)), WEIGHTS)],
    "expected-variables": [lambda: of_keras_3(new(three().Dense(3, name="first"), dense()), three().Dense(3))],
    "objects-could-not-be-loaded": [lambda: of_keras_3(new(dense()), dense(), shape=(4,))],
    "model-not-built": [unbuilt],
    "weights-filename": [lambda: new(dense()).save_weights(H5), lambda: checkpoint(save_weights_only=True)],
    "keras-filename": [lambda: new(dense()).save("model"), checkpoint],
}
