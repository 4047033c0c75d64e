"""Keras 1, and Keras 2 on Theano: models of today written as they would have been, and what they compute then."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from exporter.keras2 import channels_first
from exporter.load import LoadRequest, load
from interchange.errors import Failure
from translation.keras2_to_runnable import Normalised

Weights = Mapping[str, Sequence[tuple[str, np.ndarray]]]
RANDOM = np.random.default_rng(2015)


@pytest.fixture(autouse=True)
def _runnable(keras: Any) -> None:
    channels_first.make_runnable()


def drawn(*shape: int) -> np.ndarray:
    return RANDOM.uniform(-1, 1, shape).astype("float32")


def written(path: Path, architecture: Mapping[str, Any], weights: Weights) -> Path:
    """A file as Keras 1 saved a model."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(architecture)
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for layer, arrays in weights.items():
            inner = group.create_group(layer)
            inner.attrs["weight_names"] = [name.encode() for name, _ in arrays]
            for name, array in arrays:
                inner[name] = array
    return path


def convolution(ordering: str, border: str, stride: int) -> dict[str, Any]:
    shape = [None, 2, 7, 6] if ordering == "th" else [None, 7, 6, 2]
    config = {
        "name": "c", "nb_filter": 3, "nb_row": 2, "nb_col": 3, "init": "one", "activation": "linear", "bias": True,
        "border_mode": border, "subsample": [stride, stride], "dim_ordering": ordering, "batch_input_shape": shape,
        "input_dtype": "float32",
    }  # fmt: skip
    return {"class_name": "Sequential", "config": [{"class_name": "Convolution2D", "config": config}]}


def convolved(x: np.ndarray, kernel: np.ndarray, stride: int, *, pads: bool) -> np.ndarray:
    """Theano's convolution of (samples, channels, rows, columns) with (filters, channels, 2, 3), by its definition."""
    x = np.pad(x, ((0, 0), (0, 0), (1, 0), (1, 1))) if pads else x
    rows, columns = (x.shape[2] - 2) // stride + 1, (x.shape[3] - 3) // stride + 1
    result = np.zeros((len(x), len(kernel), rows, columns))
    for row in range(rows):
        for column in range(columns):
            window = x[:, :, row * stride : row * stride + 2, column * stride : column * stride + 3]
            result[:, :, row, column] = np.einsum("ncij,fcij->nf", window, kernel[:, :, ::-1, ::-1])
    return result


@pytest.mark.parametrize("ordering", ["th", "tf"])
@pytest.mark.parametrize(("border", "stride"), [("valid", 1), ("valid", 2), ("same", 1), ("same", 2)])
def test_a_convolution_of_theano(tmp_path: Path, ordering: str, border: str, stride: int) -> None:
    kernel, bias, x = drawn(3, 2, 2, 3), drawn(3), drawn(2, 2, 7, 6)
    stored = kernel if ordering == "th" else kernel.transpose(2, 3, 1, 0)
    weights = {"c": [("c_W", stored), ("c_b", bias)]}
    told: list[Normalised] = []
    path = written(tmp_path / "model.h5", convolution(ordering, border, stride), weights)
    model = load(LoadRequest(path), told.append)
    truth = convolved(x, kernel, stride, pads=border == "same") + bias[:, None, None]
    answer = np.asarray(model(x if ordering == "th" else x.transpose(0, 2, 3, 1)))
    answer = answer if ordering == "th" else answer.transpose(0, 3, 1, 2)
    np.testing.assert_allclose(answer, truth, atol=1e-5)
    assert {row.truth for row in told} == {"normalised"}


