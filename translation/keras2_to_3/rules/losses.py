"""`keras.losses`: what training makes smaller; classes, and functions by every name that Keras 2 reads."""

from __future__ import annotations

from collections.abc import Mapping

from translation.evidence import keras3
from translation.verbs import Rule, forget, respell, same

KIND = "losses"

# What a function is called in Keras 3, and the class that wraps it.
CLASSES: Mapping[str, str] = {
    "binary_crossentropy": "BinaryCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "categorical_hinge": "CategoricalHinge",
    "cosine_similarity": "CosineSimilarity",
    "hinge": "Hinge",
    "huber": "Huber",
    "kl_divergence": "KLDivergence",
    "log_cosh": "LogCosh",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_error": "MeanSquaredError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "poisson": "Poisson",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "squared_hinge": "SquaredHinge",
}
# Its other names in Keras 2; the last are those of Keras 2.0 to 2.2.
ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("bce", "BCE"), "binary_crossentropy"),
    **dict.fromkeys(("mse", "MSE"), "mean_squared_error"),
    **dict.fromkeys(("mae", "MAE"), "mean_absolute_error"),
    **dict.fromkeys(("mape", "MAPE"), "mean_absolute_percentage_error"),
    **dict.fromkeys(("msle", "MSLE"), "mean_squared_logarithmic_error"),
    **dict.fromkeys(("kld", "KLD", "kullback_leibler_divergence"), "kl_divergence"),
    "logcosh": "log_cosh",
    "huber_loss": "huber",
    **dict.fromkeys(("cosine", "cosine_proximity"), "cosine_similarity"),
}
# Keys that Keras 3 forgets when it saves the class, with what they are then, and the function that keeps them.
FORGOTTEN: Mapping[str, tuple[str, str, float]] = {
    "CosineSimilarity": ("cosine_similarity", "axis", -1),
    "Huber": ("huber", "delta", 1.0),
}

_REDUCED = (
    *same("name"),
    *respell("reduction", lambda value: "sum_over_batch_size" if value == "auto" else value, "`auto` by its full name"),
)
_EVERY = (*_REDUCED, *forget("fn", why="the class says which function it is"))
_FROM_LOGITS = same("from_logits label_smoothing axis")

RULES = (
    Rule("BinaryCrossentropy", (*_EVERY, *_FROM_LOGITS)),
    Rule("BinaryFocalCrossentropy", (*_EVERY, *_FROM_LOGITS, *same("apply_class_balancing alpha gamma"))),
    Rule("CategoricalCrossentropy", (*_EVERY, *_FROM_LOGITS)),
    Rule("CategoricalFocalCrossentropy", (*_EVERY, *_FROM_LOGITS, *same("alpha gamma"))),
    Rule("CosineSimilarity", (*_EVERY, *same("axis")), source=keras3("losses/losses.py", "it is saved without axis")),
    Rule("Huber", (*_EVERY, *same("delta")), source=keras3("losses/losses.py", "it is saved without delta")),
    Rule("SparseCategoricalCrossentropy", (*_EVERY, *same("from_logits ignore_class axis"))),
    *(
        Rule(name, _EVERY)
        for name in (
            "CategoricalHinge Hinge KLDivergence LogCosh MeanAbsoluteError MeanAbsolutePercentageError "
            "MeanSquaredError MeanSquaredLogarithmicError Poisson SquaredHinge"
        ).split()
    ),
    Rule("Loss", _EVERY),
    Rule("LossFunctionWrapper", (*_REDUCED, *same("fn"))),
    *(Rule(name) for name in CLASSES),
    *(Rule(name, becomes=function) for name, function in ALIASES.items()),
)
