"""How a model is compiled goes back in the words of Keras 2.15, if these mean the same there."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from importer.rollback import compiled
from importer.rollback.compiled import NoCounterpartError, Words, backward, written_anew

BEFORE = {
    "optimizer": {
        "class_name": "Adam",
        "config": {"learning_rate": 0.1, "jit_compile": False, "is_legacy_optimizer": False},
    },
    "loss": "mse",
    "loss_weights": None,
    "metrics": ["mae"],
    "weighted_metrics": None,
    "run_eagerly": False,
    "steps_per_execution": 1,
    "jit_compile": None,
}


def in_keras_3(config: Mapping[str, Any]) -> dict[str, Any]:
    """What Keras 3 makes of it; a loss `lost` is nothing that it knows."""
    if config["loss"] == "lost":
        raise NoCounterpartError("lost: Keras 3 has no such loss")
    optimizer = copy.deepcopy(dict(config["optimizer"]))
    for key in ("jit_compile", "is_legacy_optimizer"):
        optimizer["config"].pop(key, None)
    optimizer["config"] |= {"loss_scale_factor": None, "gradient_accumulation_steps": None}
    kept = {key: config.get(key) for key in ("loss", "loss_weights", "metrics", "weighted_metrics")}
    kept["loss"] = "mse" if kept["loss"] == "MSE" else kept["loss"]
    kept["metrics"] = None if kept["metrics"] == ["new"] else kept["metrics"]
    compiled = config["jit_compile"]
    return {
        **kept, "optimizer": optimizer, "steps_per_execution": config["steps_per_execution"],
        "jit_compile": "auto" if compiled is None else compiled,
    }  # fmt: skip


@dataclass(frozen=True)
class _Forth(Words):
    def forth(self, config: Mapping[str, Any]) -> Any:
        return self.arranged(in_keras_3(config))


class _Model:
    output_names = ("a", "b")
    run_eagerly = False


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Words about a model that is compiled like this in Keras 3."""

    def words(now: Mapping[str, Any]) -> Words:
        monkeypatch.setattr(compiled, "compile_config", lambda model, own: now)
        return _Forth(_Model(), None, None)  # type: ignore[arg-type]

    return words


def changed(config: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    """The config with other settings, and others of its optimizer as `optimizer__key`."""
    made = copy.deepcopy(dict(config))
    for key, value in keys.items():
        if key.startswith("optimizer__"):
            made["optimizer"]["config"][key.removeprefix("optimizer__")] = value
        else:
            made[key] = value
    return made


def test_what_is_as_it_was_stays_to_the_letter(words: Any) -> None:
    before = changed(BEFORE, loss="MSE")
    found = backward(words(in_keras_3(before)), before)
    assert found.config is before
    assert found.is_as_before
    assert found.changes == ()


def test_a_setting_that_changed_is_changed_in_the_words_of_keras_2(words: Any) -> None:
    before = changed(BEFORE, loss="MSE")
    found = backward(words(changed(in_keras_3(before), optimizer__learning_rate=0.01)), before)
    assert found.config == changed(before, optimizer__learning_rate=0.01)
    (change,) = found.changes
    assert change.text == "optimizer.learning_rate is 0.01 now, and was 0.1 when the model was migrated"
    assert not found.is_as_before


def test_another_object_is_written_anew(words: Any) -> None:
    sgd = {"class_name": "SGD", "config": {"momentum": 0.9}}
    now = in_keras_3(changed(BEFORE, optimizer=sgd))
    found = backward(words(now), BEFORE)
    assert found.config["optimizer"]["config"] == {"momentum": 0.9, "jit_compile": False, "is_legacy_optimizer": False}
    assert any("optimizer" in change.text and "Adam" in change.text for change in found.changes)


def test_without_a_past_it_is_written_anew(words: Any) -> None:
    found = backward(words(in_keras_3(BEFORE)), None)
    assert found.config == BEFORE
    assert found.changes == ()


def test_what_keras_2_lacks_is_named(words: Any) -> None:
    now = in_keras_3(BEFORE)
    with pytest.raises(NoCounterpartError, match="gradient_accumulation_steps=4 of Adam"):
        backward(words(changed(now, optimizer__gradient_accumulation_steps=4)), BEFORE)
    with pytest.raises(NoCounterpartError, match="lost: Keras 3 has no such loss"):
        backward(words(changed(now, loss="lost")), BEFORE)


def test_what_would_come_back_otherwise_is_not_claimed(words: Any) -> None:
    with pytest.raises(NoCounterpartError, match=r"loss is 'MSE' in Keras 3, and can only be 'mse'"):
        backward(words(changed(in_keras_3(BEFORE), loss="MSE")), None)


def test_metrics_move_no_weight_and_are_told(words: Any) -> None:
    found = backward(words(changed(in_keras_3(BEFORE), metrics=["new"])), None)
    assert [change.text for change in found.changes] == ["metrics that Keras 2.15 does not have are left out"]


def test_the_names_of_outputs_are_in_the_order_of_outputs(words: Any) -> None:
    before = changed(BEFORE, loss=["mse", "mae"], metrics=[["mae"], None])
    named = changed(in_keras_3(before), loss={"b": "mae", "a": "mse"}, metrics={"a": ["mae"]})
    assert backward(words(named), before).is_as_before


def test_an_optimizer_within_another() -> None:
    inner = {"class_name": "Adam", "config": {"loss_scale_factor": None, "beta_1": 0.9}}
    outer = {"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": inner, "initial_scale": 2.0}}
    now = {**in_keras_3(BEFORE), "optimizer": outer}
    config = written_anew(_Model(), now)["optimizer"]["config"]
    assert config["dynamic"]
    assert config["inner_optimizer"]["config"] == {"beta_1": 0.9, "jit_compile": False, "is_legacy_optimizer": False}
