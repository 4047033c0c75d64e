"""What Keras 2 answers at the ends is recorded, where it does, and where rounding makes nothing else of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.probes.probing import answered
from exporter.run.extreme_probes import Extremes
from exporter.run.fixed_noise import Noise, injected
from exporter.whole_model import Beside, write_reference
from interchange.bundle import Bundle, BundleWriter
from interchange.messages.requests import ProbeOptions

FLOATS = ["NaN", "inf", "-inf", "NaN and inf"]


def recorded(model: Any, folder: Path) -> Bundle:
    writer = BundleWriter(folder / "bundle", {}, {"name": "x", "sha256": "0" * 64, "format": "", "saved_by": {}})
    with injected(model) as drawn:
        write_reference(model, [], writer, ProbeOptions(), Beside(drawn))
    writer.close()
    return Bundle.open(folder / "bundle")


def asked(bundle: Bundle) -> list[str]:
    facts = bundle.json("extremes.json") if "extremes.json" in bundle.manifest.files else {"calls": []}
    return [case for call in facts["calls"] for case in call]


def values(bundle: Bundle, case: str, role: str) -> list[np.ndarray]:
    return [
        bundle.read(row)
        for row in bundle.rows("extremes.npz")
        if (row.facts["case"], row.facts["role"]) == (case, role)
    ]


def of(make: Callable[[Any, Any], Any], shape: tuple[int | None, ...] = (4,), dtype: str = "float32") -> Any:
    def made(keras: Any) -> Any:
        x = keras.Input(shape, dtype=dtype)
        return keras.Model(x, make(keras.layers, x))

    return made


def test_answers_are_those_of_the_model_before_rounding_has_moved_it(keras: Any, tmp_path: Path) -> None:
    model = of(lambda layers, x: layers.Dense(3, "relu")(x) * 2.0)(keras)
    before = model.get_weights()
    bundle = recorded(model, tmp_path)
    model.set_weights(before)
    assert asked(bundle) == [*FLOATS, "no samples"]
    assert bundle.json("extremes.json")["calls"] == [FLOATS, ["no samples"]]
    for case in asked(bundle):
        (given,), (answer,) = values(bundle, case, "input"), values(bundle, case, "output")
        np.testing.assert_array_equal(np.asarray(model(given)), answer)
    assert values(bundle, "no samples", "output")[0].shape == (0, 3)
    assert np.isnan(values(bundle, "NaN", "input")[0]).sum() == 4 + 2
    assert np.isinf(values(bundle, "NaN and inf", "input")[0]).sum() == 2


def test_no_steps_are_asked_where_there_may_be_any(keras: Any, tmp_path: Path) -> None:
    bundle = recorded(of(lambda layers, x: layers.GlobalMaxPooling1D()(x), (None, 3))(keras), tmp_path)
    assert asked(bundle) == [*FLOATS, "no steps"]
    assert np.isneginf(values(bundle, "no steps", "output")[0]).all()


def test_neither_layers_alone_nor_what_is_recurrent_is_asked_for_no_samples(keras: Any, tmp_path: Path) -> None:
    alone = of(lambda layers, x: layers.Dense(2)(x))(keras)
    recurrent = of(lambda layers, x: layers.SimpleRNN(2)(x) * 2.0, (3, 3))(keras)
    for name, model in (("alone", alone), ("recurrent", recurrent)):
        assert asked(recorded(model, tmp_path / name)) == FLOATS


def test_whole_numbers_are_asked_at_both_ends_unless_something_looks_them_up(keras: Any, tmp_path: Path) -> None:
    bundle = recorded(of(lambda layers, x: layers.Rescaling(2)(x), dtype="int16")(keras), tmp_path)
    assert asked(bundle) == ["ends"]
    (given,) = values(bundle, "ends", "input")
    assert (given.min(), given.max(), given.dtype.name) == (-(2**15), 2**15 - 1, "int16")
    model = of(lambda layers, x: layers.Embedding(9, 2)(x), dtype="int16")(keras)
    assert asked(recorded(model, tmp_path / "ids")) == []


def test_what_keras_2_does_not_answer_is_left_out(keras: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    model = of(lambda _, x: tf.debugging.check_numerics(x, "no"))(keras)
    assert asked(recorded(model, tmp_path)) == ["no samples"]


def test_what_rounding_makes_another_end_of_is_left_out(keras: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    def decided(layers: Any, x: Any) -> Any:
        weight = layers.Dense(1, use_bias=False, kernel_initializer=tf.keras.initializers.Constant(0.3))(
            tf.ones_like(x)
        )
        return tf.where(weight == 0.3, x, 0.5)

    model = of(decided, (1,))(keras)
    assert "inf" not in asked(recorded(model, tmp_path))


NOT_ASKED: dict[str, Callable[[Any], Any]] = {
    "words": of(lambda layers, x: layers.StringLookup(vocabulary=["a", "b"])(x), dtype="string"),
    "noise": of(lambda layers, x: layers.GaussianNoise(0.5)(x, training=True)),
}


@pytest.mark.parametrize("name", NOT_ASKED)
def test_some_are_not_asked(keras: Any, tmp_path: Path, name: str) -> None:
    assert asked(recorded(NOT_ASKED[name](keras), tmp_path)) == []


def test_what_remembers_is_not_asked(keras: Any, tmp_path: Path) -> None:
    x = keras.Input(batch_shape=(3, 4, 2))
    assert asked(recorded(keras.Model(x, keras.layers.LSTM(2, stateful=True)(x)), tmp_path)) == []


def test_a_class_of_the_users_is_not_asked(keras: Any, tmp_path: Path) -> None:
    class Own(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    x = keras.Input((4,))
    assert asked(recorded(keras.Model(x, Own()(x)), tmp_path)) == []


def test_nothing_is_asked_once_the_budget_is_spent(keras: Any) -> None:
    model = of(lambda layers, x: layers.Dense(3)(x))(keras)
    found = answered(model, ProbeOptions())
    assert Extremes.of(model, found.answered, found.facts, 0.0).answered == []


def test_the_other_probes_are_what_they_are_without(keras: Any, tmp_path: Path) -> None:
    model = of(lambda layers, x: layers.LSTM(3)(x), (12, 2))(keras)
    weights = model.get_weights()
    made = []
    for place, drawn in (("with", Noise()), ("without", None)):
        model.set_weights(weights)
        writer = BundleWriter(tmp_path / place, {}, {"name": "x", "sha256": "0" * 64, "format": "", "saved_by": {}})
        write_reference(model, [], writer, ProbeOptions(), Beside(drawn))
        writer.close()
        made.append([(tmp_path / place / name).read_bytes() for name in ("reference.npz", "reference.json")])
        assert (tmp_path / place / "extremes.npz").exists() == (place == "with")
    assert made[0] == made[1]
