"""The layers of Keras 1: what each is called in Keras 2, which arguments it has, and how its weights are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from translation.keras1_to_2.initializers import initializer
from translation.keras1_to_2.keys import EMBEDDINGS, ENDS, KEYS, SIDES
from translation.verbs import Verb, ignore, rename


@dataclass(frozen=True)
class Rule:
    """What becomes of a class: its name in Keras 2, and its own arguments by their names in Keras 1.

    `own` are arguments that mean something else here than in other layers, `fixed` what Keras 2 has to be told besides,
    and `refused` at which values of which argument there is no counterpart, with the reason. `weights` names the layout
    of its arrays in `translation.keras1_to_2.weight_arrays`, `composed` the model in its place in `composed`, and
    `unsaid` is whether Keras 1 left the order of its axes out of what it wrote.
    """

    becomes: str
    keys: str = ""
    weights: str | None = None
    own: tuple[Verb, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    refused: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    composed: str | None = None
    unsaid: bool = False

    def verb(self, key: str) -> Verb | None:
        """What becomes of an argument; None for one that is joined with others."""
        return next((verb for verb in self.own if verb.key == key), KEYS.get(key))


_BASE = "init activation bias W_regularizer b_regularizer activity_regularizer W_constraint b_constraint"
_PLACED = f"{_BASE} border_mode"
_LINE = f"nb_filter filter_length subsample_length input_dim input_length {_PLACED}"
_PLANE = f"nb_filter nb_row nb_col subsample dim_ordering {_PLACED}"
_SPACE = f"nb_filter kernel_dim1 kernel_dim2 kernel_dim3 subsample dim_ordering {_PLACED}"
_DENSE = f"output_dim input_dim {_BASE}"
_RECURRENT = (
    "output_dim init inner_init activation W_regularizer U_regularizer b_regularizer dropout_W dropout_U "
    "return_sequences go_backwards stateful unroll consume_less input_dim input_length"
)
_POOLED = "pool_size strides border_mode dim_ordering"
_POOLED_LINE = "pool_length stride border_mode"

# Where it is the width of what comes in, which Keras 2 finds out for itself.
_WIDTH = ignore("input_dim input_length", kind="structural", why="Keras 2 takes it from the input")
_BATCH = "it normalises with the mean and variance of the batch at hand, also at inference"
_SAMPLE = "it normalises every sample by itself and adds epsilon twice, which no layer of Keras 2 does"

RULES: Mapping[str, Rule] = {
    "InputLayer": Rule("InputLayer", "sparse"),
    "Activation": Rule("Activation", "activation"),
    "ActivityRegularization": Rule("ActivityRegularization", "l1 l2"),
    "AtrousConvolution1D": Rule("Conv1D", f"{_LINE} atrous_rate", "line", _WIDTH),
    "AtrousConvolution2D": Rule("Conv2D", f"{_PLANE} atrous_rate", "kernel"),
    "AveragePooling1D": Rule("AveragePooling1D", _POOLED_LINE),
    "AveragePooling2D": Rule("AveragePooling2D", _POOLED),
    "AveragePooling3D": Rule("AveragePooling3D", _POOLED),
    "BatchNormalization": Rule(
        "BatchNormalization",
        "epsilon mode axis momentum gamma_regularizer beta_regularizer",
        "normalization",
        ignore("mode", kind="structural", why="Keras 2 has one way to normalise"),
        refused={"mode": {1: _SAMPLE, 2: _BATCH}},
    ),
    "Convolution1D": Rule("Conv1D", _LINE, "line", _WIDTH),
    "Convolution2D": Rule("Conv2D", _PLANE, "kernel"),
    "Convolution3D": Rule("Conv3D", _SPACE, "kernel"),
    "ConvLSTM2D": Rule(
        "ConvLSTM2D",
        "nb_filter nb_row nb_col init inner_init forget_bias_init activation inner_activation border_mode subsample "
        "dim_ordering return_sequences go_backwards stateful W_regularizer U_regularizer b_regularizer dropout_W "
        "dropout_U",
        "conv_lstm",
    ),
    "Cropping1D": Rule("Cropping1D", "cropping"),
    "Cropping2D": Rule("Cropping2D", "cropping dim_ordering", unsaid=True),
    "Cropping3D": Rule("Cropping3D", "cropping dim_ordering", unsaid=True),
    "Deconvolution2D": Rule(
        "Conv2DTranspose",
        f"{_PLANE} output_shape",
        "deconvolution",
        ignore("output_shape", kind="structural", why="Keras 2 takes it from the input"),
    ),
    "Dense": Rule("Dense", _DENSE, "dense", _WIDTH),
    "Dropout": Rule("Dropout", "p"),
    "ELU": Rule("ELU", "alpha"),
    "Embedding": Rule(
        "Embedding",
        "input_dim output_dim init input_length mask_zero activity_regularizer W_regularizer W_constraint dropout",
        "embedding",
        EMBEDDINGS + ignore("dropout", kind="training-only", why="Keras 2 has no dropout of whole words"),
    ),
    "Flatten": Rule("Flatten"),
    "GRU": Rule("GRU", f"{_RECURRENT} inner_activation", "gru", _WIDTH, {"reset_after": False}),
    "GaussianDropout": Rule("GaussianDropout", "p"),
    "GaussianNoise": Rule("GaussianNoise", "sigma"),
    "GlobalAveragePooling1D": Rule("GlobalAveragePooling1D"),
    "GlobalAveragePooling2D": Rule("GlobalAveragePooling2D", "dim_ordering"),
    "GlobalAveragePooling3D": Rule("GlobalAveragePooling3D", "dim_ordering"),
    "GlobalMaxPooling1D": Rule("GlobalMaxPooling1D"),
    "GlobalMaxPooling2D": Rule("GlobalMaxPooling2D", "dim_ordering"),
    "GlobalMaxPooling3D": Rule("GlobalMaxPooling3D", "dim_ordering"),
    "Highway": Rule("Functional", f"{_BASE} input_dim transform_bias", "highway", composed="highway"),
    "LSTM": Rule("LSTM", f"{_RECURRENT} inner_activation forget_bias_init", "lstm", _WIDTH),
    "LeakyReLU": Rule("LeakyReLU", "alpha"),
    "LocallyConnected1D": Rule("LocallyConnected1D", _LINE, "dense", _WIDTH, {"implementation": 1}),
    "LocallyConnected2D": Rule("LocallyConnected2D", _PLANE, "dense", fixed={"implementation": 1}),
    "Masking": Rule("Masking", "mask_value"),
    "MaxPooling1D": Rule("MaxPooling1D", _POOLED_LINE),
    "MaxPooling2D": Rule("MaxPooling2D", _POOLED),
    "MaxPooling3D": Rule("MaxPooling3D", _POOLED),
    "MaxoutDense": Rule("Functional", f"{_DENSE} nb_feature", "maxout", composed="maxout"),
    "PReLU": Rule("PReLU", "init shared_axes", "slopes", rename("init", "alpha_initializer", initializer)),
    "Permute": Rule("Permute", "dims"),
    "RepeatVector": Rule("RepeatVector", "n"),
    "Reshape": Rule("Reshape", "target_shape"),
    "SeparableConvolution2D": Rule(
        "SeparableConv2D",
        "nb_filter nb_row nb_col subsample dim_ordering init activation bias border_mode depth_multiplier "
        "depthwise_regularizer pointwise_regularizer b_regularizer activity_regularizer depthwise_constraint "
        "pointwise_constraint b_constraint",
        "separable",
        rename("init", "depthwise_initializer", initializer),
    ),
    "SimpleRNN": Rule("SimpleRNN", _RECURRENT, "recurrent", _WIDTH),
    "SpatialDropout1D": Rule("SpatialDropout1D", "p"),
    "SpatialDropout2D": Rule("SpatialDropout2D", "p dim_ordering", unsaid=True),
    "SpatialDropout3D": Rule("SpatialDropout3D", "p dim_ordering", unsaid=True),
    "ThresholdedReLU": Rule("ThresholdedReLU", "theta"),
    "TimeDistributedDense": Rule("Dense", f"{_DENSE} input_length", "dense", _WIDTH),
    "UpSampling1D": Rule("UpSampling1D", "length"),
    "UpSampling2D": Rule("UpSampling2D", "size dim_ordering", unsaid=True),
    "UpSampling3D": Rule("UpSampling3D", "size dim_ordering", unsaid=True),
    "ZeroPadding1D": Rule("ZeroPadding1D", "padding", own=ENDS),
    "ZeroPadding2D": Rule("ZeroPadding2D", "padding dim_ordering", own=SIDES, unsaid=True),
    "ZeroPadding3D": Rule("ZeroPadding3D", "padding dim_ordering", unsaid=True),
    # What holds other layers.
    "Bidirectional": Rule("Bidirectional", "layer merge_mode input_dim input_length", own=_WIDTH),
    "TimeDistributed": Rule("TimeDistributed", "layer input_dim input_length", own=_WIDTH),
}
"""By the name in Keras 1; a class that is neither here nor merges others is refused by name."""

COMMON = frozenset({"name", "trainable", "batch_input_shape", "input_dtype"})
"""What every layer of Keras 1 has."""

MERGES: Mapping[str, str] = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
}
"""What `Merge` becomes, by its mode."""

WITHOUT: Mapping[str, str] = {
    "Graph": "a model of named nodes, which the first versions of Keras 1 had",
    "ParametricSoftplus": "alpha * softplus(beta * x), with weights for both, is no layer of Keras 2",
    "SReLU": "a ReLU of four weights for each value is no layer of Keras 2",
}
"""Layers of Keras 1 that Keras 2 cannot express, and why."""

ALONE = frozenset({
    "AtrousConvolution1D", "AtrousConvolution2D", "Deconvolution2D", "Highway", "MaxoutDense", "Merge",
    "TimeDistributedDense", *WITHOUT,
})  # fmt: skip
"""Classes that no other Keras has."""

MARKS = frozenset({
    "W_constraint", "W_regularizer", "b_regularizer", "bias", "border_mode", "consume_less", "dim_ordering",
    "filter_length", "init", "inner_activation", "inner_init", "input_dtype", "length", "mode", "nb_filter", "nb_row",
    "p", "pool_length", "sigma", "subsample",
})  # fmt: skip
"""Arguments that no other Keras has, in the layers that had them in Keras 1."""

NEW = frozenset({"data_format", "filters", "kernel_initializer", "kernel_size", "rate", "units", "use_bias"})
"""Arguments that Keras 1 does not have."""
