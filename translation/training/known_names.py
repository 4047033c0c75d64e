"""The names by which Keras 2.15 finds its own optimizers, schedules, losses and metrics."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPTIMIZERS = _words("Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lion Nadam RMSprop SGD")
"""Those since Keras 2.11."""

LEGACY_OPTIMIZERS = _words("Adadelta Adagrad Adam Adamax Ftrl Nadam RMSprop SGD")
"""Those of before, which Keras 2.15 still has."""

SCHEDULES = _words(
    "CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay PiecewiseConstantDecay PolynomialDecay"
)

LOSSES = _words("""
    BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy CategoricalHinge
    CosineSimilarity Hinge Huber KLDivergence LogCosh LossFunctionWrapper MeanAbsoluteError
    MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy
    SquaredHinge
""")

LOSS_FUNCTIONS = _words("""
    BCE KLD MAE MAPE MSE MSLE bce binary_crossentropy binary_focal_crossentropy categorical_crossentropy
    categorical_focal_crossentropy categorical_hinge cosine_similarity hinge huber huber_loss kl_divergence kld
    kullback_leibler_divergence log_cosh logcosh mae mape mean_absolute_error mean_absolute_percentage_error
    mean_squared_error mean_squared_logarithmic_error mse msle poisson sparse_categorical_crossentropy squared_hinge
""")

METRICS = _words("""
    AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy CategoricalCrossentropy
    CategoricalHinge CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives Hinge IoU KLDivergence
    LogCoshError Mean MeanAbsoluteError MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanRelativeError
    MeanSquaredError MeanSquaredLogarithmicError MeanTensor OneHotIoU OneHotMeanIoU Poisson Precision
    PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError SensitivityAtSpecificity
    SparseCategoricalAccuracy SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy SpecificityAtSensitivity
    SquaredHinge Sum TopKCategoricalAccuracy TrueNegatives TruePositives
""")

METRIC_FUNCTIONS = _words("""
    ACC BCE MAE MAPE MSE MSLE acc accuracy bce binary_accuracy binary_crossentropy categorical_accuracy
    categorical_crossentropy categorical_hinge ce cosine_proximity cosine_similarity crossentropy hinge
    kullback_leibler_divergence log_cosh logcosh mae mape mean_absolute_error mean_absolute_percentage_error
    mean_squared_error mean_squared_logarithmic_error mse msle poisson sparse_categorical_accuracy
    sparse_categorical_crossentropy sparse_top_k_categorical_accuracy squared_hinge top_k_categorical_accuracy
""")

FORMER_LOSSES = {"cosine": "cosine_similarity", "cosine_proximity": "cosine_similarity"}
FORMER_METRICS = {
    "cosine": "cosine_proximity",
    **dict.fromkeys(("kld", "KLD", "kl_divergence"), "kullback_leibler_divergence"),
}
"""Functions of older Keras that Keras 2.15 has by another name."""

LOSS_SCALES = _words("DynamicLossScale FixedLossScale")
"""What a LossScaleOptimizer of before TensorFlow 2.4 has in its config."""
