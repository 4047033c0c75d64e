"""The noise of training switched off, alike in both Keras, so that two models can be trained on the same batches.

Normalization stays as it is: it computes the same from the same batch.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from interchange.training_layers import NOISY, RANDOM_IMAGES


def silence(layers: Iterable[Any]) -> None:
    """Let none of the layers of a model draw any more, nor one of a class derived from a layer that does."""
    for layer in layers:
        names = {base.__name__ for base in type(layer).__mro__}
        for attribute in _rates(layer, names):
            setattr(layer, attribute, 0.0)
        if names & RANDOM_IMAGES:
            layer.call = _as_at_inference(layer.call)


def _rates(layer: Any, names: set[str]) -> Iterator[str]:
    """The attributes for the keys of a layer, some of which it keeps with an underscore."""
    keys = (key for name in sorted(names & NOISY.keys()) for key in NOISY[name])
    return (attribute for key in keys for attribute in (key, f"_{key}") if attribute in vars(layer))


def _as_at_inference(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def called(*args: Any, **options: Any) -> Any:
        return call(*args, **{**options, "training": False})

    return called
