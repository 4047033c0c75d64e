"""The layers of Keras that compute something else in training than at inference."""

from __future__ import annotations

from collections.abc import Mapping

_DROPOUT = ("dropout", "recurrent_dropout")

NOISY: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("SimpleRNN", "LSTM", "GRU", "SimpleRNNCell", "LSTMCell", "GRUCell"), _DROPOUT),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "ConvLSTMCell"), _DROPOUT),
    **dict.fromkeys(("Attention", "AdditiveAttention", "MultiHeadAttention"), ("dropout",)),
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout"), ("rate",)),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), ("rate",)),
    "GaussianNoise": ("stddev",),
    "StochasticDepth": ("drop_path_rate",),
}
"""The layers that draw in training, each with the keys that are zero without noise."""

RANDOM_IMAGES = frozenset(
    {
        *("RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomHeight"),
        *("RandomRotation", "RandomTranslation", "RandomWidth", "RandomZoom"),
    }
)
"""The layers that change images at random, whatever their keys are."""

NORMALIZING = frozenset({"BatchNormalization", "SyncBatchNormalization", "SpectralNormalization"})
"""The layers that draw nothing, and normalize by what they are called with."""
