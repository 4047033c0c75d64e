"""What Keras 2.15 makes of older spellings is what `check` and `inspect` take it to make of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from translation.keras2_to_2_15.canonical_names import NAMES, UNWRITTEN, with_canonical_names
from translation.keras2_to_3.translate import translate


def aliases() -> dict[str, str]:
    """Every second name of a class in Keras 2.15, with its first."""
    import keras
    from keras.src import constraints, initializers, regularizers
    from keras.src.layers import serialization

    serialization.populate_deserializable_objects()
    initializers.populate_deserializable_objects()
    found: dict[str, Any] = {**vars(constraints), **vars(regularizers)}
    found |= initializers.LOCAL.ALL_OBJECTS | serialization.LOCAL.ALL_OBJECTS
    found |= {name: getattr(keras.layers, name) for name in dir(keras.layers)}
    return {name: of.__name__ for name, of in found.items() if isinstance(of, type) and of.__name__ != name}


def test_every_second_name_of_a_class() -> None:
    # Neither is in Keras's own tables: a function that makes a regularizer, and a layer registered as custom.
    others = {"l1_l2": "L1L2", "Custom>CustomScaleLayer": "CustomScaleLayer"}
    base = {"initializer": "Initializer"}  # refused whatever it is called
    assert {**aliases(), **others} == {**NAMES, **base}


OLD = {
    "initializers_with_a_dtype": {
        "class_name": "Sequential",
        "config": {
            "name": "sequential",
            "layers": [
                {
                    "class_name": "Convolution1D",
                    "config": {
                        "name": "conv",
                        "filters": 2,
                        "kernel_size": [3],
                        "batch_input_shape": [None, 8, 3],
                        "kernel_initializer": {"class_name": "GlorotUniform", "config": {"dtype": "float32"}},
                        "bias_initializer": {"class_name": "zeros", "config": {}},
                        "autocast": True,
                    },
                },
                {"class_name": "AvgPool1D", "config": {"name": "pool", "pool_size": [2]}},
            ],
        },
    },
    "a_bare_list_of_layers": {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Bidirectional",
                "config": {
                    "name": "both",
                    "batch_input_shape": [None, 5, 3],
                    "layer": {
                        "class_name": "LSTM",
                        "config": {
                            "name": "lstm",
                            "units": 2,
                            "recurrent_activation": "hard_sigmoid",
                            "kernel_initializer": {"class_name": "VarianceScaling", "config": {"seed": None}},
                        },
                    },
                },
            },
            {"class_name": "LeakyReLU", "config": {"name": "leaky", "alpha": 0.1}},
        ],
    },
}


@pytest.mark.parametrize("name", OLD)
def test_the_rules_say_the_same_before_and_after_keras_2_15(name: str) -> None:
    from keras.src.saving.legacy import model_config

    model = model_config.model_from_config(json.loads(json.dumps(OLD[name])))
    after = translate(json.loads(model.to_json()))
    before = translate(with_canonical_names(OLD[name]))
    assert after.problems == before.problems == []
    assert set(map(str, before.changes)) <= set(map(str, after.changes)), "what has a default is told afterwards only"


def test_what_every_layer_takes_and_none_writes() -> None:
    import keras

    kwargs = {"autocast": True, "batch_size": 2, "input_shape": (3,), "weights": None}
    assert set(kwargs) == UNWRITTEN
    assert not UNWRITTEN & set(keras.layers.Dense(2, **kwargs).get_config())
