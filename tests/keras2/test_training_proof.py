"""How a compiled model goes on training is recorded: with batches that it accepts, and without noise."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from exporter.probes import probing
from exporter.training import designs, nadam, optimizer_variables, proof, state, steps, train_step
from exporter.training.batches import Trained, made
from exporter.whole_model import weight_rows
from interchange.bundle import Bundle, BundleWriter
from interchange.messages.requests import ProbeOptions

NAME = "training_reference.json"


def recorded(model: Any, folder: Path, until: float = float("inf"), *, moved: bool = False) -> Bundle:
    """The bundle of a compiled model, which may be moved once its weights are written."""
    optimizer_variables.build(model.optimizer, model.trainable_variables)
    writer = BundleWriter(folder, {"keras": "2"}, {})
    writer.write_tensors("weights.npz", ((row, np.asarray(variable.value())) for row, variable in weight_rows(model)))
    writer.write_tensors("optimizer.npz", state.rows(model))
    document = {"compile": {}, "optimizer": "kept", "reason": None, "missing": [], "metrics_names": []}
    writer.write_json("training.json", document)
    answered = probing.answered(model, ProbeOptions()).answered
    if moved:
        model.set_weights([weight + 1 for weight in model.get_weights()])
    proof.write(model, answered, writer, until)
    writer.close()
    return Bundle.open(folder)


def results(bundle: Bundle) -> Mapping[tuple[Any, ...], np.ndarray]:
    """What the training came to, by what it is."""
    rows = bundle.rows("training_reference.npz")
    return {steps.key(row.facts): bundle.read(row) for row in rows if row.facts["role"] == "result"}


def dense(keras: ModuleType, **options: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, "relu"), layers.Dropout(0.5), layers.Dense(3)])
    model.compile(**{"optimizer": "adam", "loss": "mse", **options})
    return model


def test_the_state_is_put_back_before_it_is_trained(keras: ModuleType, tmp_path: Path) -> None:
    found = []
    for moved in (False, True):
        keras.backend.clear_session()
        keras.utils.set_random_seed(7)
        found.append(results(recorded(dense(keras), tmp_path / str(moved), moved=moved)))
    assert found[0].keys() == found[1].keys()
    assert all(np.array_equal(value, found[1][key]) for key, value in found[0].items())
    assert all(np.any(value) for key, value in found[0].items() if key[0] in {"gradient", "weight", "slot"})


def test_more_time_helps(keras: ModuleType, tmp_path: Path) -> None:
    why = recorded(dense(keras), tmp_path / "one", time.process_time()).json("training_reference.json")["why"]
    assert why == "there was not enough time to train it: allow more with --budget"
    found = recorded(dense(keras), tmp_path / "other", time.process_time() + 600).json("training_reference.json")
    assert (found["why"], found["steps"]) == (None, 3)


@pytest.mark.parametrize(("until", "steps"), [(15.0, 0), (25.0, 1), (45.0, 2), (600.0, 3)])
def test_fewer_steps_are_recorded_where_not_all_would_fit(
    keras: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, until: float, steps: int
) -> None:
    """Each step takes ten seconds here, and each is made twice."""
    clock = [0.0]
    model = dense(keras)
    real = model.train_step

    def slow(data: Any) -> Any:
        clock[0] += 10
        return real(data)

    model.train_step = slow
    monkeypatch.setattr(time, "process_time", lambda: clock[0])
    bundle = recorded(model, tmp_path / "bundle", until)
    facts = bundle.json("training_reference.json")
    rows = bundle.rows("training_reference.npz")
    assert facts["steps"] == steps
    assert (facts["why"] is None) == (steps > 0)
    assert {row.facts["step"] for row in rows if "step" in row.facts} == set(range(steps))
    assert [each["text"].partition(" are")[0] for each in facts["remarks"]] == (
        [f"only {steps} of 3 steps"] if 0 < steps < 3 else []
    )
    assert clock[0] <= until


def recurrent(keras: ModuleType) -> Any:
    layers = keras.layers
    read = layers.LSTM(4, kernel_regularizer="l2", recurrent_dropout=0.3)
    chain = [layers.Embedding(20, 3, mask_zero=True), read, layers.Dense(3, "softmax")]
    model = keras.Sequential([keras.Input((12,)), *chain])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_a_trace_serves_all_steps_of_both_rounds(keras: ModuleType, tmp_path: Path) -> None:
    model = recurrent(keras)
    real, calls = model.train_step, []

    def counted(data: Any) -> Any:
        calls.append(data)
        return real(data)

    model.train_step = counted
    bundle = recorded(model, tmp_path / "bundle")
    assert bundle.json("training_reference.json")["why"] is None
    assert len(calls) == 1


def test_steps_that_are_traced_come_to_the_same(
    keras: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = recurrent(keras)
    weights = model.get_weights()
    traced = results(recorded(model, tmp_path / "traced"))
    other = recurrent(keras)
    other.set_weights(weights)
    monkeypatch.setattr(train_step, "is_for_graph", lambda *_: False)
    eager = results(recorded(other, tmp_path / "eager"))

    def named(found: Mapping[tuple[Any, ...], np.ndarray]) -> list[tuple[Any, ...]]:
        return [key[:7] for key in found]

    assert named(traced) == named(eager)
    for key, (one, two) in zip(traced, zip(traced.values(), eager.values())):
        assert np.allclose(one, two, rtol=1e-3, atol=1e-5), key
    assert next(value for key, value in traced.items() if key[0] == "penalty") > 0


def test_training_that_is_random_all_the_same_is_not_compared(keras: ModuleType, tmp_path: Path) -> None:
    import tensorflow as tf

    class Shaken(keras.layers.Layer):
        def call(self, inputs: Any, training: Any = None) -> Any:
            return inputs * tf.random.uniform(tf.shape(inputs)) if training else inputs

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), Shaken(), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    bundle = recorded(model, tmp_path / "bundle")
    assert (
        bundle.json("training_reference.json")["why"] == "its training is random, so there is nothing to compare with"
    )
    assert not bundle.rows("training_reference.npz")


def test_a_loss_of_the_user_s_gets_targets_that_it_takes(keras: ModuleType, tmp_path: Path) -> None:
    import tensorflow as tf

    def of_classes(true: Any, predicted: Any) -> Any:
        if true.dtype.is_floating:
            raise TypeError("classes are whole numbers")
        return tf.gather(predicted, true, axis=1, batch_dims=1) ** 2

    bundle = recorded(dense(keras, loss=of_classes), tmp_path / "bundle")
    assert bundle.json("training_reference.json")["why"] is None
    targets = [row for row in bundle.rows("training_reference.npz") if row.facts["role"] == "target"]
    assert {row.dtype for row in targets} == {"int64"}


def _raising(true: Any, predicted: Any) -> Any:
    raise RuntimeError("not today")


def _of_pairs(keras: ModuleType) -> Any:
    class Pair(keras.metrics.Mean):
        def update_state(self, true: Any, predicted: Any, sample_weight: Any = None) -> Any:
            return super().update_state(predicted, sample_weight)

        def result(self) -> Any:
            return {"one": super().result()}

    return Pair(name="pair")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (lambda keras: {"loss": _raising}, "not today"),
        (lambda keras: {"metrics": [_of_pairs(keras)]}, "the metric pair gives no number"),
        (lambda keras: {"loss": keras.losses.CategoricalCrossentropy(axis=7)}, "7"),
    ],
)
def test_what_a_model_raises_is_told(keras: ModuleType, tmp_path: Path, options: Any, why: str) -> None:
    bundle = recorded(dense(keras, **options(keras)), tmp_path / "bundle")
    told = bundle.json("training_reference.json")["why"]
    assert told.startswith("Keras 2.15 cannot train it on batches made for it: ")
    assert why in told


@pytest.mark.parametrize("broken", ["_data", "_change", "part"])
def test_what_is_wrong_with_our_own_code_is_no_reason(
    keras: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fault(*_: Any) -> Any:
        raise KeyError("ours")

    monkeypatch.setattr(steps, broken, fault)
    with pytest.raises(KeyError, match="ours"):
        recorded(dense(keras), tmp_path / "bundle")


@pytest.mark.parametrize("iterations", [0, 5])
def test_nadam_counts_as_in_a_graph(keras: ModuleType, iterations: int) -> None:
    """The way of Keras 2 that is measured eagerly is that of `fit`."""
    models = [dense(keras, optimizer="nadam") for _ in range(2)]
    for model in models:
        model.set_weights(models[0].get_weights())
        optimizer_variables.build(model.optimizer, model.trainable_variables)
        model.optimizer.iterations.assign(iterations)
    batch = made(Trained.of(models[0]), probing.answered(models[0], ProbeOptions()).answered)[0]
    models[0].get_layer(index=1).rate = models[1].get_layer(index=1).rate = 0.0
    for _ in range(3):
        steps.on_batch(models[0], batch)
        with nadam.as_traced(models[1]):
            steps.step(models[1], batch)
    for one, other in zip(models[0].get_weights(), models[1].get_weights()):
        assert np.allclose(one, other, rtol=1e-5, atol=1e-7)
    assert np.isclose(models[0].optimizer._u_product, models[1].optimizer._u_product, rtol=1e-6)


@pytest.mark.parametrize("name", ["Adagrad", "RMSprop"])
def test_epsilon_is_added_to_a_root_or_its_square_below(keras: ModuleType, name: str) -> None:
    """Where gradients are about as small as epsilon, both are far apart; the slots are the same."""
    import tensorflow as tf

    found = []
    for way in (contextlib.nullcontext, designs._below_the_root):
        options = {"epsilon": 1e-3, **({"initial_accumulator_value": 0.0} if name == "Adagrad" else {"centered": True})}
        model = dense(keras, optimizer=getattr(keras.optimizers.legacy, name)(0.1, **options))
        variable = tf.Variable([1.0, 1.0])
        with way(model):
            model.optimizer.apply_gradients([(tf.constant([1e-3, 1.0]), variable)])
        slot = model.optimizer.get_slot(variable, "accumulator" if name == "Adagrad" else "rms")
        found.append((variable.numpy(), slot.numpy()))
    (root, kept), (below, same) = found
    square = 1e-6 * (1.0 if name == "Adagrad" else 0.1 - 0.01)
    assert np.allclose(1 - root[0], 0.1 * 1e-3 / (square**0.5 + 1e-3), rtol=1e-3)
    assert np.allclose(1 - below[0], 0.1 * 1e-3 / (square + 1e-6) ** 0.5, rtol=1e-3)
    assert np.allclose(root[1], below[1], rtol=1e-2)
    assert np.array_equal(kept, same)


def remarks_of(bundle: Bundle) -> Mapping[str, str]:
    """The text of each remark by its rule."""
    facts = bundle.json("training_reference.json")
    assert (facts["why"], facts["by_design"]) == (None, [])
    return {each["rule"]: each["text"] for each in facts["remarks"]}


@pytest.mark.parametrize(("scale", "is_told"), [(100.0, True), (0.01, False)])
def test_the_loss_of_saturated_probabilities_is_measured(
    keras: ModuleType, tmp_path: Path, scale: float, is_told: bool
) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.set_weights([np.full((4, 1), scale, "float32"), np.zeros(1, "float32")])
    model.compile("sgd", "binary_crossentropy")
    told = remarks_of(recorded(model, tmp_path / "bundle"))
    assert set(told) == ({"binary_crossentropy"} if is_told else set())
    if is_told:
        share = float(told["binary_crossentropy"].rsplit(" ", 2)[1])
        assert 50 < share < 100  # a wrong sample costs its logit, which is in the hundreds, and 16 when it is clipped


def test_rounding_of_half_precision_is_measured(keras: ModuleType, tmp_path: Path) -> None:
    shares = []
    for dtype in ("float32", "mixed_float16"):
        layers = [keras.layers.Dense(5, "relu", dtype=dtype), keras.layers.Dense(3, dtype="float32")]
        model = keras.Sequential([keras.Input((4,)), *layers])
        model.compile("sgd", "mse")
        told = remarks_of(recorded(model, tmp_path / dtype))
        shares.append(float(told["mixed_precision"].rsplit(" ", 2)[1]) if told else None)
    assert shares[0] is None
    assert shares[1] is not None
    assert 1e-3 < shares[1] < 10


@pytest.mark.parametrize(("scale", "share"), [(1.0, None), (1e-8, 9.0)])
def test_what_short_vectors_count_in_a_cosine_similarity_is_measured(
    keras: ModuleType, tmp_path: Path, scale: float, share: float | None
) -> None:
    """Far below both floors, Keras 3 multiplies by ten times what Keras 2 does."""
    layers = [keras.layers.Dense(3), keras.layers.Rescaling(scale)]
    for options in ({"loss": "cosine_similarity"}, {"loss": "mse", "metrics": [keras.metrics.CosineSimilarity()]}):
        model = keras.Sequential([keras.Input((4,)), *layers])
        model.compile("sgd", **options)
        model.compiled_metrics.build(*2 * model.outputs)
        folder = tmp_path / options["loss"]
        found = {row["rule"]: row["figure"] for row in recorded(model, folder).json(NAME)["by_design"]}
        assert found == ({} if share is None else {"CosineSimilarity": pytest.approx(share / 10, rel=1e-3)})


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("poisson", "compares each with every output, which differs by "),
        ("binary_crossentropy", "raises"),
        ("mae", None),
        ("AUC", None),
    ],
)
def test_metrics_that_take_no_column_of_targets_are_told(
    keras: ModuleType, tmp_path: Path, metric: str, says: str | None
) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "mse", metrics=[metric])
    model.compiled_metrics.build(*2 * model.outputs)
    told = remarks_of(recorded(model, tmp_path / "bundle"))
    assert [says in text for text in told.values()] == ([True] if says else [])


@pytest.mark.parametrize(("iterations", "figures"), [(0, [pytest.approx(0.75, rel=1e-3)]), (1, [])])
def test_an_average_that_begins_is_that_of_keras_3(
    keras: ModuleType, tmp_path: Path, iterations: int, figures: list[Any]
) -> None:
    model = dense(keras, optimizer=keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.75))
    model.optimizer.iterations.assign(iterations)
    found = recorded(model, tmp_path / "bundle").json(NAME)
    assert [row["figure"] for row in found["by_design"]] == figures