def test_a_highway_and_a_maxout(tmp_path: Path) -> None:
    shared = {"init": "one", "bias": True}
    highway = {"name": "h", "activation": "tanh", "input_dim": 3, "batch_input_shape": [None, 3], **shared}
    maxout = {"name": "m", "output_dim": 2, "nb_feature": 4, "input_dim": None, **shared}
    kernel, carry, bias, carry_bias = drawn(3, 3), drawn(3, 3), drawn(3), drawn(3)
    wide, wide_bias, x = drawn(4, 3, 2), drawn(4, 2), drawn(5, 3)
    architecture = {
        "class_name": "Sequential",
        "config": [{"class_name": "Highway", "config": highway}, {"class_name": "MaxoutDense", "config": maxout}],
    }
    weights = {
        "h": [("W:0", kernel), ("W_carry:0", carry), ("b:0", bias), ("b_carry:0", carry_bias)],
        "m": [("W:0", wide), ("b:0", wide_bias)],
    }
    model = load(LoadRequest(written(tmp_path / "model.h5", architecture, weights)))
    gate = 1 / (1 + np.exp(-(x @ carry + carry_bias)))
    between = gate * np.tanh(x @ kernel + bias) + (1 - gate) * x
    truth = (np.einsum("ni,fiu->nfu", between, wide) + wide_bias).max(1)
    np.testing.assert_allclose(np.asarray(model(x)), truth, atol=1e-5)


def test_frozen_layers_within_a_model_get_their_own_weights(tmp_path: Path) -> None:
    """Keras 1 stores what is trained first, over all inner layers."""

    def dense(name: str, units: int, **more: Any) -> dict[str, Any]:
        config = {"name": name, "output_dim": units, "init": "one", "activation": "linear", "bias": True, **more}
        return {"class_name": "Dense", "config": config}

    inner = [dense("a", 2, trainable=False, batch_input_shape=[None, 2]), dense("b", 2)]
    architecture = {"class_name": "Sequential", "config": [{"class_name": "Sequential", "config": inner}]}
    first, second, x = (drawn(2, 2), drawn(2)), (drawn(2, 2), drawn(2)), drawn(3, 2)
    stored = [("b_W:0", second[0]), ("b_b:0", second[1]), ("a_W:0", first[0]), ("a_b:0", first[1])]
    model = load(LoadRequest(written(tmp_path / "model.h5", architecture, {"sequential_1": stored})))
    truth = (x @ first[0] + first[1]) @ second[0] + second[1]
    np.testing.assert_allclose(np.asarray(model(x)), truth, atol=1e-5)


@pytest.mark.parametrize("backend", ["theano", "tensorflow"])
def test_kernels_of_keras_2_on_theano(keras: Any, tmp_path: Path, backend: str) -> None:
    layers = keras.layers
    i = keras.Input((4, 7, 6, 2))
    recurrent = layers.ConvLSTM2D(2, 3, return_sequences=True)(layers.TimeDistributed(layers.Conv2D(2, 2))(i))
    model = keras.Model(i, layers.Conv3D(2, 2)(recurrent))
    model.set_weights([drawn(*weight.shape) for weight in model.get_weights()])
    x = drawn(2, 4, 7, 6, 2)
    truth = np.asarray(model(x))
    if backend == "theano":  # it convolves, so the same numbers are stored turned
        convolving = [weight for weight in model.weights if weight.shape.rank > 3]
        for weight in convolving:
            weight.assign(weight.numpy()[(slice(None, None, -1),) * (weight.shape.rank - 2)])
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "a") as file:
        file.attrs["backend"] = file["model_weights"].attrs["backend"] = backend
    np.testing.assert_allclose(np.asarray(load(LoadRequest(tmp_path / "model.h5"))(x)), truth, atol=1e-5)


@pytest.mark.parametrize(
    "name",
    [
        "Conv2D",
        "SeparableConv2D",
        "MaxPooling2D",
        "AveragePooling2D",
        "Conv3D",
        "Conv1DTranspose",
        "Conv3DTranspose",
        "DepthwiseConv1D",
    ],
)
def test_channels_first_run_on_a_cpu(keras: Any, name: str) -> None:
    made, space = getattr(keras.layers, name), (7, 6, 5)[: next(rank for rank in (1, 2, 3) if f"{rank}D" in name)]
    options = {"strides": 2, "padding": "same", **({"kernel_size": 2} if "Conv" in name else {})}
    options |= {"filters": 3} if "Conv" in name and "Depthwise" not in name else {}
    first, last = (made(data_format=f"channels_{where}", **options) for where in ("first", "last"))
    x = drawn(2, *space, 4)
    truth = np.asarray(last(x))
    turned = np.moveaxis(x, -1, 1)
    first.build(turned.shape)
    first.set_weights(last.get_weights())
    np.testing.assert_array_equal(np.moveaxis(np.asarray(first(turned)), 1, -1), truth)
    assert first.get_config()["data_format"] == "channels_first"


