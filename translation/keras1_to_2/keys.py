"""What Keras 1 calls an argument and how it writes its value, and what Keras 2 makes of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from translation.keras1_to_2.initializers import constraint, initializer, regularizer


@dataclass(frozen=True)
class Key:
    """An argument of Keras 1: its name in Keras 2, None where it is gone, and what its value becomes.

    `value` raises ValueError, with a text, at a value that has no counterpart.
    """

    becomes: str | None
    value: Callable[[Any], Any] = lambda value: value


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


def _same(names: str) -> Mapping[str, Key]:
    return {name: Key(name) for name in names.split()}


KEYS: Mapping[str, Key] = {
    **_same("""
        activation alpha axis batch_input_shape cropping depth_multiplier dims epsilon go_backwards input_dim l1 l2
        layer mask_value mask_zero merge_mode momentum n name pool_size return_sequences size sparse stateful strides
        target_shape theta trainable unroll
    """),
    "atrous_rate": Key("dilation_rate"),
    "bias": Key("use_bias"),
    "border_mode": Key("padding", _padding),
    "consume_less": Key(None),
    "dim_ordering": Key("data_format", _format),
    "dropout_U": Key("recurrent_dropout"),
    "dropout_W": Key("dropout"),
    "filter_length": Key("kernel_size"),
    "forget_bias_init": Key("unit_forget_bias", _is_one),
    "init": Key("kernel_initializer", initializer),
    "inner_activation": Key("recurrent_activation"),
    "inner_init": Key("recurrent_initializer", initializer),
    "input_dtype": Key("dtype"),
    "input_length": Key("input_length"),
    "length": Key("size"),
    "nb_filter": Key("filters"),
    "output_dim": Key("units"),
    "p": Key("rate"),
    "padding": Key("padding"),
    "pool_length": Key("pool_size"),
    "sigma": Key("stddev"),
    "stride": Key("strides"),
    "subsample": Key("strides"),
    "subsample_length": Key("strides"),
    **{f"{old}_regularizer": Key(f"{new}_regularizer", regularizer) for old, new in (
        ("W", "kernel"), ("U", "recurrent"), ("b", "bias"), ("activity", "activity"), ("gamma", "gamma"),
        ("beta", "beta"), ("depthwise", "depthwise"), ("pointwise", "pointwise"),
    )},
    **{f"{old}_constraint": Key(f"{new}_constraint", constraint) for old, new in (
        ("W", "kernel"), ("U", "recurrent"), ("b", "bias"), ("depthwise", "depthwise"), ("pointwise", "pointwise"),
    )},
}  # fmt: skip
"""By the name in Keras 1, where a rule says nothing else."""

SIDES, ENDS, GONE = Key("padding", _sides), Key("padding", _ends), Key(None)
EMBEDDINGS: Mapping[str, Key] = {
    "init": Key("embeddings_initializer", initializer),
    "output_dim": Key("output_dim"),
    "W_regularizer": Key("embeddings_regularizer", regularizer),
    "W_constraint": Key("embeddings_constraint", constraint),
}

KERNELS: tuple[tuple[str, ...], ...] = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
"""Arguments of Keras 1 that are one `kernel_size` together."""
