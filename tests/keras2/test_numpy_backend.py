"""NumPy computes from the bodies of Lambda layers what TensorFlow computes, with its own idea of each function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from bytecode import Refused
from exporter.load import LoadRequest, lambdas, load
from exporter.probes import probing
from exporter.run import fixed_noise
from exporter.run.fixed_noise import CURRENT, Draws
from interchange.messages.requests import ProbeOptions
from tests.models import lambdas as models
from tests.models import random_at_inference as drawing
from tests.oracles.numpy_backend import NumpyBackend, numbers, tensor
from translation.lambdas.bodies import interpret

# Bodies with functions that the NumPy backend lacks.
UNKNOWN = {"words_of_tensorflow_1", "ragged"}
# As far apart as two ways of adding the same numbers may be, relative to the largest; halves have three digits.
APART = {"float16": 1e-2, "bfloat16": 2e-2}


def on_words(keras: Any) -> Any:
    x = keras.Input((2,), dtype="string")
    return keras.Model(x, [keras.layers.Lambda(body)(x) for body in (lambda x: x, lambda x: x == "a")])


ALL = {**models.MODELS, "vae": drawing.MODELS["vae"], "bodies": drawing.MODELS["bodies"], "on_words": on_words}


@pytest.mark.parametrize("name", sorted(ALL.keys() - UNKNOWN))
def test_numpy_computes_the_same(name: str, keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"K": keras.backend, "tf": tf, "ktf": tf.compat.v1, "np": np}
    for module in (models, drawing):
        for key in names.keys() & vars(module).keys():
            monkeypatch.setattr(module, key, names[key])
    ALL[name](keras).save(tmp_path / "model.h5")
    keras.backend.clear_session()
    model = load(LoadRequest(tmp_path / "model.h5"))
    compared = []

    def followed(body: Any, inputs: Any, options: Any, backend: Any) -> Any:
        draws = CURRENT.get()
        again = Draws(draws.noise, draws.path, draws.count) if draws else None
        result = interpret(body, inputs, options, backend)
        if tf.executing_eagerly():
            compare(body, inputs, options, result, again)
            compared.append(body)
        return result

    monkeypatch.setattr(lambdas, "interpret", followed)
    with fixed_noise.injected(model):
        probing.answered(model, ProbeOptions())
    assert compared


def compare(body: Any, inputs: Any, options: Any, result: Any, draws: Draws | None) -> None:
    given = tf.nest.map_structure(of_numpy, (inputs, dict(options)))
    found = flat(numbers(interpret(body, *given, NumpyBackend(draws.uniform if draws else None))))
    for a, b in zip(found, map(np.asarray, tf.nest.flatten(result)), strict=True):
        assert a.shape == b.shape
        if "O" in (a.dtype.kind, b.dtype.kind):
            np.testing.assert_array_equal(a, b)
        else:
            near(a, b)


def near(a: np.ndarray, b: np.ndarray) -> None:
    apart = max(APART.get(array.dtype.name, 1e-4) for array in (a, b))
    x, y = (array.astype(np.complex128 if array.dtype.kind == "c" else np.float64) for array in (a, b))
    scale = float(np.abs(y[np.isfinite(y)]).max(initial=0.0))
    np.testing.assert_allclose(x, y, rtol=apart, atol=apart * scale + 1e-6, equal_nan=True)


def of_numpy(value: Any) -> Any:
    return tensor(np.asarray(value)) if tf.is_tensor(value) else value


def flat(value: Any) -> list[np.ndarray]:
    if isinstance(value, dict):
        return flat([value[key] for key in sorted(value)])  # as tf.nest has them
    return [leaf for item in value for leaf in flat(item)] if isinstance(value, list) else [np.asarray(value)]


def test_what_numpy_lacks_is_refused(keras: Any) -> None:
    with pytest.raises(Refused):
        NumpyBackend().call("no_such_function", [tensor(np.ones(2))], {})
