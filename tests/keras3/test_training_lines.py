"""What Keras 3 does otherwise in training is told where a model has it, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.keras3.compiled_bundles import arrived
from translation.keras2_to_3.training import AVERAGED, COUNTED

IDS = np.array([[1, 2, 0, 0], [3, 1, 2, 0], [1, 1, 1, 1], [2, 0, 0, 0]])
TRUTH = np.array([[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 1, 0, 1]], "float32")[..., None]


@pytest.mark.parametrize("is_masked", [True, False])
def test_a_metric_that_counts_what_a_mask_covers(old: Any, tmp_path: Path, is_masked: bool) -> None:
    layers = [old.Input((4,), dtype="int32"), old.layers.Embedding(6, 3, mask_zero=is_masked)]
    model = old.Sequential([*layers, old.layers.Dense(1, activation="sigmoid")])
    model.compile(old.optimizers.SGD(0.1), "mse", metrics=[old.metrics.AUC(name="auc"), "mae"])
    model.train_on_batch(IDS, TRUTH)
    new, told = arrived(model, tmp_path)
    assert told == ([COUNTED] if is_masked else [])
    (before, after) = (each.evaluate(IDS, TRUTH, verbose=0, return_dict=True) for each in (model, new))
    assert before["mae"] == pytest.approx(after["mae"])
    assert (before["auc"] == pytest.approx(after["auc"])) is not is_masked


@pytest.mark.parametrize("steps", [0, 2])
def test_an_average_that_has_not_begun(old: Any, tmp_path: Path, steps: int) -> None:
    model = old.Sequential([old.Input((3,)), old.layers.Dense(1)])
    model.compile(old.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5), "mse")
    model.optimizer.build(model.trainable_variables)
    data = np.eye(3, dtype="float32"), np.ones((3, 1), "float32")
    for _ in range(steps):
        model.train_on_batch(*data)
    new, told = arrived(model, tmp_path)
    assert told == ([] if steps else [AVERAGED])
    for each in (model, new):
        each.train_on_batch(*data)
    before, after = (np.array(each.optimizer._model_variables_moving_average[0]) for each in (model, new))
    assert np.allclose(before, after, atol=1e-6) is bool(steps)


@pytest.mark.parametrize("is_scaled", [False, True])
@pytest.mark.parametrize("frequency", [None, 1, 3, 100])
def test_fit_ends_with_the_averages_in_both(old: Any, tmp_path: Path, frequency: int | None, is_scaled: bool) -> None:
    """So there is nothing to tell of an average that has begun."""
    model = old.Sequential([old.Input((3,)), old.layers.Dense(1)])
    optimizer = old.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=frequency)
    model.compile(old.mixed_precision.LossScaleOptimizer(optimizer) if is_scaled else optimizer, "mse")
    data = np.eye(3, dtype="float32"), np.array([[1.0], [2.0], [3.0]], "float32")
    for _ in range(2):
        model.train_on_batch(*data)
    new, told = arrived(model, tmp_path)
    assert told == []
    found = []
    for each in (model, new):
        each.fit(*data, epochs=2, batch_size=1, shuffle=False, verbose=0)
        inner = getattr(each.optimizer, "inner_optimizer", each.optimizer)
        averages = [np.array(average) for average in inner._model_variables_moving_average]
        assert all(np.array_equal(*pair) for pair in zip(each.get_weights(), averages))
        found.append(each.get_weights())
    for before, after in zip(*found):
        np.testing.assert_allclose(after, before, rtol=1e-5)


@pytest.mark.parametrize(
    ("metric", "becomes"), [("poisson", "other"), ("binary_crossentropy", "none"), ("mae", "same")]
)
def test_targets_of_one_axis_for_a_column(old: Any, tmp_path: Path, metric: str, becomes: str) -> None:
    """What the exporter says of such metrics is so; losses take them as Keras 2 does."""
    model = old.Sequential([old.Input((3,)), old.layers.Dense(1, "sigmoid")])
    model.compile("sgd", "mse", metrics=[metric])
    new, _ = arrived(model, tmp_path)
    x, y = np.eye(3, dtype="float32"), np.array([0.0, 1.0, 1.0], "float32")
    wanted = model.evaluate(x, y, verbose=0)
    new.run_eagerly = True  # a trace for one shape of targets is tried for the other
    if becomes == "none":
        with pytest.raises(ValueError, match="same rank"):
            new.evaluate(x, y, verbose=0)
        return
    found = new.evaluate(x, y, verbose=0)
    assert found[0] == pytest.approx(wanted[0])
    assert (found[1] == pytest.approx(wanted[1])) is (becomes == "same")
    assert new.evaluate(x, y[:, None], verbose=0) == pytest.approx(wanted)
