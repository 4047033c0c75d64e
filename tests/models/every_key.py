"""Every key of every class once, at a value that is not its default: a model for each class, a branch for each key.

Run in the keras2 environment it saves every model as `<folder>/<name>.h5`, and as `<folder>/configs.json` the config
Keras 2.15 writes for each branch, by the name of the model and of the branch.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from exporter.keras2 import addons
from tests.models.minimal_objects import KEYS, minimal
from tests.models.saving import build_quickly, randomise
from translation.keras2_to_3.rules import table

# Keys that stand together in one branch: those that act in training alone, and where every branch is a loop, more.
_TOGETHER = {
    "in_training": r".*_(initializer|regularizer|constraint)|dropout|recurrent_dropout|seed|trainable|unit_forget_bias",
}
_IN_LOOPS = {
    "in_a_step": "activation|recurrent_activation|units|filters|kernel_size|padding|implementation",
    "in_a_sequence": "go_backwards|return_sequences",
    "in_states": "stateful|return_state",
}
# What a key is set to, wherever it stands; functions are given the keras module.
VALUES: Mapping[str, Any] = {
    "activation": "softsign", "alpha": 0.25, "axes": 2, "axis": 1, "bias_axes": "d", "bin_boundaries": [-1.5, 0.25],
    "causal": True, "center": False, "cropping": 2, "crop_to_aspect_ratio": True, "data_format": "channels_first",
    "depth_multiplier": 3, "dilation_rate": 2, "dims": [1, 2], "drop_path_rate": 0.25, "dropout": 0.25,
    "dtype": "float64", "encoding": "latin-1", "epsilon": 0.1, "equation": "abc,cd->abd", "factor": 0.25,
    "fill_mode": "nearest", "fill_value": 0.5, "filters": 4, "gain": 0.5, "go_backwards": True, "groups": 2,
    "height": 3, "height_factor": 0.25, "implementation": 1, "init_values": 0.25, "input_dim": 9, "input_length": 4,
    "interpolation": "nearest", "invert": True, "keepdims": True, "kernel_size": 3, "key_dim": 3, "l1": 0.1,
    "l2": 0.1, "mask_value": 1.0, "mask_zero": True, "max_tokens": 9, "max_value": 1.5, "maxval": 0.5, "mean": 0.5,
    "merge_mode": "sum", "min_value": 0.25, "mode": "horizontal", "minval": -0.5, "momentum": 0.5, "n": 3,
    "negative_slope": 0.25,
    "ngrams": 2, "noise_shape": [None, 1, 3], "normalize": True, "num_bins": 5, "num_heads": 3,
    "num_oov_indices": 2, "num_tokens": 12, "offset": 0.5, "oov_token": "?", "output_dim": 4,
    "output_mode": "multi_hot", "output_padding": 0, "output_sequence_length": 5, "output_shape": 5,
    "pad_to_max_tokens": True, "padding": "same", "pool_size": 3, "power_iterations": 2, "projection_dim": 3,
    "rate": 0.25, "recurrent_activation": "softsign", "recurrent_dropout": 0.25, "renorm": True,
    "renorm_clipping": {"rmax": 3.0, "rmin": 0.5, "dmax": 2.0}, "renorm_momentum": 0.5, "reset_after": False,
    "return_sequences": True, "return_state": True, "salt": [3, 5], "scale": 0.5, "score_mode": "concat",
    "seed": 7, "shared_axes": [1], "size": 3, "split": "character", "standardize": "lower", "stateful": True,
    "stddev": 0.25, "strides": 3, "synchronized": True, "target_shape": [3, 4], "theta": 0.25, "threshold": 0.25,
    "time_major": True, "trainable": False, "unit_forget_bias": False, "units": 4, "unroll": True, "use_bias": False,
    "use_scale": True, "value": 0.5, "value_dim": 3, "value_range": [0.0, 1.0], "variance": 4.0,
    "vocabulary_dtype": "int32", "width": 3, "width_factor": 0.25, "zero_output_for_mask": True,
    "adjustment": "a function", "sparse": True, "ragged": True, "num_constants": 1, "virtual_batch_size": 2,
    "metric_name": "norm", "unconditional": True,
}  # fmt: skip
_BY_SUFFIX = {"initializer": "he_normal", "regularizer": "l2", "constraint": "non_neg"}
_WORDS = ["earth", "wind", "fire"]
_NUMBERS = [42, 1138, -7]
_IDF = [0.5, 0.25, 1.5]

# What a class takes otherwise.
OWN: Mapping[str, Mapping[str, Any]] = {
    "AdditiveAttention": {"use_scale": False},
    "BatchNormalization": {"scale": False},
    "Bidirectional": {
        "layer": lambda keras: keras.layers.GRU(3),
        "backward_layer": lambda keras: keras.layers.LSTM(2, go_backwards=True, activation="relu"),
    },
    "CategoryEncoding": {"output_mode": "count"},
    "Discretization": {"dtype": "int32"},
    "EinsumDense": {"equation": "abc,bcd->ad", "output_shape": [None, 5]},
    "GroupNormalization": {"scale": False, "groups": 1},
    "HashedCrossing": {"dtype": "int32", "output_mode": "one_hot"},
    "Hashing": {"dtype": "int32", "mask_value": 1},
    "IntegerLookup": {
        "mask_token": 0, "oov_token": -9, "vocabulary": [1, *_NUMBERS], "idf_weights": _IDF, "dtype": "int32",
    },
    "LayerNormalization": {"scale": False},
    "LocallyConnected1D": {"implementation": 3},
    "LocallyConnected2D": {"implementation": 3},
    "MultiHeadAttention": {"attention_axes": [2]},
    "Normalization": {"mean": [0.5, 1.0, -1.0], "variance": [4.0, 1.0, 0.25]},
    "OrthogonalRegularizer": {"mode": "columns"},
    "RNN": {"cell": lambda keras: keras.layers.LSTMCell(3)},
    "RandomFourierFeatures": {"trainable": True, "kernel_initializer": "laplacian"},
    "SpectralNormalization": {"layer": lambda keras: keras.layers.Dense(3)},
    "StackedRNNCells": {"cells": lambda keras: [keras.layers.LSTMCell(3), keras.layers.GRUCell(2)]},
    "StringLookup": {"mask_token": "", "vocabulary": ["x", *_WORDS], "idf_weights": _IDF, "dtype": "int32"},
    "SyncBatchNormalization": {"scale": False},
    "TextVectorization": {"vocabulary": ["x", *_WORDS], "idf_weights": _IDF},
    "TimeDistributed": {"layer": lambda keras: keras.layers.Dense(3)},
    "UpSampling2D": {"interpolation": "bilinear"},
    **{f"ZeroPadding{rank}D": {"padding": 2} for rank in (1, 2, 3)},
    "VarianceScaling": {"mode": "fan_avg", "distribution": "uniform", "dtype": "float64"},
}  # fmt: skip
# What a class is given in every branch, so that it can be called at all.
BASE: Mapping[str, Mapping[str, Any]] = {
    "AddMetric": {"aggregation": "mean", "metric_name": "size"},
    "Discretization": {"bin_boundaries": [-0.5, 0.0, 1.0]},
    "EinsumDense": {"equation": "abc,cd->abd", "output_shape": [None, 4]},
    "GroupNormalization": {"groups": 3},
    "IntegerLookup": {"vocabulary": _NUMBERS},
    "Reshape": {"target_shape": [2, 6]},
    "StringLookup": {"vocabulary": _WORDS},
    "TextVectorization": {"vocabulary": _WORDS},
}
_TF_IDF = {"output_mode": "tf_idf"}
_PADDED = {"max_tokens": 9, "output_mode": "multi_hot"}
_STATISTICS = {"mean": [0.5, 1.0, -1.0], "variance": [4.0, 1.0, 0.25]}
# What a key asks for beside itself.
NEEDS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    **{(name, "idf_weights"): _TF_IDF for name in ("IntegerLookup", "StringLookup", "TextVectorization")},
    **{(name, "pad_to_max_tokens"): _PADDED for name in ("IntegerLookup", "StringLookup", "TextVectorization")},
    **{(name, key): {"renorm": True} for name in ("BatchNormalization", "SyncBatchNormalization")
       for key in ("renorm_clipping", "renorm_momentum")},
    ("GroupNormalization", "axis"): {"groups": 2},
    ("IntegerLookup", "vocabulary_dtype"): {"invert": True},
    **{(f"LocallyConnected{rank}D", "padding"): {"implementation": 2} for rank in (1, 2)},
    **{(name, "sparse"): {"output_mode": "multi_hot"} for name in ("Discretization", "Hashing", "IntegerLookup",
       "StringLookup", "TextVectorization")},
    ("HashedCrossing", "sparse"): {"output_mode": "one_hot"},
    ("Discretization", "num_bins"): {"bin_boundaries": None},
    ("EinsumDense", "equation"): {"output_shape": 4},
    ("Normalization", "mean"): _STATISTICS,
    ("Normalization", "variance"): _STATISTICS,
    ("Normalization", "invert"): _STATISTICS,
    ("Normalization", "axis"): {"mean": [0.5, 1.0, -1.0, 2.0], "variance": [4.0, 1.0, 0.25, 1.0]},
    **{(name, "zero_output_for_mask"): {"return_sequences": True} for name in ("SimpleRNN", "LSTM", "GRU", "RNN")},
}  # fmt: skip
# What Keras 2 itself cannot run on a CPU.
_NO_CHANNELS_FIRST = (
    "Conv1D Conv2D Conv3D DepthwiseConv1D SeparableConv1D SeparableConv2D Conv1DTranspose Conv3DTranspose "
    "AveragePooling2D MaxPooling2D"
)
UNRUN = {
    *((name, "data_format") for name in _NO_CHANNELS_FIRST.split()),
    ("Conv1DTranspose", "dilation_rate"), ("AveragePooling3D", "dtype"), ("MaxPooling3D", "dtype"),
}  # fmt: skip
# Shapes without the batch axis, and their dtype.
_INPUTS: Mapping[str, tuple[tuple[tuple[int, ...], ...], str]] = {
    **dict.fromkeys(("Attention", "AdditiveAttention"), (((5, 4), (3, 4)), "float32")),
    **dict.fromkeys(
        ("Add", "Average", "CustomScaleLayer", "Maximum", "Minimum", "Multiply", "Subtract"),
        (((4, 3), (4, 3)), "float32"),
    ),
    **dict.fromkeys(("Concatenate", "Dot"), (((4, 4), (4, 4)), "float32")),
    **dict.fromkeys(("StringLookup", "TextVectorization"), (((1,),), "string")),
    **dict.fromkeys(("IntegerLookup", "Hashing", "CategoryEncoding"), (((3,),), "int64")),
    **dict.fromkeys(("Discretization", "RepeatVector", "RandomFourierFeatures"), (((4,),), "float32")),
    **dict.fromkeys(("CenterCrop", "RandomCrop", "Resizing"), (((8, 6, 3),), "float32")),
    "Embedding": (((4,),), "int32"),
    "HashedCrossing": (((1,), (1,)), "int64"),
    "MultiHeadAttention": (((2, 5, 4), (2, 3, 4)), "float32"),
}
_INVERTED = {"StringLookup": "int64", "IntegerLookup": "int64"}
_LOOPS = re.compile("RNN|LSTM|GRU|Conv|Locally")
_GROUPED = ("Conv1D", "Conv2D", "Conv3D")
CELLS = ("SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells")

# Values that are refused.
REFUSED_KEYS = {"adjustment", "num_constants"}
REFUSED = {
    *((name, "dtype") for name in ("Bidirectional", "SpectralNormalization", "TimeDistributed", "VarianceScaling")),
    ("Embedding", "sparse"),
    *((name, "groups") for (_, name), rule in table().items() if "Conv" in name and rule.name not in _GROUPED),
}  # fmt: skip
# Arguments that Keras 2.15 takes and leaves out of the config it writes.
FORGOTTEN: Mapping[str, set[str]] = {
    "AdditiveAttention": {"causal"},
    "AlphaDropout": {"noise_shape"},
    "Attention": {"causal"},
    "BatchNormalization": {"synchronized"},
    "Conv3DTranspose": {"dilation_rate"},
    **{f"DepthwiseConv{rank}D": {"kernel_initializer", "kernel_regularizer", "kernel_constraint"} for rank in (1, 2)},
    "EinsumDense": {"activity_regularizer"},
    **{name: {"seed"} for name in ("GRU", "GRUCell", "LSTM", "LSTMCell", "SimpleRNNCell")},
    "RNN": {"activity_regularizer"},
    **{f"SpatialDropout{rank}D": {"data_format"} for rank in (2, 3)},
}  # fmt: skip
# Keys that have one value, or follow from others.
FIXED: Mapping[tuple[str, str], str] = {
    **{
        (name, "vocabulary_size"): "follows from the vocabulary"
        for name in ("IntegerLookup", "StringLookup", "TextVectorization")
    },
    ("AddMetric", "aggregation"): "None is for what a Metric computes, which has no config",
    ("LayerScale", "projection_dim"): "the number of channels",
    ("RNN", "num_constants"): "Keras 2 reads it from a call",
    ("RNN", "dtype"): "its cell decides it",
    ("TextVectorization", "dtype"): "Keras 2 takes string alone",
    ("SimpleRNN", "seed"): "not taken",
    ("SpatialDropout1D", "data_format"): "not taken",
    (
        "StackedRNNCells",
        "reverse_state_order",
    ): "Keras 2 does not write it, and runs with it only where it does nothing",
    **{(f"ConvLSTM{rank}D", "unroll"): "Keras 2 refuses it" for rank in (1, 2, 3)},
    **{("MultiHeadAttention", f"{key}_shape"): "of every layer that was called" for key in ("query", "key", "value")},
}


def inputs(name: str) -> tuple[tuple[tuple[int, ...], ...], str]:
    """Shapes without the batch axis, and their dtype."""
    rank = re.search(r"([123])D", name)
    if name in _INPUTS:
        return _INPUTS[name]
    if rank:
        spatial = (*(7, 6, 5)[: int(rank[1])], 4)
        return ((2, *spatial) if name.startswith("ConvLSTM") else spatial,), "float32"
    return (((8, 6, 3) if name.startswith("Random") else (4, 3)),), "float32"


def value_of(keras: Any, name: str, key: str) -> Any:
    """What a class sets a key to."""
    own = OWN.get(name, {})
    value = own[key] if key in own else VALUES.get(key, _BY_SUFFIX.get(key.rpartition("_")[2]))
    return value(keras) if callable(value) else value


def keys_of(kind: str, name: str) -> list[str]:
    """The keys a class has to exercise."""
    every = {"dtype", "trainable"} if kind == "layers" and name not in CELLS else set()
    mine = {key for key in table()[kind, name].keys | every if (name, key) not in {*FIXED, *UNRUN}}
    return sorted(key for key in mine if key not in REFUSED_KEYS and (name, key) not in REFUSED)


def branches(kind: str, name: str) -> dict[str, list[str]]:
    """The keys of each branch of a class's model, by the name of the branch."""
    made: dict[str, list[str]] = {}
    for key in keys_of(kind, name):
        groups = {**_TOGETHER, **(_IN_LOOPS if _LOOPS.search(name) else {})} if kind == "layers" else {}
        branch = next((branch for branch, pattern in groups.items() if re.fullmatch(pattern, key)), key)
        made.setdefault(branch, []).append(key)
    return made or {"plain": []}