def test_with_channels_first_a_softmax_is_along_the_last_axis_all_the_same(keras: Any) -> None:
    layer = keras.layers.Conv2D(3, 2, data_format="channels_first", activation="softmax")
    shares = np.asarray(layer(drawn(2, 4, 7, 6)))
    np.testing.assert_allclose(shares.sum(axis=-1), 1, rtol=1e-5)


def merging(mode: str, **config: Any) -> dict[str, Any]:
    """`Merge` as Keras 2.0 wrote it."""
    said = {"mode_type": "raw", "concat_axis": -1, "dot_axes": -1, "output_shape": None, "output_shape_type": "raw"}
    more = {"output_mask": None, "output_mask_type": "raw", "arguments": {}}
    return {"class_name": "Merge", "config": {"name": "merged", "mode": mode, **said, **more, **config}}


def dense_of_keras_2(name: str, width: int | None = None) -> dict[str, Any]:
    shape = {} if width is None else {"batch_input_shape": [None, width], "dtype": "float32"}
    config = {"name": name, "units": 3, "activation": "tanh", "use_bias": False, "trainable": True, **shape}
    return {"class_name": "Dense", "config": config}


def parallel(mode: str) -> dict[str, Any]:
    """Two layers on two inputs, in a Sequential that begins with their `Merge`, or in a graph."""
    widths = {"a": 4, "b": 5}
    if mode == "concat":
        branches = [{"class_name": "Sequential", "config": [dense_of_keras_2(*each)]} for each in widths.items()]
        return {"class_name": "Sequential", "config": [merging(mode, layers=branches), dense_of_keras_2("out")]}
    starts = [("x", 4), ("y", 5)]
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "name": name, "config": {"name": name, "batch_input_shape": [None, width]}}
        for name, width in starts
    ]
    layers += [{**dense_of_keras_2(name), "name": name} for name in widths]
    layers.append({**merging(mode), "name": "merged"})
    calls = [[], [], [[["x", 0, 0, {}]]], [[["y", 0, 0, {}]]], [[["a", 0, 0, {}], ["b", 0, 0, {}]]]]
    layers = [{**layer, "inbound_nodes": nodes} for layer, nodes in zip(layers, calls)]
    ends = {"input_layers": [["x", 0, 0], ["y", 0, 0]], "output_layers": [["merged", 0, 0]]}
    return {"class_name": "Model", "config": {"name": "model", "layers": layers, **ends}}


@pytest.mark.parametrize("mode", ["sum", "mul", "max", "concat"])
def test_a_merge_of_keras_2_0(tmp_path: Path, mode: str) -> None:
    a, b, out, x, y = drawn(4, 3), drawn(5, 3), drawn(6, 3), drawn(2, 4), drawn(2, 5)
    weights = {"a": [("a/kernel:0", a)], "b": [("b/kernel:0", b)]}
    weights |= {"out": [("out/kernel:0", out)]} if mode == "concat" else {}
    path = written(tmp_path / "a.h5", parallel(mode), weights)
    with h5py.File(path, "a") as file:
        file["model_weights"].attrs["keras_version"], file["model_weights"].attrs["backend"] = "2.0.8", "tensorflow"
    told: list[Normalised] = []
    model = load(LoadRequest(path), told.append)
    left, right = np.tanh(x @ a), np.tanh(y @ b)
    functions = {"sum": np.add, "mul": np.multiply, "max": np.maximum}
    expected = functions[mode](left, right) if mode in functions else np.tanh(np.hstack([left, right]) @ out)
    np.testing.assert_allclose(model([x, y]), expected, rtol=1e-5, atol=1e-6)
    assert [row.text.partition(" as ")[0] for row in told] == ["Keras 2.0 wrote it"]


def test_a_function_that_merges_is_refused_in_keras_2_0_too(tmp_path: Path) -> None:
    architecture = parallel("sum")
    architecture["config"]["layers"][-1]["config"].update(mode="f", mode_type="function")
    with pytest.raises(Failure, match="it merges with a custom function"):
        load(LoadRequest(written(tmp_path / "a.h5", architecture, {})))
