"""What Keras 2.15 cannot run as it stands; what cuDNN computes is written out here from the weights of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from exporter.load import LoadRequest, load
from interchange.errors import Exit, Failure
from translation.keras2_to_runnable import Normalised

UNITS, FEATURES = 4, 3


def cudnn(keras: Any, gate: str, **settings: Any) -> Any:
    made = keras.src.layers.CuDNNLSTM if gate == "lstm" else keras.src.layers.CuDNNGRU
    return made(UNITS, name=gate, **settings)


def saved(model: Any, path: Path) -> list[np.ndarray]:
    """Save it with random weights; returns what the file holds for each variable, in the order of the file."""
    random = np.random.default_rng(2015)
    model.set_weights([random.uniform(-1, 1, weight.shape).astype("float32") for weight in model.get_weights()])
    model.save(path)
    with h5py.File(path) as file:
        group = file["model_weights"]
        layers = [group[name] for name in group.attrs["layer_names"]]
        return [layer[name][()] for layer in layers for name in layer.attrs["weight_names"]]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def gates(raw: list[np.ndarray]) -> list[tuple[Any, Any]]:
    """For each gate, as Keras orders them, the two linear maps of cuDNN, whose matrices are (units, inputs)."""
    kernel, recurrent, bias = (array.astype("float64") for array in raw)
    count = kernel.shape[1] // UNITS
    halves = np.split(bias, 2)

    def linear(matrix: np.ndarray, bias: np.ndarray, gate: int) -> Any:
        part = slice(gate * UNITS, (gate + 1) * UNITS)
        rows = matrix[:, part].reshape(UNITS, -1)
        return lambda x: x @ rows.T + bias[part]

    return [(linear(kernel, halves[0], gate), linear(recurrent, halves[1], gate)) for gate in range(count)]


def lstm(x: np.ndarray, raw: list[np.ndarray], h: Any = 0.0, c: Any = 0.0) -> tuple[np.ndarray, ...]:
    """cuDNN's LSTM: all outputs in the order they were computed, and the last two states."""
    maps = gates(raw)
    h, c = (np.zeros((len(x), UNITS)) + state for state in (h, c))
    outputs = []
    for step in x.swapaxes(0, 1):
        i, f, new, o = (w(step) + r(h) for w, r in maps)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(new)
        h = sigmoid(o) * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs, 1), h, c


def gru(x: np.ndarray, raw: list[np.ndarray], h: Any = 0.0) -> tuple[np.ndarray, ...]:
    """cuDNN's GRU, which resets after the product with the recurrent weights."""
    (wz, rz), (wr, rr), (wh, rh) = gates(raw)
    h = np.zeros((len(x), UNITS)) + h
    outputs = []
    for step in x.swapaxes(0, 1):
        z, r = sigmoid(wz(step) + rz(h)), sigmoid(wr(step) + rr(h))
        h = (1 - z) * np.tanh(wh(step) + r * rh(h)) + z * h
        outputs.append(h)
    return np.stack(outputs, 1), h


EQUATIONS = {"lstm": lstm, "gru": gru}
BOTH = pytest.mark.parametrize("gate", EQUATIONS)


def sequences(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 2, shape).astype("float32")


def close(result: Any, truth: Any) -> None:
    np.testing.assert_allclose(np.asarray(result), truth, rtol=0, atol=2e-6)


@BOTH
def test_a_layer_computes_what_cudnn_computes(keras: Any, tmp_path: Path, gate: str) -> None:
    x = keras.Input((5, FEATURES))
    outputs = cudnn(keras, gate, return_sequences=True, return_state=True)(x)
    raw = saved(keras.Model(x, outputs), tmp_path / "model.h5")
    values = sequences(2, 5, FEATURES)
    for result, truth in zip(load(LoadRequest(tmp_path / "model.h5"))(values), EQUATIONS[gate](values, raw)):
        close(result, truth)


@BOTH
def test_it_goes_backwards(keras: Any, tmp_path: Path, gate: str) -> None:
    x = keras.Input((5, FEATURES))
    raw = saved(keras.Model(x, cudnn(keras, gate, go_backwards=True, return_sequences=True)(x)), tmp_path / "model.h5")
    values = sequences(2, 5, FEATURES)
    close(load(LoadRequest(tmp_path / "model.h5"))(values), EQUATIONS[gate](values[:, ::-1], raw)[0])


@BOTH
def test_it_keeps_its_state(keras: Any, tmp_path: Path, gate: str) -> None:
    x = keras.Input(batch_shape=(2, 5, FEATURES))
    raw = saved(keras.Model(x, cudnn(keras, gate, stateful=True)(x)), tmp_path / "model.h5")
    loaded, values = load(LoadRequest(tmp_path / "model.h5")), sequences(2, 5, FEATURES)
    loaded(values)
    close(loaded(values), EQUATIONS[gate](np.concatenate([values, values], 1), raw)[1])


