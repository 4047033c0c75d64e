"""The arguments of Keras 1: their names and values in Keras 2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from translation.keras1_to_2.initializers import constraint, initializer, regularizer
from translation.verbs import Verb, ignore, rename, same


def _format(value: Any) -> str:
    formats = {"th": "channels_first", "tf": "channels_last"}
    if value not in formats:
        raise ValueError("neither `th` nor `tf`")
    return formats[value]


def _padding(value: Any) -> str:
    if value not in ("valid", "same"):
        raise ValueError("Keras 2 pads `valid` and `same`, and nothing else")
    return str(value)


def _is_one(value: Any) -> bool:
    return bool(value == "one")


def _sides(value: Any) -> Any:
    """Four numbers are top, bottom, left and right; Keras 1 takes them by name as well."""
    if isinstance(value, Mapping):
        value = [value.get(f"{side}_pad", 0) for side in ("top", "bottom", "left", "right")]
    return [value[:2], value[2:]] if len(value) == 4 else value


def _ends(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [value.get(f"{side}_pad", 0) for side in ("left", "right")]
    return value


_RENAMED: Mapping[str, str] = {
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "dropout_U": "recurrent_dropout",
    "dropout_W": "dropout",
    "filter_length": "kernel_size",
    "inner_activation": "recurrent_activation",
    "input_dtype": "dtype",
    "length": "size",
    "nb_filter": "filters",
    "output_dim": "units",
    "p": "rate",
    "pool_length": "pool_size",
    "sigma": "stddev",
    "stride": "strides",
    "subsample": "strides",
    "subsample_length": "strides",
}
_WEIGHTS: Mapping[str, str] = {"W": "kernel", "U": "recurrent", "b": "bias"}
_REGULARIZED: Mapping[str, str] = {
    **_WEIGHTS,
    **{name: name for name in "activity gamma beta depthwise pointwise".split()},
}
_CONSTRAINED: Mapping[str, str] = {**_WEIGHTS, **{name: name for name in "depthwise pointwise".split()}}


def _by_key(*groups: Iterable[Verb]) -> dict[str, Verb]:
    return {verb.key: verb for verbs in groups for verb in verbs}


KEYS: Mapping[str, Verb] = _by_key(
    same(
        "activation alpha axis batch_input_shape cropping depth_multiplier dims epsilon go_backwards input_dim "
        "input_length l1 l2 layer mask_value mask_zero merge_mode momentum n name padding pool_size return_sequences "
        "size sparse stateful strides target_shape theta trainable unroll"
    ),
    ignore("consume_less", kind="structural", why="Keras 2 chooses how to compute it"),
    *(rename(old, new) for old, new in _RENAMED.items()),
    rename("border_mode", "padding", _padding),
    rename("dim_ordering", "data_format", _format),
    rename("forget_bias_init", "unit_forget_bias", _is_one),
    rename("init", "kernel_initializer", initializer),
    rename("inner_init", "recurrent_initializer", initializer),
    *(rename(f"{old}_regularizer", f"{new}_regularizer", regularizer) for old, new in _REGULARIZED.items()),
    *(rename(f"{old}_constraint", f"{new}_constraint", constraint) for old, new in _CONSTRAINED.items()),
)
"""By the name in Keras 1, where a rule has no verb of its own."""

SIDES, ENDS = rename("padding", "padding", _sides), rename("padding", "padding", _ends)
EMBEDDINGS = (
    *rename("init", "embeddings_initializer", initializer),
    *same("output_dim"),
    *rename("W_regularizer", "embeddings_regularizer", regularizer),
    *rename("W_constraint", "embeddings_constraint", constraint),
)

KERNELS: tuple[tuple[str, ...], ...] = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
"""Arguments of Keras 1 that are one `kernel_size` together."""

INITIALIZED = ("init", "inner_init")
"""Arguments that name the initializer of a weight."""
