"""Completeness: each key of what a model is compiled with does in Keras 3 what it does in Keras 2, also once saved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from importer.build.custom_objects import NO_CUSTOM_OBJECTS
from importer.training.compiling import maker
from tests.models.training_objects import FUNCTIONS, entry_of, exercised, groups
from translation.keras2_to_3.rules import losses, metrics
from translation.keras2_to_3.spec import Spec
from translation.keras2_to_3.training_objects import TrainingObjects

RANDOM = np.random.default_rng(2015)
WEIGHTS = [RANDOM.normal(size=shape).astype("float32") for shape in ((3, 4), (4,))]
# Gradients of all sizes, some of them zero.
GRADIENTS = [
    [(RANDOM.normal(size=weight.shape) * 10.0 ** -(step % 4)).astype("float32") for weight in WEIGHTS]
    for step in range(4)
]
GRADIENTS[1][0][0] = GRADIENTS[2][1][:] = 0.0
# An optimizer in the middle of a training.
DONE = 3

# Keras 3 computes otherwise, and a line tells of it: all of these optimizers, and these keys.
BY_DESIGN = {("legacy_optimizers", "Nadam"), ("optimizers", "Nadam")}
KEYS_BY_DESIGN = {
    (kind, name, ("epsilon",)) for kind, name in (("legacy_optimizers", "Adagrad"), ("legacy_optimizers", "RMSprop"))
}
# Keras 3 has no way to compute them, or cannot read them back: a line tells that the metric is left out.
LEFT_OUT = {
    ("AUC", ("label_weights",)),
    ("OneHotIoU", ("axis",)),
    ("OneHotMeanIoU", ("axis",)),
    ("SparseCategoricalCrossentropy", ("ignore_class",)),
}
# What Keras 2 itself cannot run with: it multiplies one dtype by another.
UNRUN = {
    (name, ("name", "dtype"))
    for name in ("F1Score", "FBetaScore", "SparseTopKCategoricalAccuracy", "TopKCategoricalAccuracy")
}


def translated(old: Any, kind: str, thing: Any) -> tuple[Any, list[str]]:
    """What stock Keras 3 reads of the translated object, and the lines about its training."""
    import keras

    objects, entry = TrainingObjects({}), entry_of(old, thing)
    entry["config"].pop("adaptive_epsilon", None)  # younger than Keras 2.15
    if "optimizers" in kind and kind != "optimizers.schedules":
        spec: Any = objects.optimizer(entry)
    elif kind == "optimizers.schedules":
        around = {"class_name": "SGD", "module": "keras.optimizers", "config": {"learning_rate": entry}}
        spec = objects.optimizer(around).config["learning_rate"]
    else:
        spec = objects.loss(entry) if kind == "losses" else objects.metric(entry, "", None)
    assert objects.reasons == []
    told = [change.text for change in objects.changes if change.kind == "training-only"]
    return again(keras, spec), told


def again(keras: Any, spec: Any) -> Any:
    """As a file of Keras 3 has it."""
    thing = maker(NO_CUSTOM_OBJECTS)(spec) if isinstance(spec, Spec) else spec
    return keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(thing))


# Optimizers and schedules


def moved(optimizer: Any, variable: Any) -> np.ndarray:
    """How far each step has moved the weights, and what they are in the end."""
    import tensorflow as tf

    weights = [variable(weight) for weight in WEIGHTS]
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if hasattr(optimizer, "build"):
        optimizer.build(weights)
    inner.iterations.assign(DONE)
    for average, weight in zip(getattr(inner, "_model_variables_moving_average", ()), weights):
        average.assign(weight)
    steps = []
    for gradients in GRADIENTS:
        apply(optimizer, [tf.constant(gradient) for gradient in gradients], weights)
        steps.append(flat(weights))
    if hasattr(optimizer, "finalize_variable_values"):
        optimizer.finalize_variable_values(weights)
    return np.array([*steps, flat(weights)]) - flat(WEIGHTS)


def apply(optimizer: Any, gradients: list[Any], weights: list[Any]) -> None:
    """One step of an optimizer of either Keras, with its loss scaled as `fit` does."""
    if hasattr(optimizer, "scale_loss"):
        optimizer.apply([optimizer.scale_loss(gradient) for gradient in gradients])
    elif hasattr(optimizer, "get_scaled_loss"):
        scaled = [optimizer.get_scaled_loss(gradient) for gradient in gradients]
        optimizer.apply_gradients(zip(optimizer.get_unscaled_gradients(scaled), weights))
    else:
        optimizer.apply_gradients(zip(gradients, weights))


def flat(weights: list[Any]) -> np.ndarray:
    return np.concatenate([np.array(weight).ravel() for weight in weights])


OPTIMIZERS = [(kind, *group) for kind in ("optimizers", "legacy_optimizers") for group in groups(kind)]


@pytest.mark.parametrize(("kind", "name", "keys"), OPTIMIZERS)
def test_an_optimizer_moves_weights_alike(old: Any, kind: str, name: str, keys: tuple[str, ...]) -> None:
    import keras
    import tensorflow as tf

    optimizer = exercised(old, kind, name, *keys)
    new, told = translated(old, kind, optimizer)
    expected, found = moved(optimizer, tf.Variable), moved(new, keras.Variable)
    difference, way = np.abs(found - expected).max(), np.abs(expected).max()
    if (kind, name) in BY_DESIGN or (kind, name, keys) in KEYS_BY_DESIGN:
        assert told
        assert difference > 1e-3 * way
    else:
        assert difference < 2e-4 * way + 2e-6  # 1 - beta is of a float32 here and of a float64 there


@pytest.mark.parametrize(("name", "keys"), groups("optimizers.schedules"))
def test_a_schedule_has_the_same_rates(old: Any, name: str, keys: tuple[str, ...]) -> None:
    schedule = exercised(old, "optimizers.schedules", name, *keys)
    new, told = translated(old, "optimizers.schedules", schedule)
    assert told == []
    steps = range(14)
    np.testing.assert_allclose([float(new(step)) for step in steps], [float(schedule(step)) for step in steps], 1e-6)


def test_a_decay_has_the_same_rates(old: Any) -> None:
    """At each step of one training, which begins with no step done."""
    optimizer = old.optimizers.legacy.SGD(0.3, decay=0.25)
    new, _ = translated(old, "legacy_optimizers", optimizer)
    for step in range(9):
        optimizer.iterations.assign(step)
        new.iterations.assign(step)
        np.testing.assert_allclose(float(new.learning_rate), float(optimizer._decayed_lr("float32")), 1e-6)


# Losses and metrics

IDS = np.array([0, 2, 1, 1])
SOME, LOGITS = (RANDOM.normal(size=(4, 3)).astype("float32") for _ in range(2))
CHANCES = RANDOM.uniform(0.05, 0.95, (4, 3)).astype("float32")
SHARES = CHANCES / CHANCES.sum(axis=-1, keepdims=True)
ONE_OF = np.eye(3, dtype="float32")[IDS]
SEVERAL = RANDOM.integers(0, 2, (4, 3)).astype("float32")
IMPORTANCE = np.array([1.0, 0.5, 0.0, 2.0], "float32")


def data(name: str, *keys: str) -> tuple[Any, Any]:
    """Truths and predictions as a loss or metric takes them."""
    scores = LOGITS if "from_logits" in keys else SHARES
    if name.startswith("BinaryIoU"):
        return SEVERAL[:, 0], CHANCES[:, 0]
    if name.startswith("OneHot"):
        return ONE_OF, IDS[::-1] if "sparse_y_pred" in keys else SHARES
    if name.endswith("IoU"):
        return ONE_OF if "sparse_y_true" in keys else IDS, SHARES if "sparse_y_pred" in keys else IDS[::-1]
    if name == "Accuracy":
        return IDS, IDS[::-1]
    if name.startswith("Sparse"):
        return IDS, scores
    if name.startswith(("Categorical", "TopK", "KLD", "F1", "FBeta")):
        return ONE_OF, scores
    if name.startswith(("R2", "Mean", "Root", "Huber", "Log", "Cosine")):
        return SOME, LOGITS
    return SEVERAL, LOGITS if "from_logits" in keys else CHANCES


@pytest.mark.parametrize(("name", "keys"), groups("losses"))
def test_a_loss_has_the_same_values_and_gradients(old: Any, name: str, keys: tuple[str, ...]) -> None:
    import tensorflow as tf

    loss = exercised(old, "losses", name, *keys)
    new, told = translated(old, "losses", loss)
    assert told == []
    assert new.name == (loss.name or new.name)
    truth, prediction = data(name, *keys)
    for weights in (None, IMPORTANCE):
        answers = []
        for each in (loss, new):
            given = tf.constant(prediction)
            with tf.GradientTape() as tape:
                tape.watch(given)
                value = each(truth, given, sample_weight=weights)
            answers.append((value, tape.gradient(value, given)))
        for expected, found in zip(*answers):
            np.testing.assert_allclose(found, expected, 1e-5, 1e-6)


@pytest.mark.parametrize("reduction", ["auto", "none", "sum", "sum_over_batch_size"])
def test_a_loss_is_reduced_alike(old: Any, reduction: str) -> None:
    loss = old.losses.MeanSquaredError(reduction=reduction)
    new, _ = translated(old, "losses", loss)
    for weights in (None, IMPORTANCE):
        np.testing.assert_allclose(new(SOME, LOGITS, weights), loss(SOME, LOGITS, weights), 1e-6)


@pytest.mark.parametrize(("name", "keys"), [each for each in groups("metrics") if each not in UNRUN])
def test_a_metric_has_the_same_results(old: Any, name: str, keys: tuple[str, ...]) -> None:
    metric = exercised(old, "metrics", name, *keys)
    new, told = translated(old, "metrics", metric)
    if (name, keys) in LEFT_OUT:
        assert new is None
        assert len(told) == 1
        return
    assert told == []
    assert new.name == metric.name
    truth, prediction = data(name, *keys)
    given = (prediction,) if name in ("Mean", "Sum") else (truth, prediction)
    for weights in (None, IMPORTANCE):
        for each in (metric, new):
            each.update_state(*given, sample_weight=weights)
        np.testing.assert_allclose(new.result(), metric.result(), 1e-5, 1e-6)


@pytest.mark.parametrize(("name", "keys"), sorted(UNRUN))
def test_what_is_called_not_to_run_does_not(old: Any, name: str, keys: tuple[str, ...]) -> None:
    import tensorflow as tf

    metric = exercised(old, "metrics", name, *keys)
    with pytest.raises(tf.errors.OpError):
        metric.update_state(*data(name, *keys), sample_weight=IMPORTANCE)


@pytest.mark.parametrize("name", sorted({*losses.CLASSES, *losses.ALIASES} - {"cosine", "cosine_proximity"}))
def test_a_loss_is_found_by_each_of_its_names(old: Any, name: str) -> None:
    import keras

    found = keras.losses.get(TrainingObjects({}).loss(name))
    truth, prediction = (IDS, SHARES) if name.startswith("sparse") else (ONE_OF, SHARES)
    np.testing.assert_allclose(found(truth, prediction), old.losses.get(name)(truth, prediction), 1e-5, 1e-6)


@pytest.mark.parametrize("name", [name for kind, name in FUNCTIONS if kind == "metrics"])
def test_a_metric_is_found_by_each_of_its_names(old: Any, name: str) -> None:
    """By those alone that Keras 2 has for metrics: the others are of losses."""
    import keras

    if not hasattr(old.src.metrics, name):
        assert name in losses.ALIASES or name in losses.CLASSES or name == "cosine"
        return
    leaf = TrainingObjects({}).metric(name, "", None)
    if name in metrics.CHOSEN:
        assert leaf == name
        return
    new = again(keras, leaf)
    metric = old.metrics.MeanMetricWrapper(getattr(old.src.metrics, name), name=name)
    truth, prediction = (IDS, SHARES) if name.startswith("sparse") else (ONE_OF, SHARES)
    for each in (metric, new):
        each.update_state(truth, prediction)
    assert new.name == name
    np.testing.assert_allclose(new.result(), metric.result(), 1e-5, 1e-6)
