"""Two models that train alike are told to be equal, and any small difference in how they train is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.training import proof as recording
from importer.training import steps
from interchange.bundle import Bundle
from tests.keras3.training_pairs import pair, recorded


def _settings(keras: Any, **changed: Any) -> Any:
    """A model with all that may be lost on the way; `changed` is what differs."""
    layers, losses = keras.layers, keras.losses
    given = {
        "regularizer": "l2",
        "constraint": keras.constraints.MaxNorm(0.6),
        "loss_weights": {"one": 1.0, "two": 0.3},
        "smoothing": 0.1,
        "epsilon": 1e-7,
        "beta_1": 0.9,
        "amsgrad": False,
        "clipnorm": 0.02,
        "frozen": (),
        **changed,
    }
    x = layers.Input((4,), name="x")
    first = layers.Dense(4, "tanh", name="first", kernel_regularizer=given["regularizer"])
    second = layers.Dense(4, "tanh", name="second", kernel_constraint=given["constraint"])
    y = layers.Dropout(0.5, name="dropout")(second(first(x)))
    one = layers.Dense(1, name="one")(y)
    two = layers.Dense(3, name="two")(y)
    model = keras.Model(x, [one, two])
    for name in given["frozen"]:
        model.get_layer(name).trainable = False
    model.compile(
        keras.optimizers.Adam(
            0.01,
            beta_1=given["beta_1"],
            epsilon=given["epsilon"],
            amsgrad=given["amsgrad"],
            clipnorm=given["clipnorm"],
        ),
        {"one": "mse", "two": losses.CategoricalCrossentropy(from_logits=True, label_smoothing=given["smoothing"])},
        loss_weights=given["loss_weights"],
        metrics={"one": ["mae"], "two": ["accuracy"]},
    )
    return model


def _other(**changed: Any) -> Callable[[Any], Any]:
    """Builds a model that differs."""
    return lambda keras: _settings(keras, **changed)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The model with all that may be lost on the way."""
    return recorded(_settings, tmp_path_factory.mktemp("bundle"))


def _rate(optimizer: Any) -> None:
    optimizer.learning_rate = optimizer.learning_rate * 1.01


def _swapped(slots: list[Any]) -> None:
    """Swaps the slots of the two kernels of one shape."""
    alike = [slot for slot in slots if tuple(slot.shape) == (4, 4)]
    one, other = (np.array(slot) for slot in alike)
    alike[0].assign(other)
    alike[1].assign(one)


LOST: dict[str, tuple[Callable[[Any], Any], set[str]]] = {
    "a loss weight": (_other(loss_weights=None), {"loss", "gradient"}),
    "a regularizer": (_other(regularizer=None), {"penalty", "gradient"}),
    "a constraint": (_other(constraint=None), {"weight"}),
    "label smoothing": (_other(smoothing=0.0), {"loss", "gradient"}),
    "an epsilon": (_other(epsilon=1e-5), {"weight"}),
    "a beta": (_other(beta_1=0.95), {"weight", "slot"}),
    "clipping": (_other(clipnorm=None), {"weight", "slot"}),
}

NUDGED: dict[str, tuple[Callable[[Any], None], set[str]]] = {
    "the learning rate": (_rate, {"weight", "slot"}),
    "two momenta": (lambda optimizer: _swapped(optimizer._momentums), {"weight", "slot"}),
    "two velocities": (lambda optimizer: _swapped(optimizer._velocities), {"weight", "slot"}),
    "a velocity": (lambda optimizer: optimizer._velocities[-1].assign([0.0, 0.0, 0.0]), {"weight", "slot"}),
    "the iterations": (lambda optimizer: optimizer.iterations.assign(2), {"weight"}),
}


def test_models_that_train_alike_are_equal(bundle: Bundle) -> None:
    found = pair(bundle, _settings).compared()
    assert [row for row in found.rows if not row.equal] == []
    assert found.why is None
    assert found.is_equal
    assert {row.kind for row in found.rows} == {
        *("trainable", "loss", "metric", "penalty", "gradient", "weight", "slot"),
    }
    assert all(row.proves for row in found.rows)


@pytest.mark.parametrize("lost", LOST)
def test_what_is_lost_is_found(bundle: Bundle, lost: str) -> None:
    build, kinds = LOST[lost]
    found = pair(bundle, build).compared()
    assert not found.is_equal
    assert kinds <= {row.kind for row in found.rows if not row.equal}


@pytest.mark.parametrize("nudged", NUDGED)
def test_a_state_that_differs_is_found(bundle: Bundle, nudged: str) -> None:
    nudge, kinds = NUDGED[nudged]
    both = pair(bundle, _settings)
    nudge(both.model.optimizer)
    found = both.compared()
    assert not found.is_equal
    assert kinds <= {row.kind for row in found.rows if not row.equal}


def _recurrent(keras: Any) -> Any:
    """A model whose steps are traced in both Keras."""
    layers = keras.layers
    read = layers.LSTM(4, kernel_regularizer="l2")
    model = keras.Sequential([layers.Input((20, 3)), read, layers.Dense(3, activation="softmax")])
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def test_what_is_seen_within_a_traced_step_is_compared(tmp_path: Path) -> None:
    found = pair(recorded(_recurrent, tmp_path / "bundle"), _recurrent).compared()
    assert [row for row in found.rows if not row.equal] == []
    assert {"loss", "metric", "penalty", "gradient"} <= {row.kind for row in found.rows}


def test_fewer_steps_are_compared_where_fewer_are_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "STEPS", 1)
    found = pair(recorded(_settings, tmp_path / "bundle"), _settings).compared()
    assert found.is_equal
    assert found.steps == 1
    assert [row.name for row in found.rows if row.kind == "loss"] == [
        *("loss of step 1", "one_loss of step 1", "two_loss of step 1"),
    ]


def test_a_frozen_layer_is_told_by_its_path(bundle: Bundle) -> None:
    both = pair(bundle, _settings)
    both.model.get_layer("second").trainable = False
    row = both.compared().rows[0]
    assert (row.kind, row.equal, row.max_abs) == ("trainable", False, 2.0)
    assert row.reason == "second/bias is frozen, second/kernel is frozen"


def test_short_vectors_in_a_cosine_similarity_are_all_that_differs(tmp_path: Path) -> None:
    def build(keras: Any) -> Any:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Rescaling(1e-8)])
        similarity = keras.metrics.CosineSimilarity()
        model.compile(keras.optimizers.SGD(1e-3), keras.losses.CosineSimilarity(), metrics=[similarity])
        return model

    found = pair(recorded(build, tmp_path / "bundle"), build).compared()
    assert [row for row in found.rows if not row.equal] == []
    assert [text for text in found.by_design if text.startswith("in a cosine similarity")] == list(found.by_design)
    assert found.by_design


def test_what_a_model_raises_is_told(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    both = pair(bundle, _settings)

    def refuse(data: Any) -> None:
        raise RuntimeError("not today")

    monkeypatch.setattr(both.model, "train_step", refuse)
    row = both.compared().rows[-1]
    assert (row.equal, row.reason) == (False, "Keras 3 cannot train it: not today")


@pytest.mark.parametrize("broken", ["_data", "_losses", "variables"])
def test_what_is_wrong_with_our_own_code_is_no_difference(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fault(*_: Any) -> Any:
        raise KeyError("ours")

    both = pair(bundle, _settings)
    monkeypatch.setattr(steps, broken, fault)
    with pytest.raises(KeyError, match="ours"):
        both.compared()
