"""Compiled models: what arrives in the file, and how it goes on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from importer.keras3_file import prove
from importer.save.save import config_of, with_config
from importer.whole_model import migrate
from interchange.errors import Exit, Failure
from interchange.messages.requests import ImportRequest, ProveRequest
from interchange.messages.results import ImportResult
from tests.keras3.compiled_bundles import Rows, state_of, with_training
from tests.keras3.conftest import exported

Arrive = Callable[..., tuple[ImportResult, Any]]

RANDOM = np.random.default_rng(19)
X = RANDOM.normal(size=(8, 4)).astype("float32")
Y = RANDOM.normal(size=(8, 2)).astype("float32")


@pytest.fixture
def arrive(tmp_path: Path) -> Arrive:
    """Migrate a model that was compiled, and read the file with stock Keras, which may not warn."""

    def arrive(model: Any, rows: Rows | None = None, config: Any = None, **facts: Any) -> tuple[ImportResult, Any]:
        import keras

        state = state_of(model) if rows is None else rows
        bundle = exported(model, tmp_path / "plain")
        config = config or model.get_compile_config()
        folder = with_training(bundle, tmp_path / "bundle", config, state, **facts)
        result = migrate(ImportRequest(folder, tmp_path / "model.keras"), lambda line: None)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return result, keras.saving.load_model(tmp_path / "model.keras")

    return arrive


def trained(old: ModuleType, optimizer: Any, loss: Any = "mse", **options: Any) -> Any:
    """Two dense layers in the middle of their training."""
    inputs = old.Input((4,))
    hidden = old.layers.Dense(3, activation="tanh", name="hidden/layer")(inputs)
    model = old.Model(inputs, old.layers.Dense(2, name="out")(hidden))
    model.compile(optimizer, loss, **options)
    for _ in range(3):
        model.train_on_batch(X, Y)
    return model


def assert_goes_on(old: Any, new: Any, steps: int = 4) -> None:
    for _ in range(steps):
        expected, found = old.train_on_batch(X, Y), new.train_on_batch(X, Y)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert int(new.optimizer.iterations) == int(old.optimizer.iterations)


def test_adam_goes_on_where_it_was(old: ModuleType, arrive: Arrive) -> None:
    model = trained(old, old.optimizers.Adam(0.01), metrics=["mae"])
    result, new = arrive(model)
    assert result.training is not None
    assert (result.training.optimizer, result.training.reason, result.training.steps) == ("kept", None, 3)
    assert_goes_on(model, new)


OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": lambda o: o.SGD(0.05),
    "momentum": lambda o: o.SGD(0.05, momentum=0.9, nesterov=True),
    "RMSprop": lambda o: o.RMSprop(0.01, momentum=0.5, centered=True),
    "AMSGrad": lambda o: o.Adam(0.01, amsgrad=True),
    "AdamW": lambda o: o.AdamW(0.01, weight_decay=0.1),
    "Adamax": lambda o: o.Adamax(0.01),
    "Adagrad": lambda o: o.Adagrad(0.05, initial_accumulator_value=0.3),
    "Adadelta": lambda o: o.Adadelta(0.5),
    "Ftrl": lambda o: o.Ftrl(0.05),
    "Lion": lambda o: o.Lion(0.01),
    "Adafactor": lambda o: o.Adafactor(0.01),
    "clipped": lambda o: o.Adam(0.01, clipnorm=0.1),
    "schedule": lambda o: o.Adam(o.schedules.ExponentialDecay(0.05, 2, 0.5, staircase=True)),
    "average": lambda o: o.SGD(0.05, use_ema=True, ema_momentum=0.8),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_on(name: str, old: ModuleType, arrive: Arrive) -> None:
    model = trained(old, OPTIMIZERS[name](old.optimizers))
    result, new = arrive(model)
    assert result.training is not None
    assert (result.training.optimizer, result.training.reason, result.training.steps) == ("kept", None, 3)
    assert_goes_on(model, new)


def test_what_scales_the_loss_goes_on(old: ModuleType, arrive: Arrive) -> None:
    model = trained(old, old.mixed_precision.LossScaleOptimizer(old.optimizers.Adam(0.01), dynamic_growth_steps=5))
    result, new = arrive(model)
    assert result.training is not None
    assert (result.training.optimizer, result.training.steps) == ("kept", 3)
    assert int(new.optimizer.step_counter) == 3
    assert_goes_on(model, new)
    assert float(new.optimizer.dynamic_scale) == 2.0**16


def test_a_loss_is_scaled_once_whatever_the_policy_is(old: ModuleType, arrive: Arrive) -> None:
    import keras

    model = trained(old, old.mixed_precision.LossScaleOptimizer(old.optimizers.SGD(0.01)))
    keras.config.set_dtype_policy("mixed_float16")  # which the fixture takes back
    _, new = arrive(model)
    assert type(new.optimizer.inner_optimizer).__name__ == "SGD"


def edited(rows: Rows, edit: Callable[[dict[str, Any], np.ndarray], np.ndarray | None]) -> Rows:
    """The state with other tensors; without those for which there is None."""
    pairs = [(facts, edit(facts, tensor)) for facts, tensor in rows]
    return [(facts, tensor) for facts, tensor in pairs if tensor is not None]


def of(name: str, variable: str = "") -> Callable[[dict[str, Any]], bool]:
    return lambda facts: facts["slot"] == name and facts.get("variable", "") == variable


def test_bits_arrive_as_they_are(old: ModuleType, arrive: Arrive) -> None:
    """NaN with a payload, an infinity, and a number of steps that no float has."""
    model = trained(old, old.optimizers.Adam(0.01))
    odd = np.array([0x7FC12345, 0xFF800000, 0x00000001], "uint32").view("float32")
    many = np.int64(2**62 + 1)
    rows = edited(
        state_of(model),
        lambda facts, tensor: odd if of("momentums", "bias")(facts) and tensor.shape == (3,) else tensor,
    )
    rows = edited(rows, lambda facts, tensor: np.asarray(many) if of("iterations")(facts) else tensor)
    result, new = arrive(model, rows)
    assert result.training is not None
    assert (result.training.optimizer, result.training.steps) == ("kept", 2**62 + 1)
    assert int(new.optimizer.iterations) == many
    np.testing.assert_array_equal(new.optimizer._momentums[1].numpy().view("uint32"), odd.view("uint32"))


MISFITS: dict[str, tuple[Callable[[dict[str, Any], np.ndarray], np.ndarray | None], str]] = {
    "missing": (lambda facts, tensor: None if of("velocities", "bias")(facts) else tensor, "no velocities of"),
    "shape": (
        lambda facts, tensor: tensor[:1] if of("momentums", "kernel")(facts) else tensor,
        "momentums of hidden/layer/kernel does not fit: shape",
    ),
    "no steps": (lambda facts, tensor: None if of("iterations")(facts) else tensor, "no iterations"),
    "too many steps": (
        lambda facts, tensor: np.uint64(2**63) if of("iterations")(facts) else tensor,
        "iterations does not fit: uint64",
    ),
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_state_that_does_not_fit_is_told_and_the_optimizer_begins_anew(
    name: str, old: ModuleType, arrive: Arrive
) -> None:
    model = trained(old, old.optimizers.Adam(0.01))
    edit, reason = MISFITS[name]
    result, new = arrive(model, edited(state_of(model), edit))
    assert result.training is not None
    assert (result.training.optimizer, result.training.steps) == ("rebuilt", 0)
    assert reason in str(result.training.reason)
    assert [change.rule for change in result.changes if reason in change.text] == ["optimizer"]
    assert float(new.optimizer.learning_rate) == pytest.approx(0.01)
    assert all(not np.any(variable.numpy()) for variable in new.optimizer.variables if len(variable.shape))


def test_slots_of_another_optimizer_are_no_slots(old: ModuleType, arrive: Arrive) -> None:
    model = trained(old, old.optimizers.Adam(0.01))
    key = next(facts for facts, _ in state_of(model) if facts.get("variable") == "kernel")
    stray = ({**key, "slot": "linears"}, np.zeros((4, 3), "float32"))
    result, _ = arrive(model, [*state_of(model), stray])
    assert result.training is not None
    assert result.training.optimizer == "rebuilt"
    assert "it holds linears of hidden/layer/kernel, which the optimizer does not keep" in str(result.training.reason)


def test_a_state_that_stays_behind_takes_no_room(old: ModuleType, arrive: Arrive, tmp_path: Path) -> None:
    model = trained(old, old.optimizers.Adagrad(0.01, initial_accumulator_value=0.3))
    result, new = arrive(model, [], optimizer="rebuilt", reason="--no-optimizer")
    assert result.training is not None
    assert (result.training.optimizer, result.training.reason) == ("rebuilt", "--no-optimizer")
    slots = [variable.numpy() for variable in new.optimizer.variables if len(variable.shape)]
    assert len(slots) == 4
    assert all(np.all(slot == np.float32(0.3)) for slot in slots)


def test_a_frozen_layer_has_no_slots_and_stays_frozen(old: ModuleType, arrive: Arrive) -> None:
    """What was kept for it before it was frozen is left out."""
    model = trained(old, old.optimizers.Adam(0.01))
    before = [row for row in state_of(model) if row[0].get("layer") == ["hidden/layer"]]
    model.layers[1].trainable = False
    model.compile(old.optimizers.Adam(0.01), "mse")
    model.train_on_batch(X, Y)
    result, new = arrive(model, [*state_of(model), *before])
    assert result.training is not None
    assert (len(before), result.training.optimizer, len(new.trainable_variables)) == (4, "kept", 2)
    assert len(new.optimizer.variables) == 6
    assert_goes_on(model, new)


def several(old: ModuleType) -> Any:
    """Two outputs, a layer that is called twice, and a model within the model."""
    inputs = old.Input((4,), name="x")
    shared = old.layers.Dense(4, "tanh", name="shared")
    inner_inputs = old.Input((4,))
    inner = old.Model(inner_inputs, old.layers.Dense(3, name="dense")(inner_inputs), name="inner")
    hidden = inner(shared(shared(inputs)))
    outputs = [old.layers.Dense(2, name="top/one")(hidden), old.layers.Dense(1, name="two")(hidden)]
    return old.Model(inputs, outputs)


def test_outputs_are_told_apart_by_their_new_names(old: ModuleType, arrive: Arrive) -> None:
    model = several(old)
    losses, weights = {"top/one": "mse", "two": "mae"}, {"top/one": 0.5, "two": 2.0}
    model.compile(old.optimizers.Adam(0.01), losses, loss_weights=weights, metrics=["mae", "mse"])
    truths = [Y, Y[:, :1]]
    model.train_on_batch(X, truths)
    names = model.metrics_names
    result, new = arrive(model, metrics_names=names)
    found = new.train_on_batch(X, truths, return_dict=True)
    expected = model.train_on_batch(X, truths, return_dict=True)
    assert result.training is not None
    renamed = result.training.metrics_names
    assert renamed["top/one_loss"] == "top_one_loss"
    assert {name: found[renamed.get(name, name)] for name in names} == pytest.approx(expected, rel=1e-5)
    assert result.training.optimizer == "kept"
    (line,) = (change for change in result.changes if change.rule == "metrics")
    assert "top/one_loss is top_one_loss" in line.text
    (line,) = (change for change in result.changes if change.rule == "sample_weight")
    assert "in the order top/one, two" in line.text
    weights = [np.full(8, 2.0, "float32"), np.ones(8, "float32")]
    found, expected = (each.test_on_batch(X, truths, weights)[0] for each in (new, model))
    assert found == pytest.approx(expected, rel=1e-5)
    with pytest.raises(KeyError, match="0"):
        new.test_on_batch(X, truths, dict(zip(new.output_names, weights)))


def test_slots_follow_a_weight_into_another_shape(old: ModuleType, arrive: Arrive) -> None:
    """LocallyConnected2D, whose kernel has more axes in Keras 3."""
    inputs = old.Input((5, 5, 2))
    local = old.layers.LocallyConnected2D(3, 2, name="local")(inputs)
    model = old.Model(inputs, old.layers.GlobalAveragePooling2D()(local))
    model.compile(old.optimizers.Adam(0.01), "mse")
    images, truths = RANDOM.normal(size=(6, 5, 5, 2)).astype("float32"), RANDOM.normal(size=(6, 3)).astype("float32")
    for _ in range(3):
        model.train_on_batch(images, truths)
    result, new = arrive(model)
    assert result.training is not None
    assert result.training.optimizer == "kept"
    shapes = [tuple(variable.shape) for variable in model.optimizer._momentums]
    assert shapes != [tuple(variable.shape) for variable in new.optimizer._momentums]
    for _ in range(3):
        found, expected = new.train_on_batch(images, truths), model.train_on_batch(images, truths)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_two_runs_write_the_same_bytes(old: ModuleType, arrive: Arrive, tmp_path: Path) -> None:
    model = trained(old, old.optimizers.Adam(0.01), metrics=[old.metrics.MeanAbsoluteError(), "mse"])
    arrive(model)
    first = (tmp_path / "model.keras").read_bytes()
    migrate(ImportRequest(tmp_path / "bundle", tmp_path / "again.keras"), lambda line: None)
    assert (tmp_path / "again.keras").read_bytes() == first


def test_an_older_keras_has_to_open_the_file_compiled(old: ModuleType, arrive: Arrive, tmp_path: Path) -> None:
    arrive(trained(old, old.optimizers.Adam(0.01)))
    path = tmp_path / "model.keras"
    prove(ProveRequest(path, tmp_path / "bundle"), lambda line: None)
    config = config_of(path)
    config["compile_config"]["optimizer"]["config"]["since_keras_4"] = True
    with_config(path, config, tmp_path / "newer.keras")
    with pytest.raises(Failure, match=r"cannot open it: .*since_keras_4") as failed:
        prove(ProveRequest(tmp_path / "newer.keras", tmp_path / "bundle"), lambda line: None)
    assert failed.value.code is Exit.UNREADABLE
