"""What each optimizer keeps: one name for every slot, and where each Keras has it.

A slot is a tensor that an optimizer keeps for each weight it trains, such as a mean of past gradients; a scalar is kept
once. `optimizer.npz` of a bundle has the names of this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Slot:
    """A slot or a scalar by its `name` in a bundle, and where it is.

    `keras_2` is the attribute of an optimizer of Keras 2.15: a list with one variable for each trained weight, or the
    variable of a scalar. `legacy` is the name in `keras.optimizers.legacy`, and in files of TensorFlow 2.0 and later.
    `keras_3` is the attribute of Keras 3's optimizer. None stands where that Keras has no such thing.
    """

    name: str
    keras_2: str
    legacy: Optional[str]
    keras_3: Optional[str]


_ADAM = (
    Slot("momentums", "_momentums", "m", "_momentums"),
    Slot("velocities", "_velocities", "v", "_velocities"),
    Slot("velocity_hats", "_velocity_hats", "vhat", "_velocity_hats"),
)

SLOTS: Mapping[str, tuple[Slot, ...]] = {
    "SGD": (Slot("momentums", "momentums", "momentum", "momentums"),),
    "RMSprop": (
        Slot("velocities", "_velocities", "rms", "_velocities"),
        Slot("momentums", "_momentums", "momentum", "_momentums"),
        Slot("average_gradients", "_average_gradients", "mg", "_average_gradients"),
    ),
    "Adam": _ADAM,
    "AdamW": _ADAM,
    "Adamax": (Slot("m", "_m", "m", "_m"), Slot("u", "_u", "v", "_u")),
    "Nadam": _ADAM[:2],
    "Adagrad": (Slot("accumulators", "_accumulators", "accumulator", "_accumulators"),),
    "Adadelta": (
        Slot("accumulated_grads", "_accumulated_grads", "accum_grad", "_accumulated_grads"),
        Slot("accumulated_delta_vars", "_accumulated_delta_vars", "accum_var", "_accumulated_delta_vars"),
    ),
    "Ftrl": (
        Slot("accumulators", "_accumulators", "accumulator", "_accumulators"),
        Slot("linears", "_linears", "linear", "_linears"),
    ),
    "Lion": (Slot("momentums", "momentums", None, "_momentums"),),
    "Adafactor": (Slot("r", "_r", None, "_r"), Slot("c", "_c", None, "_c"), Slot("v", "_v", None, "_v")),
}
"""The slots of each optimizer by its class, in the order in which Keras 2.15 makes them."""

AVERAGE = Slot(
    "model_variables_moving_average", "_model_variables_moving_average", None, "_model_variables_moving_average"
)
"""The slot of any optimizer with `use_ema`."""

SCALARS: tuple[Slot, ...] = (
    Slot("iterations", "_iterations", "iter", "_iterations"),
    Slot("learning_rate", "_learning_rate", "learning_rate", "_learning_rate"),
    Slot("u_product", "_u_product", "momentum_cache", "_u_product"),
)
"""What an optimizer keeps once; Nadam alone has `u_product`, and none with a schedule has `learning_rate`."""

LOSS_SCALE: tuple[Slot, ...] = (
    Slot("loss_scale", "_current_loss_scale", "current_loss_scale", "dynamic_scale"),
    Slot("dynamic_counter", "_counter", "good_steps", "step_counter"),
)
"""What a LossScaleOptimizer keeps for the optimizer within it; in Keras 2 it is in `_loss_scale`."""

FACTORED = ("r", "c")
"""Slots of Adafactor that are means over one axis; a weight with fewer than two axes has none."""


def slots_of(class_name: str) -> tuple[Slot, ...]:
    """All slots that an optimizer of a class may have; none for a class that is not in the table."""
    known = SLOTS.get(class_name)
    return () if known is None else (*known, AVERAGE)
