"""Models of Keras 2 that come to Keras 3 in another form, and what goes back of them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from importer.rollback.describe import describe
from importer.whole_model import migrate
from interchange.bundle import Bundle
from interchange.messages.requests import DescribeRequest, ImportRequest, ProbeOptions
from interchange.messages.results import DescribeResult
from tests.keras3.conftest import exported, keras_2_everywhere


def plain(keras: Any) -> Any:
    """Dense layers, with a normalization and a Dropout between them."""
    layers = keras.layers
    x = keras.Input((6,), name="x")
    y = layers.Dense(4, "relu", name="in", kernel_regularizer="l2")(x)
    y = layers.Dropout(0.25, name="drop")(layers.BatchNormalization(name="norm")(y))
    return keras.Model(x, layers.Dense(2, "softmax", name="out")(y), name="net")


def recurrent(keras: Any) -> Any:
    """Recurrent layers whose activation Keras 3 has in another form, in both directions, in a nested model."""
    layers = keras.layers
    inner_x = keras.Input((5, 3), name="inner_x")
    lstm = layers.LSTM(4, recurrent_activation="hard_sigmoid", dropout=0.1, return_sequences=True, name="lstm")
    inner = keras.Model(inner_x, layers.Bidirectional(lstm, name="both")(inner_x), name="inner")
    x = keras.Input((5, 3), name="x")
    return keras.Model(x, layers.GRU(3, name="gru")(inner(x)), name="outer")


def recast(keras: Any) -> Any:
    """Layers whose kernels Keras 3 has in another shape or order, and a sequential model."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6, 6, 2), name="x"),
            layers.LocallyConnected2D(3, 2, name="local"),
            layers.Conv2DTranspose(2, 3, dilation_rate=2, padding="same", name="transposed"),
            layers.Flatten(name="flat"),
            layers.Dense(2, name="out"),
        ],
        name="sequence",
    )


def words(keras: Any) -> Any:
    """Lookups, an embedding and attention."""
    layers = keras.layers
    x = keras.Input((4,), name="x", dtype="int64")
    ids = layers.IntegerLookup(vocabulary=[3, 5, 8], name="lookup")(x)
    y = layers.Embedding(6, 4, name="embedding", mask_zero=True)(ids)
    y = layers.MultiHeadAttention(2, 3, name="attention")(y, y)
    return keras.Model(x, layers.Dense(1, "hard_sigmoid", name="out")(y), name="words")


MODELS = {function.__name__: function for function in (plain, recurrent, recast, words)}


def migrated(model: Any, folder: Path) -> Path:
    """The file that a migration writes of a model of Keras 2; its bundle is beside it."""
    exported(model, folder / "bundle")
    return of_bundle(folder / "bundle", folder / "migrated.keras")


def in_training(model: Any, folder: Path, *, goes_on: bool = True) -> Path:
    """The bundle of a compiled model of Keras 2, with what it does in the next steps if it `goes_on`."""
    from exporter import whole_model
    from exporter.load import LoadRequest
    from exporter.training import compiling, state

    def write(model: Any, *others: Any) -> bool:
        document = {"compile": compiling.described(model), "optimizer": "kept", "reason": None, "missing": []}
        others[-1].write_json("training.json", {**document, "metrics_names": list(model.metrics_names)})
        others[-1].write_tensors("optimizer.npz", state.rows(model))
        return True

    with (
        keras_2_everywhere(),
        mock.patch.object(whole_model, "load", return_value=model),
        mock.patch.object(whole_model.training, "write", write),
        contextlib.nullcontext() if goes_on else mock.patch.object(whole_model.proof, "write"),
    ):
        whole_model.export(LoadRequest(Path("model.h5")), folder, {}, ProbeOptions(), lambda line: None)
    return folder


def of_bundle(bundle: Path, path: Path) -> Path:
    """The file that a migration writes of a bundle."""
    migrate(ImportRequest(bundle, path), lambda line: None)
    return path


def described(path: Path, folder: Path, **facts: Any) -> tuple[DescribeResult, Bundle]:
    """What is told of a model, and its description."""
    result = describe(DescribeRequest(path, folder, **facts), lambda line: None)
    return result, Bundle.open(folder)


def tensors(bundle: Bundle, name: str) -> list[Any]:
    """All of the tensors of a file: facts, dtype, shape and bytes, in their order."""
    return [(row.facts, row.dtype, row.shape, np.asarray(bundle.read(row)).tobytes()) for row in bundle.rows(name)]
