"""Lookup layers: their vocabulary is state, but stands in the config; and the words that tell one from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from interchange import tuples
from interchange.errors import Exit, Failure, Problem, refused
from translation.config_tree import edited, entries

LOOKUPS = ("StringLookup", "IntegerLookup", "TextVectorization")
# How many words from the beginning and from the end of a vocabulary are tried.
_FIRST, _LAST = 8, 4
_HINT = "pass vocabulary=adapted.get_vocabulary() to the layer, and save the model again"


def check_complete(config: Mapping[str, Any]) -> None:
    """Refuse an architecture with a lookup layer whose vocabulary is not in it: an HDF5 file has no other place.

    Keras 2.15 fails halfway through saving an adapted vocabulary as HDF5, and the file stays.
    """
    text = "Keras 2.15 does not store adapted vocabularies in HDF5 files"
    problems = tuple(
        Problem(path, entry["class_name"], text, "vocabulary", None)
        for path, entry, words in _given(config)
        if words is None
    )
    if problems:
        message = f"the vocabulary of an adapted layer is not in the file; the first: {problems[0]}"
        raise Failure(Exit.UNREADABLE, message, _HINT, problems)


def listed(architecture: Mapping[str, Any]) -> Mapping[str, Any]:
    """The architecture with every vocabulary as a list: a `.keras` file keeps a tuple that the user has given.

    Raises `Failure(REFUSED)` for what is no vocabulary.
    """
    given = list(_given(architecture))
    problems = [
        Problem(path, entry["class_name"], "is no list of words or numbers", "vocabulary", f"{words!r:.80}", _HINT)
        for path, entry, words in given
        if not _is_vocabulary(tuples.listed(words))
    ]
    if problems:
        raise refused(problems, str(problems[0]), _HINT)
    is_tuple = any(isinstance(words, Mapping) for _, _, words in given)
    made: Mapping[str, Any] = edited(architecture, _with_list) if is_tuple else architecture
    return made


def _given(architecture: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Every lookup layer by its path, with its vocabulary."""
    for path, entry in entries(architecture):
        if entry["class_name"] in LOOKUPS:
            yield path, entry, entry["config"].get("vocabulary")


def _is_vocabulary(words: Any) -> bool:
    """None is told elsewhere, and so is the name of a file."""
    if isinstance(words, list):
        return not any(isinstance(word, (list, Mapping, type(None))) for word in words)
    return words is None or isinstance(words, str)


def _with_list(entry: Mapping[str, Any], _: str) -> Mapping[str, Any]:
    config = entry.get("config")
    if entry.get("class_name") not in LOOKUPS or not isinstance(config, Mapping) or "vocabulary" not in config:
        return entry
    return {**entry, "config": {**config, "vocabulary": tuples.listed(config["vocabulary"])}}


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
