"""The noise of training switched off, alike in both Keras, so that two models can be trained on the same batches.

Normalization stays as it is: it computes the same from the same batch.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

_IN_CELLS = ("dropout", "recurrent_dropout")

RATES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Dropout", "AlphaDropout", "GaussianDropout"), ("rate",)),
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), ("rate",)),
    "GaussianNoise": ("stddev",),
    "StochasticDepth": ("drop_path_rate",),
    **dict.fromkeys(("SimpleRNNCell", "LSTMCell", "GRUCell", "ConvLSTMCell"), _IN_CELLS),
    **dict.fromkeys(("Attention", "AdditiveAttention"), ("dropout",)),
    "MultiHeadAttention": ("_dropout",),
}
"""The attributes that are zero without noise, by the class of the layer."""

RANDOM_IMAGES = frozenset(
    {
        *("RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomHeight"),
        *("RandomRotation", "RandomTranslation", "RandomWidth", "RandomZoom"),
    }
)
"""The layers that are called as at inference instead."""


def silence(layers: Iterable[Any]) -> None:
    """Let none of the layers of a model draw any more, nor one of a class derived from a layer that does."""
    for layer in layers:
        names = {base.__name__ for base in type(layer).__mro__}
        for attribute in _rates(layer, names):
            setattr(layer, attribute, 0.0)
        if names & RANDOM_IMAGES:
            layer.call = _as_at_inference(layer.call)


def _rates(layer: Any, names: set[str]) -> Iterator[str]:
    wanted = (attribute for name in sorted(names & RATES.keys()) for attribute in RATES[name])
    return (attribute for attribute in wanted if attribute in vars(layer))


def _as_at_inference(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def called(*args: Any, **options: Any) -> Any:
        return call(*args, **{**options, "training": False})

    return called
