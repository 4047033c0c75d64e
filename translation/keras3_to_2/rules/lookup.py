"""`keras.layers`, categorical preprocessing and vocabularies: numbers, words and ids to indices and indicators."""

from __future__ import annotations

from translation.evidence import Config
from translation.keras3_to_2.configs import in_config
from translation.keras3_to_2.verbs import Back, BackRule, BackVerb, decided, kept, only

KIND = "layers"

_HASHED = "words outside of the vocabulary are spread in another way"
_WRITTEN = "create the layer with vocabulary=layer.get_vocabulary(), in a model with the same weights, and save that"
_UP_TO = "give ngrams as one number, which stands for all sizes up to it, and save the model again"
_FLOORMOD = "give the layer one out-of-vocabulary index, and save the model again"


def _spread() -> tuple[BackVerb, ...]:
    return only("oov_method", "floormod", None, why=_HASHED, unblock=_FLOORMOD) + only(
        "salt", None, why=_HASHED, unblock=_FLOORMOD
    )


def _words() -> tuple[BackVerb, ...]:
    """Keras 3 writes what a layer was adapted to beside its config."""
    why = "the layer was adapted, and its config does not say to what"
    return decided("vocabulary", "in the config", lambda config: _vocabulary(config, why))


def _vocabulary(config: Config, why: str) -> Back:
    vocabulary = config["vocabulary"]
    return Back(refusal=why, unblock=_WRITTEN) if vocabulary is None else Back({"vocabulary": vocabulary})


def _mode() -> tuple[BackVerb, ...]:
    return decided("output_mode", "same, in the dtype that Keras 2.15 takes for it", _output_mode)


def _output_mode(config: Config) -> Back:
    """Keras 3 does not ask for the dtype of a lookup."""
    mode = config["output_mode"]
    return Back({"output_mode": mode, "dtype": "int64" if mode == "int" else "float32"})


def _of_text(config: Config) -> Back:
    return Back({"output_mode": config["output_mode"], "dtype": "string"})


def _ngrams(config: Config) -> Back:
    """Keras 2.15 writes a tuple as a list, which it does not read back."""
    sizes = in_config(config["ngrams"])
    if not isinstance(sizes, list) or sizes == list(range(1, len(sizes) + 1)):
        return Back({"ngrams": len(sizes) if isinstance(sizes, list) else sizes})
    return Back(refusal="Keras 2.15 does not read several sizes back", unblock=_UP_TO)


def _num_tokens(config: Config) -> Back:
    text = "an id that is not below num_tokens counts for nothing in Keras 3, and raises in Keras 2.15"
    return Back({"num_tokens": config["num_tokens"]}, ("semantic", text))


def _bins(config: Config) -> Back:
    mode = config["output_mode"]
    return Back({"output_mode": mode, **({"dtype": "int32"} if mode == "int" else {})})


def _num_bins(config: Config) -> Back:
    return Back({"num_bins": config["num_bins"] if config.get("bin_boundaries") is None else None})


RULES = (
    BackRule(
        "CategoryEncoding", decided("num_tokens", "same, but an id out of range raises", _num_tokens) + kept("sparse")
    ),
    BackRule(
        "Discretization",
        decided("num_bins", "left out where the layer was adapted: its bins are written out", _num_bins)
        + decided("output_mode", "same, in int32 for numbers of bins", _bins),
    ),
    BackRule("Hashing"),
    BackRule("HashedCrossing"),
    BackRule("StringLookup", _words() + _mode() + kept("sparse") + _spread(), calls=("output_dtype",)),
    BackRule(
        "IntegerLookup", kept("vocabulary_dtype sparse") + _words() + _mode() + _spread(), calls=("output_dtype",)
    ),
    BackRule(
        "TextVectorization",
        kept("sparse")
        + decided("ngrams", "one number for all sizes up to it", _ngrams)
        + _words()
        + decided("output_mode", "same", _of_text),
        calls=("output_dtype",),
    ),
)
