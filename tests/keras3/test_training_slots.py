"""The table of slots against the optimizers of Keras 3."""

from __future__ import annotations

from typing import Any

import pytest

from translation.training.slots import LOSS_SCALE, SCALARS, SLOTS, slots_of

# The options with which an optimizer keeps all that it ever keeps.
_OPTIONS: dict[str, dict[str, Any]] = {
    "Adam": {"amsgrad": True},
    "AdamW": {"amsgrad": True},
    "RMSprop": {"momentum": 0.9, "centered": True},
    "SGD": {"momentum": 0.9},
}


@pytest.mark.parametrize("class_name", SLOTS)
def test_all_that_an_optimizer_keeps_is_in_the_table(class_name: str) -> None:
    """Two weights, of which Adafactor keeps placeholders for the one with a single axis."""
    import keras

    weights = [keras.Variable([[1.0, 2.0]], name="kernel"), keras.Variable([1.0, 2.0], name="bias")]
    optimizer = getattr(keras.optimizers, class_name)(use_ema=True, **_OPTIONS.get(class_name, {}))
    optimizer.build(weights)
    kept = [getattr(optimizer, slot.keras_3) for slot in slots_of(class_name)]
    assert all(len(variables) == len(weights) for variables in kept)
    scalars = [found for each in SCALARS if (found := getattr(optimizer, each.keras_3, None)) is not None]
    named = {id(variable) for variable in [*scalars, *(each for variables in kept for each in variables)]}
    assert named == {id(variable) for variable in optimizer.variables}


def test_what_scales_a_loss_is_in_the_table() -> None:
    import keras

    inner = keras.optimizers.SGD()
    optimizer = keras.optimizers.LossScaleOptimizer(inner)
    optimizer.build([keras.Variable([1.0], name="bias")])
    own = {id(variable) for variable in optimizer.variables} - {id(variable) for variable in inner.variables}
    unused = {id(optimizer._iterations), id(optimizer._learning_rate)}  # the inner optimizer has those that count
    assert own - unused == {id(getattr(optimizer, each.keras_3)) for each in LOSS_SCALE}
