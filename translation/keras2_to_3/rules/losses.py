"""`keras.losses`: what training makes smaller; classes, and functions by every name that Keras 2 reads."""

from __future__ import annotations

from collections.abc import Mapping

from translation.evidence import SilentChange, keras3
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

_CERTAIN_AND_WRONG = SilentChange(
    before="adds 1e-7 to a probability after clipping it",
    after="only clips",
    difference="a probability of 0 for what is true: **15.42** → **16.12**",
    answer="kept as Keras 3 has it: behind a sigmoid, both compute with what is before it under TensorFlow",
    measure="certain_and_wrong",
)
_SHORT_VECTORS = SilentChange(
    before="divides by the norm, but by no less than 1e-6",
    after="divides by no less than 1e-7",
    difference="a vector of length 2.5e-7 and itself: **-0.0625** → **-1.0000**",
    answer="kept as Keras 3 has it: longer vectors have the same similarity",
    measure="similarity_of_short_vectors",
)
_UNSAVED = SilentChange(
    before="`delta` of Huber and `axis` of CosineSimilarity are saved",
    after="they are not, and a model that was opened again has their defaults",
    difference="Huber of an error of 10 with `delta=0.5`, once saved: **4.88** → **9.50**",
    answer="the loss is written as its function with this argument, which Keras 3 saves",
    measure="delta_of_huber",
)
_RANKS = SilentChange(
    before="truth of (n,) and predictions of (n, 1) are compared each with each",
    after="they are compared one by one",
    difference="(1, 2, 3) against (1, 2, 4): **2.33** → **0.33**",
    answer="the same in `fit` and `evaluate`, where both compare them one by one",
    measure="ranks_of_a_loss",
)

_REDUCED = (
    *same("name"),
    *respell("reduction", lambda value: "sum_over_batch_size" if value == "auto" else value, "`auto` by its full name"),
)
_EVERY = (*_REDUCED, *forget("fn", why="the class says which function it is"))
_FROM_LOGITS = same("from_logits label_smoothing axis")

RULES = (
    Rule("BinaryCrossentropy", (*_EVERY, *_FROM_LOGITS), quiet=(_CERTAIN_AND_WRONG,)),
    Rule(
        "BinaryFocalCrossentropy",
        (*_EVERY, *_FROM_LOGITS, *same("apply_class_balancing alpha gamma")),
        quiet=(_CERTAIN_AND_WRONG,),
    ),
    Rule("CategoricalCrossentropy", (*_EVERY, *_FROM_LOGITS)),
    Rule("CategoricalFocalCrossentropy", (*_EVERY, *_FROM_LOGITS, *same("alpha gamma"))),
    Rule(
        "CosineSimilarity",
        (*_EVERY, *same("axis")),
        source=keras3("losses/losses.py", "it is saved without axis"),
        quiet=(_SHORT_VECTORS, _UNSAVED),
    ),
    Rule(
        "Huber",
        (*_EVERY, *same("delta")),
        source=keras3("losses/losses.py", "it is saved without delta"),
        quiet=(_UNSAVED, _RANKS),
    ),
    Rule("SparseCategoricalCrossentropy", (*_EVERY, *same("from_logits ignore_class axis"))),
    *(Rule(name, _EVERY) for name in "CategoricalHinge Hinge KLDivergence Poisson SquaredHinge".split()),
    *(
        Rule(name, _EVERY, quiet=(_RANKS,))
        for name in (
            "LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError"
        ).split()
    ),
    Rule("Loss", _EVERY),
    Rule("LossFunctionWrapper", (*_REDUCED, *same("fn"))),
    *(Rule(name) for name in CLASSES),
    *(Rule(name, becomes=function) for name, function in ALIASES.items()),
)
