"""`keras.metrics`: what training reports; classes, and functions by every name that Keras 2 reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.evidence import Config, SilentChange, keras2, keras3
from translation.verbs import Decision, Rule, custom, refuse, respell, same

KIND = "metrics"

# The class of Keras 3 that computes the mean of a function.
CLASSES: Mapping[str, str] = {
    "accuracy": "Accuracy",
    "binary_accuracy": "BinaryAccuracy",
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_accuracy": "CategoricalAccuracy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_hinge": "CategoricalHinge",
    "cosine_similarity": "CosineSimilarity",
    "hinge": "Hinge",
    "kl_divergence": "KLDivergence",
    "log_cosh": "LogCoshError",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_error": "MeanSquaredError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "poisson": "Poisson",
    "sparse_categorical_accuracy": "SparseCategoricalAccuracy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "sparse_top_k_categorical_accuracy": "SparseTopKCategoricalAccuracy",
    "squared_hinge": "SquaredHinge",
    "top_k_categorical_accuracy": "TopKCategoricalAccuracy",
}
# These look at the mask of the predictions; the others count what it covers, in Keras 3 but not in Keras 2.
MASKED = frozenset({*CLASSES.values(), "MeanMetricWrapper"})
# Its other names in Keras 2.
ALIASES: Mapping[str, str] = {
    **dict.fromkeys(("bce", "BCE"), "binary_crossentropy"),
    **dict.fromkeys(("mse", "MSE"), "mean_squared_error"),
    **dict.fromkeys(("mae", "MAE"), "mean_absolute_error"),
    **dict.fromkeys(("mape", "MAPE"), "mean_absolute_percentage_error"),
    **dict.fromkeys(("msle", "MSLE"), "mean_squared_logarithmic_error"),
    **dict.fromkeys(("kld", "KLD", "kullback_leibler_divergence"), "kl_divergence"),
    "logcosh": "log_cosh",
    **dict.fromkeys(("cosine", "cosine_proximity"), "cosine_similarity"),
}
# What Keras chooses by the shapes of truth and prediction, in both versions by the same rule.
CHOSEN = frozenset({"accuracy", "acc"})
CROSSENTROPIES = frozenset({"crossentropy", "ce"})


_MASKED = SilentChange(
    before="leaves out the steps that a mask covers",
    after="counts them: only means of functions look at masks",
    difference="Recall of two steps, of which the one that was missed is masked: **1.0** → **0.5**",
    answer="kept as Keras 3 has it, and the report says so",
    measure="mask_of_a_metric",
)
_COUNTED = SilentChange(
    before="with `ignore_class`, leaves the class out of the mean",
    after="counts it as zero",
    difference="two truths of which one is ignored, at even chances: **0.69** → **0.35**",
    answer="the metric is left out, and the report says so",
    measure="ignored_class",
)
_CUT = SilentChange(
    before="counts weights of samples as they are",
    after="cuts them to whole numbers, unless it is given a dtype",
    difference="MeanIoU of samples of weight 1.5, 1.5 and 0.75, of which the second is wrong: **0.42** → **0.25**",
    answer="its dtype is written out, and weights count as they are",
    measure="weighted_iou",
)


def _dtype(value: Any) -> Any:
    return value["config"]["name"] if isinstance(value, Mapping) else value


def _class_axis(config: Config) -> Decision:
    """Along it probabilities become classes, if there are any; Keras 3 adds up what it has found along it as well."""
    is_read = not (config.get("sparse_y_true", False) and config.get("sparse_y_pred", False))
    if config["axis"] in (-1, 0):
        return Decision({"axis": config["axis"]})
    return Decision(refusal=f"Keras 3 computes no result with axis={config['axis']!r}" if is_read else None)


_EVERY = (*same("name"), *respell("dtype", _dtype, "a policy by its name"))
_IOU = (
    *same("num_classes ignore_class sparse_y_pred"),
    *custom("axis", "only -1 or 0, unless it is not needed", _class_axis),
)
_OF_MASKS = (_MASKED,)
_OF_IOU = (_MASKED, _CUT)
_GONE = "Keras 3 has no such metric, and no training depends on it"
_IGNORED = "Keras 3 counts what ignore_class leaves out as zeros of the mean"
_BASE = "a base class, which computes nothing of its own"


def _rules(keys: str, names: str, quiet: tuple[SilentChange, ...] = ()) -> tuple[Rule, ...]:
    return tuple(Rule(name, (*_EVERY, *same(keys)), quiet=quiet) for name in names.split())


def _gone(names: str, path: str) -> tuple[Rule, ...]:
    return tuple(Rule(name, source=keras2(path, "removed"), dropped=_GONE) for name in names.split())


RULES = (
    Rule(
        "AUC",
        (
            *_EVERY,
            *same("num_thresholds curve summation_method thresholds multi_label num_labels from_logits"),
            *refuse("label_weights", None, why="Keras 3 saves an AUC with label_weights, and cannot read it back"),
        ),
        source=keras3("metrics/confusion_metrics.py", "label_weights are saved as a tensor"),
        quiet=_OF_MASKS,
    ),
    *_rules("threshold", "BinaryAccuracy"),
    *_rules("from_logits label_smoothing", "BinaryCrossentropy"),
    *_rules("target_class_ids threshold", "BinaryIoU", _OF_IOU),
    *_rules("from_logits label_smoothing axis", "CategoricalCrossentropy"),
    *_rules("axis", "CosineSimilarity"),
    *_rules("average threshold", "F1Score"),
    *_rules("average beta threshold", "FBetaScore"),
    *_rules("thresholds", "FalseNegatives FalsePositives TrueNegatives TruePositives", _OF_MASKS),
    *_rules("thresholds top_k class_id", "Precision Recall", _OF_MASKS),
    *_rules("recall num_thresholds class_id", "PrecisionAtRecall", _OF_MASKS),
    *_rules("precision num_thresholds class_id", "RecallAtPrecision", _OF_MASKS),
    *_rules("specificity num_thresholds class_id", "SensitivityAtSpecificity", _OF_MASKS),
    *_rules("sensitivity num_thresholds class_id", "SpecificityAtSensitivity", _OF_MASKS),
    *_rules("class_aggregation num_regressors", "R2Score"),
    Rule(
        "SparseCategoricalCrossentropy",
        (*_EVERY, *same("from_logits axis"), *refuse("ignore_class", None, why=_IGNORED)),
        source=keras3("metrics/reduction_metrics.py", "MeanMetricWrapper looks at the mask of the predictions alone"),
        quiet=(_COUNTED,),
    ),
    *_rules("k", "SparseTopKCategoricalAccuracy TopKCategoricalAccuracy"),
    Rule("IoU", (*_EVERY, *_IOU, *same("target_class_ids sparse_y_true")), quiet=_OF_IOU),
    Rule("MeanIoU", (*_EVERY, *_IOU, *same("sparse_y_true")), quiet=_OF_IOU),
    Rule("OneHotIoU", (*_EVERY, *_IOU, *same("target_class_ids")), quiet=_OF_IOU),
    Rule("OneHotMeanIoU", (*_EVERY, *_IOU), quiet=_OF_IOU),
    *_rules(
        "",
        "Accuracy CategoricalAccuracy CategoricalHinge Hinge KLDivergence LogCoshError Mean MeanAbsoluteError "
        "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson "
        "SparseCategoricalAccuracy SquaredHinge Sum",
    ),
    *_rules("fn", "MeanMetricWrapper"),
    *_rules("", "RootMeanSquaredError", _OF_MASKS),
    *_gone("MeanRelativeError", "metrics/regression_metrics.py"),
    *_gone("MeanTensor SumOverBatchSize SumOverBatchSizeMetricWrapper", "metrics/base_metric.py"),
    Rule("Metric", _EVERY),
    Rule("PyMetric", source=keras2("metrics/py_metric.py", "removed"), dropped=_BASE),
    Rule("Reduce", source=keras2("metrics/base_metric.py", "private"), dropped=_BASE),
    Rule("SensitivitySpecificityBase", source=keras2("metrics/confusion_metrics.py", "private"), dropped=_BASE),
    *(Rule(name, becomes=made) for name, made in CLASSES.items()),
    *(Rule(name, becomes=CLASSES[function]) for name, function in ALIASES.items()),
)
