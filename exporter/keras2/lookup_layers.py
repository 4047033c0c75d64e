"""Lookup layers of Keras 2.15: what they have learnt, and inputs that they tell apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

# How many words from the beginning and from the end of a vocabulary are tried.
_FIRST, _LAST = 8, 4
# How many of its words are looked up one by one, and how many of them are in one text.
_MOST, _IN_A_TEXT = 4096, 6


def is_lookup(layer: Any) -> bool:
    """True for StringLookup and IntegerLookup; TextVectorization has the first inside."""
    from keras.src.layers.preprocessing import index_lookup

    return isinstance(layer, index_lookup.IndexLookup)


def state_weights(layer: Any) -> None:
    """Let the config of a tf_idf lookup say with what it counts: the weights a file holds overrule those of its config.

    They begin with the weights of the unknown, so the vocabulary has to begin with the tokens for it.
    """
    if not is_lookup(layer) or layer.output_mode != "tf_idf" or layer.oov_token is None:
        return
    unknown = [layer.oov_token] * layer.num_oov_indices
    words = list(layer.input_vocabulary)
    layer.input_vocabulary = words if words[: len(unknown)] == unknown else unknown + words
    layer.input_idf_weights = layer.idf_weights_const.numpy()[: len(layer.input_vocabulary)]


def state_bins(layer: Any) -> None:
    """Let the config of an adapted Discretization say its bins: its weight holds what they were counted from."""
    if type(layer).__name__ == "Discretization" and layer.bin_boundaries:
        layer.input_bin_boundaries = [float(boundary) for boundary in layer.bin_boundaries]


def stands_in_config(layer: Any) -> bool:
    """Whether what a layer has learnt is in its config, once `state_weights` and `state_bins` have seen to it."""
    return is_lookup(layer) or type(layer).__name__ == "Discretization"


def samples(layer: Any) -> tuple[Any, ...]:
    """What a lookup layer tells apart, inside and outside of its vocabulary: numbers, or strings as bytes.

    Of a layer without a place for the unknown, which raises at it, only what it knows; of other layers nothing.
    """
    if type(layer).__name__ == "TextVectorization":
        found = list(_texts(layer))
    elif is_lookup(layer):
        found = [*_known(layer), *([] if is_strict(layer) else _unknown(layer))]
    else:
        found = []
    return tuple(dict.fromkeys(item.encode() if isinstance(item, str) else item for item in found))


def words(layer: Any) -> tuple[Any, ...]:
    """The same with its whole vocabulary, or words from all over it if it is very large."""
    if type(layer).__name__ == "TextVectorization":
        known = _spread(layer.get_config()["vocabulary"])
        texts = (" ".join(known[start : start + _IN_A_TEXT]) for start in range(0, len(known), _IN_A_TEXT))
        found = [text.encode() for text in texts]
    elif is_lookup(layer):
        known = range(layer.vocabulary_size()) if layer.invert else layer.get_config()["vocabulary"]
        found = [item.encode() if isinstance(item, str) else item for item in _spread(known)]
    else:
        found = []
    return tuple(dict.fromkeys([*samples(layer), *found]))


def _spread(values: Sequence[Any]) -> Sequence[Any]:
    return values[:: -(-len(values) // _MOST)] if len(values) > _MOST else values


def marks(layer: Any) -> Iterator[float]:
    """The numbers at which a layer begins to answer otherwise, or that it takes for ordinary ones."""
    if type(layer).__name__ == "Discretization":
        yield from map(float, layer.bin_boundaries or ())
    elif type(layer).__name__ == "Normalization" and layer.mean is not None:
        means, widths = (np.asarray(value, "float64").reshape(-1) for value in (layer.mean, layer.variance))
        for mean, width in zip(means[:_LAST], np.sqrt(widths[:_LAST])):
            yield from (float(mean + share * width) for share in (-2, -1, 0, 1, 2))


def is_strict(layer: Any) -> bool:
    """Whether a layer raises at what it does not know."""
    return is_lookup(layer) and not layer.num_oov_indices and not layer.invert


def masked(layer: Any) -> Iterator[float | bytes]:
    """The input that a lookup layer takes for padding, if there is any."""
    if is_lookup(layer) and layer.mask_token is not None and not layer.invert:
        yield layer.mask_token.encode() if isinstance(layer.mask_token, str) else int(layer.mask_token)


def _known(layer: Any) -> list[Any]:
    if layer.invert:
        return _ends(range(layer.vocabulary_size()))
    return [*_ends(layer.get_config()["vocabulary"]), *(() if layer.mask_token is None else (layer.mask_token,))]


def _unknown(layer: Any) -> list[Any]:
    if layer.invert:
        return [-1, layer.vocabulary_size(), layer.vocabulary_size() + 7]
    known = layer.get_config()["vocabulary"]
    if isinstance(known[0], str):
        return ["", "zebra", "Quagga!", f"{known[-1]}s"]
    return [0, -1, min(known) - 5, max(known) + 1, max(known) + 100]


def _texts(layer: Any) -> Iterator[str]:
    """Empty, known, unknown, long and short; other case, punctuation and more than one space between the words."""
    words = _ends(layer.get_config()["vocabulary"])
    yield from ("", "zebra", f"{words[-1]}", f"{words[0].upper()}!", " ".join(words), "  ".join(reversed(words)))
    for start in range(3):
        chosen = words[start::3]
        yield f" zebra, {', '.join(chosen).title()}?\t{' '.join(reversed(chosen))} - quagga's."


def _ends(values: Sequence[Any]) -> list[Any]:
    return [*values[:_FIRST], *values[_FIRST:][-_LAST:]]
