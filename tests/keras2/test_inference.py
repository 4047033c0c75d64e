"""What a model computes: fresh states, the noise of rounding, weights as they were, and no answer at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exporter.probes import batches
from exporter.probes.probes import Case
from exporter.run import inference, rounding
from interchange.errors import Exit, Failure

X = np.random.default_rng(1).normal(size=(4, 5, 3)).astype("float32")
CASE = Case("normal", (X,))


def sequential(keras: Any, *layers: Any) -> Any:
    return keras.Sequential([keras.Input(batch_shape=X.shape), *layers])


def noise(model: Any, case: Case = CASE) -> list[float]:
    return rounding.noise(model, [((case,), [inference.outputs(model, case)])])[case.name]


def test_outputs_are_those_of_the_model_at_inference(keras: Any) -> None:
    model = sequential(keras, keras.layers.Dropout(0.9), keras.layers.LSTM(2))
    (answer,) = inference.outputs(model, CASE)
    np.testing.assert_array_equal(answer, model.predict(X, verbose=0))


def test_inputs_by_name_are_given_in_the_order_of_the_model(keras: Any) -> None:
    inputs = {name: keras.Input((2,), name=name) for name in ("left", "right")}
    model = keras.Model(inputs, keras.layers.Subtract()([inputs["left"], inputs["right"]]))
    values = dict(zip(model.input_names, np.arange(12, dtype="float32").reshape(2, 3, 2)))
    (answer,) = inference.outputs(model, Case("normal", tuple(values.values())))
    np.testing.assert_array_equal(answer, values["left"] - values["right"])


def test_a_name_that_is_no_scope_of_a_graph_is_answered_at_once(keras: Any) -> None:
    long = Case("long", (np.ones((1, 20, 3), "float32"),))
    model = keras.Sequential([keras.Input((20, 3)), keras.layers.LSTM(2)], name="net 1")
    (answer,) = inference.outputs(model, long)
    np.testing.assert_array_equal(answer, model(long.inputs[0], training=False))


def test_a_sequence_of_many_steps_is_answered_like_one_of_few(keras: Any) -> None:
    x = keras.Input((None, 3))
    model = keras.Model(x, keras.layers.GRU(2, return_sequences=True)(x))
    long = np.tile(X, (1, 10, 1))
    (short_answer,), (answer,) = (inference.outputs(model, Case("normal", (values,))) for values in (X, long))
    np.testing.assert_allclose(answer[:, :5], short_answer, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("cells", [1, 2])
def test_a_stateful_layer_starts_afresh_at_every_call(keras: Any, cells: int) -> None:
    layer = keras.layers.RNN([keras.layers.LSTMCell(2) for _ in range(cells)], stateful=True)
    batches.check_deterministic(model := sequential(keras, layer), (CASE,), [inference.outputs(model, CASE)])


def test_a_model_that_answers_nan_twice_is_not_random(keras: Any) -> None:
    case = Case("normal", (np.full_like(X, np.nan),))
    model = sequential(keras, keras.layers.Dense(2))
    batches.check_deterministic(model, (case,), [inference.outputs(model, case)])


def test_a_model_that_answers_at_random_is_refused(keras: Any) -> None:
    x = keras.Input((5, 3))
    model = keras.Model(x, keras.layers.Dropout(0.5)(x, training=True))
    with pytest.raises(Failure) as caught:
        batches.check_deterministic(model, (CASE,), [inference.outputs(model, CASE)])
    assert caught.value.code is Exit.REFUSED
    assert "random" in caught.value.message


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_weights_that_move_are_told_where_they_are_the_cause(keras: Any, rate: float) -> None:
    x = keras.Input((5, 3))
    normalised = keras.layers.BatchNormalization(name="normalised")
    noisy = keras.layers.Dropout(rate)(x, training=True)
    model = keras.Model(x, [normalised(x, training=True), normalised(noisy)])
    with pytest.raises(Failure) as caught:
        batches.check_deterministic(model, (CASE,), [inference.outputs(model, CASE)])
    assert [problem.layer for problem in caught.value.problems] == ["" if rate else "normalised"]
    assert ("random at inference" in caught.value.message) == bool(rate)


def chaotic(keras: Any, steps: int) -> Any:
    """Each step doubles what the one before has got wrong, and more."""
    x = keras.Input(batch_shape=X.shape)
    y = keras.layers.Dense(3)(x)
    for _ in range(steps):
        y = keras.layers.Lambda(lambda z: keras.backend.sin(3.0 * z))(y)
    return keras.Model(x, y)


@pytest.mark.parametrize(("steps", "draws"), [(0, 1), (8, 5), (60, 1)], ids=["small", "in between", "hopeless"])
def test_noise_is_drawn_as_often_as_a_verdict_may_depend_on_it(
    keras: Any, monkeypatch: pytest.MonkeyPatch, steps: int, draws: int
) -> None:
    model, asked, answers = chaotic(keras, steps), [], batches.answers
    exact = [((CASE,), [inference.outputs(model, CASE)])]
    before = model.get_weights()

    def counted(model: Any, call: Any) -> Any:
        found = answers(model, call)
        asked.append(np.abs(found[0][0] - exact[0][1][0][0]).max())
        assert all((np.abs(a - b) <= 2 * np.spacing(np.abs(b))).all() for a, b in zip(model.get_weights(), before))
        return found

    monkeypatch.setattr(batches, "answers", counted)
    (found,) = rounding.noise(model, exact)["normal"]
    assert len(asked) == draws
    assert len(set(asked)) > draws // 2, "each draw is another one"
    assert found == max(asked)


def test_large_weights_are_moved_once(keras: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounding, "_KEPT", 0)
    model = chaotic(keras, 8)
    before = model.get_weights()
    assert noise(model) > [0.0]
    for old, new in zip(before, model.get_weights()):
        assert (np.abs(new - old) <= 2 * np.spacing(np.abs(old))).all()


def test_whole_numbers_that_are_only_moved_have_no_noise(keras: Any) -> None:
    assert noise(sequential(keras, keras.layers.Permute((2, 1))), Case("normal", (np.round(X),))) == [0.0]


def test_ids_do_not_become_their_neighbours(keras: Any) -> None:
    x = keras.Input((2,))
    model = keras.Model(x, keras.layers.Embedding(100, 3)(x))
    (found,) = noise(model, Case("normal", (np.array([[7.0, 99.0]], "float32"),)))
    assert 0 < found < 1e-7


@pytest.mark.parametrize(
    ("policy", "low", "high"), [("float64", 1e-18, 1e-14), ("float32", 1e-9, 1e-5), ("mixed_float16", 1e-5, 1e-1)]
)
def test_noise_is_that_of_the_dtype_in_which_is_computed(keras: Any, policy: str, low: float, high: float) -> None:
    layer = keras.layers.Dense(2, dtype=policy)
    dtype = "float64" if policy == "float64" else "float32"
    model = keras.Sequential([keras.Input(batch_shape=X.shape, dtype=dtype), layer])
    (found,) = noise(model, Case("normal", (X.astype(dtype),)))
    assert low < found < high


def test_each_output_has_its_own_noise(keras: Any) -> None:
    x = keras.Input((5, 3))
    hard, soft = keras.layers.Dense(2)(x), keras.layers.Flatten()(x)
    exact = Case("normal", (np.round(X),))
    moved, kept = noise(keras.Model(x, [hard, soft]), exact)
    assert (moved > 0, kept) == (True, 0.0)


def test_what_no_half_leads_to_has_the_noise_of_float32(keras: Any) -> None:
    import tensorflow as tf

    x, half = keras.Input((5, 3)), keras.mixed_precision.Policy("mixed_float16")
    inner = keras.Model(x, [keras.layers.Dense(2)(x), keras.layers.Dense(2, dtype=half)(x)])
    exact, rough = inner(x)
    found = noise(keras.Model(x, [exact, rough, tf.cast(tf.cast(exact, "float16"), "float32")]))
    assert [moved > 1e-5 for moved in found] == [False, True, True]


def test_what_cannot_be_measured_adds_nothing(keras: Any) -> None:
    x = keras.Input((5, 3))
    outputs = [keras.layers.Dense(2)(x), keras.layers.Dense(2, dtype="float64")(x)]
    case = Case("normal", (np.full_like(X, np.inf),))
    assert noise(keras.Model(x, outputs), case) == [0.0, 0.0]


def test_every_weight_is_moved_by_one_unit_in_the_last_place_but_whole_numbers(keras: Any) -> None:
    model = sequential(keras, keras.layers.Dense(2**9, use_bias=True), keras.layers.Dense(2**10))
    before = model.get_weights()
    assert noise(model) > [0.0]
    for old, new in zip(before, model.get_weights()):
        assert (np.abs(new - old) <= 2 * np.spacing(np.abs(old))).all()
        assert ((new == old) == (old == np.round(old))).mean() > 0.99  # what is one unit may be rounded away


def test_rows_say_what_each_array_is() -> None:
    found = list(inference.rows([Case("single", ("x",))], [["y", "z"]], ["named"]))
    assert found == [
        ({"case": "single", "role": "input", "index": 0}, "x"),
        ({"case": "single", "role": "output", "index": 0, "name": "named"}, "y"),
        ({"case": "single", "role": "output", "index": 1, "name": "1"}, "z"),
    ]
