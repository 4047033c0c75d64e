"""Models of Keras 3 that `rollback` refuses, and each as it is after doing what the refusal says; run with Keras 3."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Way:
    """A refusal's `text`, a model that gets it and one that follows it, built of `keras`.

    With `copied` weights the second computes what the first does.
    """

    text: str
    refused: Callable[[Any], Any]
    followed: Callable[[Any], Any]
    copied: bool = False


def chain(shape: tuple[int, ...], *steps: Callable[[Any, Any], Any], dtype: str = "float32") -> Callable[[Any], Any]:
    """A functional model of steps, each a function of `keras` and a tensor."""

    def build(keras: Any) -> Any:
        x = keras.Input(shape, dtype=dtype)
        y = x
        for step in steps:
            y = step(keras, y)
        return keras.Model(x, y)

    return build


def layer(name: str, /, *args: Any, **options: Any) -> Callable[[Any, Any], Any]:
    return lambda keras, y: getattr(keras.layers, name)(*args, **options)(y)


def with_lora(keras: Any) -> Any:
    model = chain((6,), layer("Dense", 4, name="d"))(keras)
    model.get_layer("d").enable_lora(2)
    model.get_layer("d").lora_kernel_b.assign(np.ones((2, 4)))
    return model


def adapted(name: str, words: list[Any], dtype: str, *, written: bool) -> Callable[[Any], Any]:
    def build(keras: Any) -> Any:
        looks_up = getattr(keras.layers, name)()
        looks_up.adapt(words)
        if written:
            looks_up = getattr(keras.layers, name)(vocabulary=looks_up.get_vocabulary())
        x = keras.Input((1,), dtype=dtype)
        return keras.Model(x, looks_up(x))

    return build


def attending(name: str, /, *args: int, **options: Any) -> Callable[[Any, Any], Any]:
    return lambda keras, y: getattr(keras.layers, name)(*args, **options)(y, y)


def transposed_convolution(keras: Any, y: Any) -> Any:
    return keras.ops.conv_transpose(y, np.ones((3, 3, 4, 2), "float32"), 2)


def pipeline(keras: Any, y: Any) -> Any:
    return keras.layers.Pipeline([keras.layers.Rescaling(0.5), keras.layers.RandomFlip()])(y)


def filled(keras: Any, y: Any) -> Any:
    return keras.layers.Dense(3, activation=keras.layers.ReLU(max_value=0.5))(y)


WAYS = {
    "sparsemax": Way(
        "use softmax, train the model again, and save it",
        chain((6,), layer("Dense", 4, "sparsemax")),
        chain((6,), layer("Dense", 4, "softmax")),
    ),
    "gate": Way(
        "build the model without it in Keras 3, train that, and save it",
        chain((5, 6), attending("MultiHeadAttention", 2, 3, use_gate=True)),
        chain((5, 6), attending("MultiHeadAttention", 2, 3)),
    ),
    "groups": Way(
        "write attention with MultiHeadAttention, whose groups share no weights, train that, and save it",
        chain((5, 6), attending("GroupQueryAttention", 4, 4, 2)),
        chain((5, 6), attending("MultiHeadAttention", 4, 4)),
    ),
    "lora": Way(
        "load the weights into a model without it in Keras 3, and save that",
        with_lora,
        chain((6,), layer("Dense", 4, name="d")),
        copied=True,
    ),
    "function": Way(
        "Build the model again in Keras 3 with Keras's own layers in its place, load the weights into it, and save it "
        "with model.save('model.keras').",
        chain((6,), lambda keras, y: keras.layers.Lambda(lambda x: x * 2 + 1)(y)),
        chain((6,), lambda keras, y: y * 2 + 1),
        copied=True,
    ),
    "channels": Way(
        "put a Permute before and after it, which works with channels last, and save the model again",
        chain((3, 6, 8), layer("CenterCrop", 4, 5, data_format="channels_first")),
        chain((3, 6, 8), layer("Permute", (2, 3, 1)), layer("CenterCrop", 4, 5), layer("Permute", (3, 1, 2))),
        copied=True,
    ),
    "random_crop": Way(
        "take the layer out of the model, crop images before it, and save it again",
        chain((8, 8, 3), layer("RandomCrop", 4, 4), layer("Flatten")),
        chain((4, 4, 3), layer("Flatten")),
    ),
    "padded": Way(
        "resize without padding, or with crop_to_aspect_ratio, and save the model again",
        chain((6, 8, 3), layer("Resizing", 4, 4, pad_to_aspect_ratio=True)),
        chain((6, 8, 3), layer("Resizing", 4, 4, crop_to_aspect_ratio=True)),
    ),
    "antialias": Way(
        "resize without antialias",
        chain((6, 8, 3), layer("Resizing", 4, 4, antialias=True)),
        chain((6, 8, 3), layer("Resizing", 4, 4)),
    ),
    "augmented": Way(
        "take it out of the model, apply it to the data of the training, and save the model again",
        chain((6, 8, 3), layer("RandomGrayscale"), layer("Conv2D", 2, 3, name="c")),
        chain((6, 8, 3), layer("Conv2D", 2, 3, name="c")),
        copied=True,
    ),
    "adaptive": Way(
        "use a pooling of fixed size, or GlobalAveragePooling or GlobalMaxPooling, and save the model again",
        chain((6, 8, 3), layer("AdaptiveAveragePooling2D", (3, 4))),
        chain((6, 8, 3), layer("AveragePooling2D", 2)),
        copied=True,
    ),
    "sound": Way(
        "compute spectrograms before the model, let it take them, and save it again",
        chain((400,), layer("MelSpectrogram", fft_length=64, sequence_stride=32, num_mel_bins=8), layer("Flatten")),
        chain((8, 13), layer("Flatten")),
    ),
    "pipeline": Way(
        "call its layers one after the other, and save the model again",
        chain((6, 6, 3), pipeline),
        chain((6, 6, 3), layer("Rescaling", 0.5), layer("RandomFlip")),
        copied=True,
    ),
    "reversible": Way(
        "use an Embedding and a Dense layer in Keras 3, copy the weights, and save that model",
        chain((5,), layer("ReversibleEmbedding", 7, 4), dtype="int32"),
        chain((5,), layer("Embedding", 7, 4), dtype="int32"),
    ),
    "words": Way(
        "create the layer with vocabulary=layer.get_vocabulary(), in a model with the same weights, and save that",
        adapted("StringLookup", ["a", "b", "b"], "string", written=False),
        adapted("StringLookup", ["a", "b", "b"], "string", written=True),
    ),
    "sizes": Way(
        "give ngrams as one number, which stands for all sizes up to it, and save the model again",
        chain((), layer("TextVectorization", ngrams=(2,), vocabulary=["a", "a b"]), dtype="string"),
        chain((), layer("TextVectorization", ngrams=2, vocabulary=["a", "a b"]), dtype="string"),
    ),
    "root_mean_square": Way(
        "use LayerNormalization with its defaults, train the model again, and save it",
        chain((6,), layer("RMSNormalization")),
        chain((6,), layer("LayerNormalization")),
    ),
    "channels_of_steps": Way(
        "build the model with channels last, put Permute around the layer, copy the weights, and save that",
        chain((3, 2, 6, 6), layer("ConvLSTM2D", 2, 3, data_format="channels_first", return_sequences=True)),
        chain(
            (3, 2, 6, 6),
            layer("Permute", (1, 3, 4, 2)),
            layer("ConvLSTM2D", 2, 3, return_sequences=True),
            layer("Permute", (1, 4, 2, 3)),
        ),
    ),
    "steps": Way(
        "Write the steps out with other operations in Keras 3, and save the model again.",
        chain((3,), lambda keras, y: keras.ops.vectorized_map(keras.activations.relu, y)),
        chain((3,), lambda keras, y: keras.ops.relu(y)),
        copied=True,
    ),
    "waves": Way(
        "Save the model in Keras 3 without this part, and compute it before or after the model.",
        chain((8,), layer("Dense", 8, name="d"), lambda keras, y: keras.ops.rfft(y)[0]),
        chain((8,), layer("Dense", 8, name="d")),
    ),
    "transposed": Way(
        "Use Conv2DTranspose.",
        chain((5, 5, 2), transposed_convolution),
        chain((5, 5, 2), layer("Conv2DTranspose", 4, 3, 2)),
    ),
    "object": Way(
        "put the activation behind the layer, as a layer or an operation of its own, and save the model again",
        chain((6,), filled),
        chain((6,), layer("Dense", 3), layer("ReLU", max_value=0.5)),
        copied=True,
    ),
    "in_a_loop": Way(
        "write the layer with an activation that both have, train the model again, and save it",
        chain((5, 6), layer("LSTM", 3, activation="hard_tanh")),
        chain((5, 6), layer("LSTM", 3, activation="tanh")),
    ),
    "wrapped": Way(
        "put the layer outside of the wrapper, or use another one, and save the model again",
        chain((5, 6), lambda keras, y: keras.layers.TimeDistributed(keras.layers.UnitNormalization())(y)),
        chain((5, 6), layer("UnitNormalization")),
        copied=True,
    ),
}  # fmt: skip


def main(folder: Path, *names: str) -> None:
    """Write both models of each way in `names`, and print how far apart the outputs are where weights were copied."""
    import keras

    for kind in ("refused", "followed"):
        (folder / kind).mkdir()
    apart = {}
    for name, way in ((name, WAYS[name]) for name in names):
        keras.utils.set_random_seed(3)
        old, new = way.refused(keras), way.followed(keras)
        if way.copied:
            new.set_weights(_merged(old))
            x = np.random.default_rng(4).normal(size=(2, *old.input_shape[1:])).astype("float32")
            apart[name] = float(np.abs(np.asarray(old(x, training=False)) - np.asarray(new(x, training=False))).max())
        old.save(folder / "refused" / f"{name}.keras")
        new.save(folder / "followed" / f"{name}.keras")
    print(json.dumps(apart))


def _merged(model: Any) -> list[Any]:
    """The weights as another model has them: seeds are left out, and an update of low rank is added."""
    found = []
    for each in model.layers:
        if getattr(each, "lora_enabled", False):
            found += [np.asarray(each.kernel), np.asarray(each.bias)]
        else:
            found += [np.asarray(weight) for weight in each.weights if "seed" not in weight.path]
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
