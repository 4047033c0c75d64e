"""The names by which files hold the state of training, which is no weight of the model, in each container."""

from __future__ import annotations

WHOLE_H5 = "optimizer_weights"
"""The group of a whole model in HDF5, beside its weights."""

ARCHIVE = frozenset({"optimizer", "metrics", "_metrics"})
"""The attributes of a model in a `.keras` archive or a `.weights.h5`; metrics are state of `compile`."""

CHECKPOINT = frozenset({"optimizer", "save_counter"})
"""The attributes of the root of a checkpoint."""

SLOT = ".OPTIMIZER_SLOT"
"""The part of a name in a checkpoint between a variable and what an optimizer keeps for it."""

KERAS_API = frozenset({"metrics", "layer_metrics", "states"})
"""The attributes of `keras_api`, by which a checkpoint lists objects; states are those of the last call."""

OWNERS = frozenset({"iter", "_iterations", "_state_var"})
"""The attributes by which a checkpoint's optimizers, which count their steps, and random generators are known."""

STEPS = frozenset({"iter", "iterations"})
"""The names of the variable in which an optimizer counts its steps."""

ANYWHERE = frozenset({
    "optimizer", "seed_generator", "seed_generators", "random_generator", "metrics", "compile_metrics", "loss_tracker",
})  # fmt: skip
"""The parts of paths that Keras gives such state, in any container."""