@BOTH
def test_it_takes_a_state(keras: Any, tmp_path: Path, gate: str) -> None:
    x = keras.Input((5, FEATURES))
    states = [keras.Input((UNITS,), name=name) for name in ("h", "c")[: 2 if gate == "lstm" else 1]]
    raw = saved(keras.Model([x, *states], cudnn(keras, gate)(x, initial_state=states)), tmp_path / "model.h5")
    values, given = sequences(2, 5, FEATURES), [sequences(2, UNITS) * 0.3 for _ in states]
    close(load(LoadRequest(tmp_path / "model.h5"))([values, *given]), EQUATIONS[gate](values, raw, *given)[1])


@BOTH
def test_both_halves_of_a_bidirectional(keras: Any, tmp_path: Path, gate: str) -> None:
    x = keras.Input((5, FEATURES))
    both = keras.layers.Bidirectional(cudnn(keras, gate, return_sequences=True), name="both")
    raw = saved(keras.Model(x, both(x)), tmp_path / "model.h5")
    values, compute = sequences(2, 5, FEATURES), EQUATIONS[gate]
    there, back = compute(values, raw[:3])[0], compute(values[:, ::-1], raw[3:])[0][:, ::-1]
    told: list[Normalised] = []
    close(load(LoadRequest(tmp_path / "model.h5"), told.append)(values), np.concatenate([there, back], -1))
    assert [(item.layer, item.rule) for item in told] == [("both.layer", f"CuDNN{gate.upper()}")]


@BOTH
@pytest.mark.parametrize("frozen", [False, True])
def test_inside_a_model_inside_a_wrapper(keras: Any, tmp_path: Path, gate: str, frozen: bool) -> None:
    layers = keras.layers
    i = keras.Input((5, FEATURES))
    recurrent = cudnn(keras, gate, trainable=not frozen)
    inner = keras.Model(i, layers.Dense(2, name="top")(recurrent(i)), name="inner")
    x = keras.Input((6, 5, FEATURES))
    wrapped = keras.Model(x, layers.TimeDistributed(inner, name="each")(x))
    wrapped.set_weights([np.random.default_rng(7).uniform(-1, 1, w.shape) for w in wrapped.get_weights()])
    raw, (kernel, bias) = recurrent.get_weights(), inner.get_layer("top").get_weights()
    wrapped.save(tmp_path / "model.h5")
    values = sequences(2, 6, 5, FEATURES)
    truth = EQUATIONS[gate](values.reshape(12, 5, FEATURES), raw)[1] @ kernel + bias
    told: list[Normalised] = []
    close(load(LoadRequest(tmp_path / "model.h5"), told.append)(values), truth.reshape(2, 6, 2))
    assert [item.layer for item in told] == [f"each/layer/{gate}"]


def test_a_layer_that_turns_the_samples_around_is_refused(keras: Any, tmp_path: Path) -> None:
    x = keras.Input(batch_shape=(5, 2, FEATURES))
    saved(keras.Model(x, cudnn(keras, "lstm", time_major=True)(x)), tmp_path / "model.h5")
    with pytest.raises(Failure, match="lstm") as caught:
        load(LoadRequest(tmp_path / "model.h5"))
    assert caught.value.code is Exit.REFUSED
    assert caught.value.problems[0].key == "time_major"


@pytest.mark.parametrize(("axis", "counted"), [(-1, [3]), (1, [1]), ([1, 3], [1, 3])])
def test_the_axis_that_virtual_batches_add_is_not_counted(keras: Any, tmp_path: Path, axis: Any, counted: Any) -> None:
    x = keras.Input((4, 5, 3))
    model = keras.Model(x, keras.layers.BatchNormalization(axis, virtual_batch_size=2, name="norm")(x))
    saved(model, tmp_path / "model.h5")
    values, told = sequences(2, 4, 5, 3), list[Normalised]()
    close(load(LoadRequest(tmp_path / "model.h5"), told.append)(values), model(values))
    assert [(item.layer, item.rule) for item in told] == [("norm", "BatchNormalization")]
    assert f"is read as {counted}" in told[0].text


def test_a_batch_normalization_without_virtual_batches_stays(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((4, 5, 3))
    saved(keras.Model(x, keras.layers.BatchNormalization(axis=[2, 3])(x)), tmp_path / "model.h5")
    told = list[Normalised]()
    load(LoadRequest(tmp_path / "model.h5"), told.append)
    assert told == []
