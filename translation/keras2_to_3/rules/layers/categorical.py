"""`keras.layers`, categorical preprocessing: numbers, words and ids into bins, ids and indicators."""

from __future__ import annotations

from translation.evidence import Config, Example, SilentChange, keras2, keras3
from translation.verbs import RAGGED, SPARSE, Decision, Rule, custom, same

KIND = "layers"


def _num_tokens(config: Config) -> Decision:
    text = "an id that is not below num_tokens raises in Keras 2, and counts for nothing in Keras 3"
    return Decision({"num_tokens": config["num_tokens"]}, ("semantic", text))


_OUT_OF_RANGE = SilentChange(
    before="an id that is not below `num_tokens` raises an error",
    after="it counts for nothing",
    difference="ids 1 and 5 of 3: **InvalidArgumentError** → **0 1 0**",
    answer="not changed, but reported: check ids before the model if they can be out of range",
    measure="id_out_of_range",
)
_BINS = SilentChange(
    before="numbers of bins are int64",
    after="they are int32",
    difference="the dtype: **int64** → **int32**",
    answer="cast to the dtype of Keras 2",
    measure="dtype_of_bins",
)


_WHOLE_NUMBERS = SilentChange(
    before="compares inputs with its bins as they are",
    after="casts them in a graph, such as that of `predict`, to the dtype of the layer: to whole numbers",
    difference="the bin of -0.5 among bins at -1, 0 and 1 in int64: **1** → **2**",
    answer="its dtype is float64, and its output is cast",
    measure="bins_in_a_graph",
)


def _of_inputs(dtype: str) -> str:
    """A dtype that holds every input."""
    return "float64" if dtype.startswith(("int", "uint")) else dtype


def _num_bins(config: Config) -> Decision:
    if config["num_bins"] is None or config["bin_boundaries"] is None:
        return Decision({"num_bins": config["num_bins"]})
    text = f"num_bins={config['num_bins']} dropped: the bins it was adapted to are written out, and not adapted again"
    return Decision(change=("structural", text))


def _densified(config: Config) -> Decision:
    text = "sparse=True: CategoryEncoding gives the same numbers in a dense tensor in Keras 3 in any case"
    return Decision({"sparse": config["sparse"]}, ("structural", text) if config["sparse"] else None)


RULES = (
    Rule(
        "CategoryEncoding",
        same("output_mode")
        + custom("num_tokens", "an id out of range no longer raises", _num_tokens)
        + custom("sparse", "the output is dense all the same", _densified),
        source=keras2("layers/preprocessing/category_encoding.py", "Keras 2 asserts that every id is in range"),
        takes=RAGGED | SPARSE,
        examples=(
            Example({"num_tokens": 5, "output_mode": "multi_hot"}, {}, ((4,),), "int32"),
            Example({"num_tokens": 5, "output_mode": "count"}, {}, ((4,),), "int64"),
            Example({"num_tokens": 5, "output_mode": "one_hot"}, {}, ((1,),), "int64"),
            Example({"num_tokens": 5, "output_mode": "count", "sparse": True}, {"sparse": True}, ((4,),), "int64"),
        ),
        quiet=(_OUT_OF_RANGE,),
    ),
    Rule(
        "Discretization",
        same("bin_boundaries epsilon output_mode sparse")
        + custom("num_bins", "dropped where the layer was adapted: its bins are written out", _num_bins),
        decomposition="cast_outputs",
        dtype=_of_inputs,
        dtype_text="Keras 3 casts what it compares with the bins to the dtype of the layer, in a graph alone",
        takes=RAGGED | SPARSE,
        source=keras3("layers/preprocessing/discretization.py", "int64 became int32"),
        examples=(
            Example({"bin_boundaries": [-1.0, 0.0, 2.5]}, {}, ((4,),)),
            Example({"bin_boundaries": [-1.0, 0.0, 2.5], "output_mode": "multi_hot"}, {}, ((4,),)),
            Example({"bin_boundaries": [-1.0, 0.0, 2.5], "output_mode": "count"}, {}, ((4,),)),
            Example({"bin_boundaries": [-1.0, 0.0, 2.5], "output_mode": "one_hot"}, {}, ((1,),), "int32"),
            Example({"bin_boundaries": [-1.0, 2.5], "output_mode": "multi_hot", "sparse": True}, {}, ((4,),)),
        ),
        quiet=(_BINS, _WHOLE_NUMBERS),
    ),
    Rule(
        "Hashing",
        same("num_bins mask_value salt output_mode sparse"),
        decomposition="cast_outputs",
        takes=RAGGED | SPARSE,
        source=keras3("layers/preprocessing/hashing.py"),
        examples=(
            Example({"num_bins": 7, "salt": [3, 5]}, {"salt": [3, 5]}, ((4,),), "int64"),
            Example({"num_bins": 7, "mask_value": "zebra"}, {"mask_value": "zebra"}, ((4,),), "string"),
            Example({"num_bins": 7, "output_mode": "multi_hot"}, {}, ((4,),), "int32"),
            Example({"num_bins": 7, "output_mode": "count", "sparse": True}, {"sparse": True}, ((4,),), "string"),
        ),
    ),
    Rule(
        "HashedCrossing",
        same("num_bins output_mode sparse"),
        decomposition="cast_outputs",
        source=keras3("layers/preprocessing/hashed_crossing.py"),
        examples=(
            Example({"num_bins": 9}, {"num_bins": 9}, ((1,), (1,)), "int64"),
            Example({"num_bins": 9, "output_mode": "one_hot"}, {"num_bins": 9}, ((1,), (1,)), "string"),
            Example({"num_bins": 9, "output_mode": "one_hot", "sparse": True}, {}, ((1,), (1,)), "int64"),
        ),
    ),
)