def exercised(keras: Any, kind: str, name: str, keys: list[str]) -> Any:
    """An object with these keys set."""
    given = {key: value_of(keras, name, key) for key in keys}
    for key in keys:
        given = {**NEEDS.get((name, key), {}), **given}
    return minimal(keras, kind, name, **{**BASE.get(name, {}), **given})


def model_of(keras: Any, name: str) -> Any:
    """The model of a layer: one output or more for each of its branches."""
    shapes, dtype = inputs(name)
    tensors: dict[tuple[Any, str], list[Any]] = {}
    outputs = []
    for branch, keys in branches("layers", name).items():
        kind = (3 if "stateful" in keys else None, _INVERTED.get(name, dtype) if "invert" in keys else dtype)
        if kind not in tensors:
            tensors[kind] = [keras.Input(shape, batch_size=kind[0], dtype=kind[1]) for shape in shapes]
        outputs.append(_called(keras, name, branch, keys, tensors[kind]))
    return keras.Model([x for given in tensors.values() for x in given], outputs)


def _called(keras: Any, name: str, branch: str, keys: list[str], given: list[Any]) -> Any:
    layer = exercised(keras, "layers", name, keys)
    if name in CELLS:
        layer = keras.layers.RNN(layer)
    layer._name = branch
    if name == "Discretization" and "num_bins" in keys:
        layer.adapt([[-1.0], [0.5], [2.0], [3.0], [7.0]])
    if "zero_output_for_mask" in keys and "Conv" not in name:
        given = [keras.layers.Masking(name="masking")(tensor) for tensor in given]
    if name == "MultiHeadAttention":
        return layer(*given)
    return layer(given if len(given) > 1 else given[0])


