"""`keras.layers`, vocabularies: words and numbers to their indices, and back."""

from __future__ import annotations

from dataclasses import replace

from translation.evidence import Config, Example, SilentChange, keras3
from translation.verbs import RAGGED, Decision, Rule, Verb, custom, own_function, refuse, same

KIND = "layers"

_SOURCE = keras3("layers/preprocessing/index_lookup.py", "Keras 3 drops dtype; its value_dtype is int64")
_KEYS = (
    "max_tokens num_oov_indices mask_token oov_token invert pad_to_max_tokens vocabulary idf_weights vocabulary_size"
)
OF_TEXT = frozenset({"standardize", "split"})
"""Keys under which a text names a function, if it is none of Keras's words."""
_CODE = "a custom function is code, and is not migrated"
_FLOATS = (None, "float32", "float64")

_COUNTED = SilentChange(
    before="`multi_hot` and `count` are floats",
    after="they are int64",
    difference="the dtype: **float32** → **int64**",
    answer="cast to the dtype of Keras 2",
    measure="dtype_of_counts",
)


def _sparse(config: Config) -> Decision:
    """Keras 3 weighs a sparse count as if it were a dense one, and raises."""
    if config["sparse"] and config["output_mode"] == "tf_idf":
        text = "sparse=True dropped: Keras 3 weighs words in a dense tensor alone, which holds the same numbers"
        return Decision({"sparse": False}, ("structural", text))
    return Decision({"sparse": config["sparse"]})


def _output_mode(config: Config) -> Decision:
    """Only plain indices in int64 are what Keras 3 gives."""
    mode, dtype = config["output_mode"], config.get("dtype")
    if mode == "tf_idf" and dtype not in _FLOATS:
        return Decision(refusal=f"the weights of its words as {dtype} numbers: Keras 3 keeps them as floats")
    plain = mode == "int" and dtype in (None, "int64")
    return Decision({"output_mode": mode}, composed=None if plain else "lookup")


def _vocabulary_dtype(config: Config) -> Decision:
    dtype = config["vocabulary_dtype"]
    return Decision({"vocabulary_dtype": dtype}, composed=None if dtype == "int64" else "lookup")


def _ngrams(config: Config) -> Decision:
    """JSON has no tuples, and Keras takes nothing else for several widths."""
    ngrams = config["ngrams"]
    return Decision({"ngrams": tuple(ngrams) if isinstance(ngrams, list) else ngrams})


_SPARSE = custom("sparse", "False with tf_idf: the output is dense all the same", _sparse)


def _lookup(name: str, own: tuple[Verb, ...], examples: tuple[Example, ...]) -> Rule:
    mode = custom("output_mode", "cast to the layer's dtype, because Keras 3 gives int64", _output_mode)
    verbs = same(_KEYS) + own + mode + _SPARSE
    return Rule(name, verbs, source=_SOURCE, examples=examples, quiet=(_COUNTED,), takes=RAGGED)


def _string_example(keys: Config, shape: tuple[int, ...] = (3,)) -> Example:
    return Example({"vocabulary": ["earth", "wind", "and", "fire"], **keys}, keys, (shape,), "string")


def _integer_example(keys: Config, shape: tuple[int, ...] = (3,), dtype: str = "int64") -> Example:
    return Example({"vocabulary": [42, 1138, -7, 1729], **keys}, keys, (shape,), dtype)


def _text_example(keys: Config, shape: tuple[int, ...] = (1,)) -> Example:
    words = ["the", "mat", "cat sat", "cat", "a", "t"]
    # Keras 2 reads these two from every config.
    always = {"standardize": "lower_and_strip_punctuation", "split": "whitespace"}
    return Example({"vocabulary": words, **always, **keys}, keys, (shape,), "string")


_IDF = [0.5, 0.25, 0.75, 1.5]
_PADDED = {"max_tokens": 20, "pad_to_max_tokens": True}

RULES = (
    _lookup(
        "StringLookup",
        same("encoding"),
        (
            _string_example({"num_oov_indices": 3, "mask_token": "", "oov_token": "?"}),
            _string_example({"num_oov_indices": 0}),
            _string_example({"output_mode": "one_hot"}, (1,)),
            _string_example({"output_mode": "multi_hot", "mask_token": "", "num_oov_indices": 2}),
            _string_example({"output_mode": "count", **_PADDED}),
            _string_example({"output_mode": "multi_hot", "sparse": True}),
            _string_example({"output_mode": "tf_idf", "idf_weights": _IDF}),
        ),
    ),
    _lookup(
        "IntegerLookup",
        custom("vocabulary_dtype", "cast to int64, the only one of Keras 3, where it is another", _vocabulary_dtype),
        (
            _integer_example({"num_oov_indices": 2, "mask_token": 0, "oov_token": -9}),
            _integer_example({"invert": True, "oov_token": -9}),
            _integer_example({"invert": True, "vocabulary_dtype": "int32"}),
            _integer_example({"output_mode": "one_hot"}, (1,), "int32"),
            _integer_example({"output_mode": "multi_hot"}, (3,), "float32"),
            _integer_example({"output_mode": "count", "mask_token": 9}),
            _integer_example({"output_mode": "count", "sparse": True}),
            _integer_example({"output_mode": "tf_idf", "idf_weights": _IDF, **_PADDED}),
        ),
    ),
    Rule(
        "TextVectorization",
        same("max_tokens output_sequence_length pad_to_max_tokens vocabulary idf_weights encoding vocabulary_size")
        + own_function("standardize", None, "lower_and_strip_punctuation", "lower", "strip_punctuation", why=_CODE)
        + own_function("split", None, "whitespace", "character", why=_CODE)
        + refuse(
            "output_mode", "int", "multi_hot", "count", "tf_idf", why="Keras 3 does not give the tokens themselves"
        )
        + custom("ngrams", "same", _ngrams)
        + same("ragged")
        + _SPARSE,
        composed="text_vectorization",
        source=keras3("layers/preprocessing/text_vectorization.py", "compute_output_spec"),
        examples=(
            _text_example({"ngrams": 2, "output_sequence_length": 5}),
            _text_example({"standardize": "lower"}, ()),
            _text_example({"standardize": "strip_punctuation", "split": "character"}),
            _text_example({"standardize": None, "split": None}, (3,)),
            _text_example({"split": None, "output_mode": "multi_hot"}, (3,)),
            _text_example({"output_mode": "multi_hot", **_PADDED}),
            _text_example({"output_mode": "count", "ngrams": 2}),
            _text_example({"output_mode": "count", "sparse": True}),
            _text_example({"ragged": True, "ngrams": 2}, ()),
            _text_example({"output_mode": "tf_idf", "idf_weights": [*_IDF, 0.1, 0.2]}),
            replace(
                _text_example({"output_mode": "tf_idf", "idf_weights": [*_IDF, 0.1, 0.2], "sparse": True}),
                after={"sparse": False},
            ),
        ),
        quiet=(_COUNTED,),
    ),
)
