"""Functions that draw at random: the distribution of each, and no wrong one passes when the noise is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from importer.build import operator_calls
from importer.build.rebuild import rebuild
from importer.restore.restore import restore
from importer.save.save import read_back, save
from importer.verify.verify import verify
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.messages.requests import ToleranceOptions
from tests.keras3.conftest import exported
from translation import operators
from translation.keras2_to_3.translate import translated
from translation.operators.random.noise_source import NoiseSource
from translation.operators.tensor_shapes import shape_of

SAMPLES, WIDTH = 400, 25
ZEROS = np.zeros((SAMPLES, WIDTH), "float32")
CRITICAL = 1.95 / math.sqrt(SAMPLES * WIDTH)  # of a thousand such samples one is farther off
Cdf = Callable[[float], float]
NORMAL = NormalDist().cdf
WITHIN = NORMAL(2) - NORMAL(-2)


def steps(*shares: float) -> Cdf:
    """Of whole numbers from 0, each with its share."""
    return lambda x: sum(shares[: math.floor(x) + 1])


def uniform(low: float, high: float) -> Cdf:
    return lambda x: min(max((x - low) / (high - low), 0), 1)


def truncated(mean: float, stddev: float) -> Cdf:
    return lambda x: (NORMAL((x - mean) / stddev) - NORMAL(-2)) / WITHIN


SHAPE = "shape"
DRAWN: Mapping[str, tuple[Mapping[str, Any], Cdf]] = {
    "random.normal": ({SHAPE: None, "mean": 1.0, "stddev": 2.0}, NormalDist(1, 2).cdf),
    "keras.backend.random_normal": ({SHAPE: None, "stddev": 0.5}, NormalDist(0, 0.5).cdf),
    "random.truncated_normal": ({SHAPE: None, "mean": -1.0, "stddev": 3.0}, truncated(-1, 3)),
    "keras.backend.truncated_normal": ({SHAPE: None}, truncated(0, 1)),
    "random.uniform": ({SHAPE: None, "minval": -2.0, "maxval": 5.0}, uniform(-2, 5)),
    "keras.backend.random_uniform": ({SHAPE: None}, uniform(0, 1)),
    "keras.backend.random_bernoulli": ({SHAPE: None, "p": 0.3}, steps(0.7, 0.3)),
    "random.categorical": ({"logits": np.log([0.2, 0.5, 0.3]), "num_samples": WIDTH}, steps(0.2, 0.5, 0.3)),
    "compat.v1.multinomial": ({"logits": np.log([0.9, 0.1]), "num_samples": WIDTH}, steps(0.9, 0.1)),
    "nn.dropout": ({"x": [2.0], "rate": 0.75}, lambda x: 0.75 if x < 8 else 1.0),
    "compat.v1.nn.dropout": ({"x": [2.0], "keep_prob": 0.5}, lambda x: 0.5 if x < 4 else 1.0),
    "keras.backend.dropout": ({"x": [2.0], "level": 0.5}, lambda x: 0.5 if x < 4 else 1.0),
}


def drawn(x: Any, name: str, options: Mapping[str, Any]) -> Any:
    """What a function draws for each sample of `x`, which is zero."""
    shape = shape_of(x)
    given = {key: shape if value is None else value for key, value in options.items()}
    if "logits" in given:
        given["logits"] = x[:, : len(given["logits"])] + np.asarray(given["logits"], "float32")
    if "x" in given:
        given["x"] = x + 2.0
    return operator_calls.call(name, [], given, NoiseSource(name, x))


def read_again(names: Iterable[str], path: Path) -> Any:
    """A model with some of the functions, as it is read from a file."""
    import keras

    x = keras.Input((WIDTH,))
    save(keras.Model(x, [drawn(x, name, DRAWN[name][0]) for name in names]), path)
    keras.utils.set_random_seed(11)
    return read_back(path)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """What a model with all functions gives to two calls."""
    model = read_again(DRAWN, tmp_path_factory.mktemp("drawing") / "model.keras")
    first, second = model(ZEROS, training=False), model(ZEROS, training=False)
    return {name: (np.array(a), np.array(b)) for name, a, b in zip(DRAWN, first, second)}


def distance(numbers: np.ndarray, cdf: Cdf) -> float:
    """Of Kolmogorov and Smirnov: the largest gap between the shares that are found and those that should be."""
    values, counts = np.unique(numbers.ravel(), return_counts=True)
    found = np.cumsum(counts) / numbers.size
    return float(np.abs(found - [cdf(float(value)) for value in values]).max())


def test_every_function_that_draws_has_its_distribution_tested() -> None:
    tested = {id(operators.table()[name]) for name in DRAWN}
    assert {id(each) for each in operators.table().values() if each.draws} == tested


@pytest.mark.parametrize("name", DRAWN)
def test_it_draws_anew_each_time_of_the_distribution_it_should(
    name: str, samples: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> None:
    (first, second), (_, cdf) = samples[name], DRAWN[name]
    assert max(distance(first, cdf), distance(second, cdf)) < CRITICAL
    assert not np.array_equal(first, second)
    assert not np.array_equal(first[0], first[1])
    moved = first.astype("float64") - first.mean()
    scale = (moved**2).mean()
    assert abs((moved[1:] * moved[:-1]).mean()) < 0.05 * scale
    assert abs((moved[:, 1:] * moved[:, :-1]).mean()) < 0.05 * scale


def test_a_prediction_draws_anew_in_each_batch(tmp_path: Path) -> None:
    name = "random.normal"
    found = read_again([name], tmp_path / "model.keras").predict(ZEROS, batch_size=SAMPLES // 2, verbose=0)
    assert distance(found, DRAWN[name][1]) < CRITICAL
    assert not np.array_equal(*np.split(found, 2))


def test_keras_knows_the_shape_of_noise() -> None:
    import keras

    x = keras.Input((WIDTH,))
    batch, width = shape_of(x)
    assert NoiseSource("noise", x).uniform([batch, 5, width]).shape == (None, 5, WIDTH)


def sampling() -> Any:
    import tensorflow as tf
    import tf_keras

    x = tf_keras.Input((6,))
    mean = tf_keras.layers.Dense(3)(x)
    return tf_keras.Model(x, mean + tf.random.normal(tf.shape(mean), mean=0.25, stddev=0.5))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return exported(sampling(), tmp_path_factory.mktemp("sampling") / "bundle")


def verdict(bundle: Bundle, place: Path, **changed: float) -> None:
    """Verify the model of a bundle with other arguments in its random function."""
    graph, _ = translated(bundle.json("architecture.json"))
    layers = tuple(
        replace(layer, calls=tuple(replace(call, kwargs={**call.kwargs, **changed}) for call in layer.calls))
        if getattr(layer.item, "class_name", "") == "random.normal"
        else layer
        for layer in graph.layers
    )
    rebuilt = rebuild(replace(graph, layers=layers))
    restore(rebuilt, bundle)
    save(rebuilt.model, place / "model.keras")
    verify(read_back(place / "model.keras"), bundle, ToleranceOptions())


def test_the_same_noise_gives_the_same_answer(bundle: Bundle, tmp_path: Path) -> None:
    verdict(bundle, tmp_path)


@pytest.mark.parametrize("changed", [{"stddev": 0.501}, {"mean": 0.251}, {"mean": 0.25, "stddev": -0.5}])
def test_another_mean_or_deviation_differs(bundle: Bundle, tmp_path: Path, changed: dict[str, float]) -> None:
    with pytest.raises(Failure) as caught:
        verdict(bundle, tmp_path, **changed)
    assert caught.value.code is Exit.DIFFERS


def test_a_model_that_no_longer_draws_is_refused(bundle: Bundle) -> None:
    import keras

    x = keras.Input((6,))
    with pytest.raises(Failure, match="it draws random numbers in Keras 2") as caught:
        verify(keras.Model(x, keras.layers.Dense(3)(x)), bundle, ToleranceOptions())
    assert caught.value.code is Exit.REFUSED