def model_of_activations(keras: Any) -> Any:
    """Every activation behind a Dense of its own."""
    x = keras.Input((4,))
    names = [name for kind, name in table() if kind == "activations"]
    with keras.utils.custom_object_scope(addons.objects()):  # of TensorFlow Addons there are no others here
        return keras.Model(x, [keras.layers.Dense(3, name, name=f"of_{name}")(x) for name in names])


def model_of_objects(keras: Any, kind: str) -> Any:
    """A Dense for every key of every class of a kind that stands inside layers."""
    x = keras.Input((3,))
    argument = f"kernel_{kind.removesuffix('s')}"
    outputs = []
    for name in (name for of, name in KEYS if of == kind):
        for branch, keys in branches(kind, name).items():
            made = exercised(keras, kind, name, keys)
            outputs.append(keras.layers.Dense(3, name=f"{name}_{branch}", **{argument: made})(x))
    return keras.Model(x, outputs)


OBJECTS = ("initializers", "regularizers", "constraints")
NAMES_OF = {kind: {name for of, name in KEYS if of == kind} for kind in OBJECTS}
NAMES = [*(name for kind, name in KEYS if kind == "layers"), *OBJECTS, "activations"]


def models(keras: Any, names: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    """Every model, or those of these names, by its name: one for each layer, one for each other kind."""
    for name in names or NAMES:
        keras.backend.clear_session()
        if name == "activations":
            yield name, model_of_activations(keras)
        else:
            yield name, model_of_objects(keras, name) if name in OBJECTS else model_of(keras, name)


def save_all(folder: Path, names: Sequence[str]) -> None:
    """Save every model, or those of these names, and the configs of all of their layers."""
    import keras

    build_quickly()
    keras.utils.set_random_seed(2015)
    configs = {}
    for name, net in models(keras, names):
        if name != "Discretization":  # its weights are sorted bins
            randomise(net)
        net.save(folder / f"{name}.h5")
        configs[name] = {layer["name"]: layer["config"] for layer in json.loads(net.to_json())["config"]["layers"]}
    (folder / "configs.json").write_text(json.dumps(configs))


if __name__ == "__main__":
    save_all(Path(sys.argv[1]), sys.argv[2:])
