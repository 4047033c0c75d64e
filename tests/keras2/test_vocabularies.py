"""Lookup layers: what their probes hold, and that a file without their vocabulary is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.describe.description import architecture, variables
from exporter.load import LoadRequest, load
from exporter.probes.input_facts import input_facts
from exporter.probes.probes import cases
from interchange.errors import Exit, Failure
from translation.keras2_to_2_15 import vocabularies

WORDS = ["earth", "wind", "and", "fire", "k\u00f6ln"]
NUMBERS = [42, 1138, -7]

# A lookup, the dtype of its input, something it knows, and something it does not.
LOOKUPS: dict[str, tuple[Callable[[Any], Any], str, Any, Any]] = {
    "words": (lambda layers: layers.StringLookup(vocabulary=WORDS), "string", "k\u00f6ln".encode(), b""),
    "masked words": (lambda layers: layers.StringLookup(vocabulary=WORDS, mask_token="zero"), "string", b"zero", b""),
    "numbers": (lambda layers: layers.IntegerLookup(vocabulary=NUMBERS), "int64", -7, 1139),
    "indices": (lambda layers: layers.StringLookup(vocabulary=WORDS, invert=True), "int64", 5, 6),
    "texts": (lambda layers: layers.TextVectorization(vocabulary=WORDS), "string", b"EARTH!", b"zebra"),
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_probes_hold_what_a_lookup_knows_and_what_it_does_not(keras: Any, name: str) -> None:
    make, dtype, known, unknown = LOOKUPS[name]
    x = keras.Input((1,), dtype=dtype)
    (facts,) = input_facts(keras.Model(x, make(keras.layers)(x)))
    assert known in facts.values
    assert unknown in facts.values
    drawn = [value for case in cases([facts], 7) for value in case.inputs[0].ravel().tolist()]
    assert set(drawn) <= set(facts.values)
    assert len(set(drawn)) > 1


def test_a_lookup_without_a_place_for_the_unknown_sees_only_what_it_knows(keras: Any) -> None:
    x = keras.Input((4,), dtype="int32")
    strict = keras.layers.IntegerLookup(vocabulary=NUMBERS, num_oov_indices=0)(x)
    lenient = keras.layers.IntegerLookup(vocabulary=[1, 2])(x)
    (facts,) = input_facts(keras.Model(x, [strict, lenient]))
    assert facts.values == tuple(NUMBERS)


def test_values_are_limited_to_the_ids_of_another_reader_and_to_the_dtype(keras: Any) -> None:
    x, y = keras.Input((4,), dtype="int32"), keras.Input((4,), dtype="uint8")
    layers = keras.layers
    outputs = [layers.IntegerLookup(vocabulary=[3, 700])(tensor) for tensor in (x, y)]
    facts = input_facts(keras.Model([x, y], [*outputs, layers.Embedding(9, 2)(x)]))
    assert facts[0].values == (3, 0)
    assert facts[1].values == (3, 0)


def test_what_stands_behind_a_lookup_does_not_see_its_input(keras: Any) -> None:
    x = keras.Input((4,), dtype="string")
    y = keras.layers.StringLookup(vocabulary=WORDS, mask_token="")(x)
    (facts,) = input_facts(keras.Model(x, keras.layers.Embedding(9, 2, mask_zero=True)(y)))
    assert facts.ids is None
    assert facts.padding == b""
    padded = next(case for case in cases([facts], 7) if case.name == "padded").inputs[0]
    assert padded[-1].tolist()[1:] == [b"", b"", b""]


def test_the_weights_of_words_are_those_of_the_file_and_no_variable(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((1,), dtype="string")
    options = {"output_mode": "tf_idf", "idf_weights": [0.5, 2.0], "max_tokens": 6, "pad_to_max_tokens": True}
    layer = keras.layers.TextVectorization(vocabulary=["a", "b"], **options)
    model = keras.Model(x, layer(x))
    model.set_weights([np.array([7.0, 8.0, 9.0, 0.0, 0.0, 0.0])])
    model.save(tmp_path / "model.h5")
    loaded = load(LoadRequest(tmp_path / "model.h5"))
    assert list(variables(loaded)) == []
    described = architecture(loaded)["config"]["layers"][1]["config"]
    assert described["vocabulary"] == ["[UNK]", "a", "b"]
    assert described["idf_weights"] == [7.0, 8.0, 9.0]
    assert loaded(np.array([["a a z"]])).numpy().tolist() == [[7.0, 16.0, 0.0, 0.0, 0.0, 0.0]]


def test_a_file_without_the_vocabulary_is_refused_by_name(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    x = keras.Input((1,), dtype="string")
    text = layers.TextVectorization(name="text")
    text.adapt(np.array(["the cat sat"]))
    inner = keras.Sequential([keras.Input((1,), dtype="string"), layers.StringLookup(name="words")], name="inner")
    model = keras.Model(x, [text(x), inner(x), layers.StringLookup(vocabulary=WORDS)(x)])
    with pytest.raises(NotImplementedError):  # Keras leaves half a file behind
        model.save(tmp_path / "model.h5")
    with pytest.raises(Failure) as caught:
        load(LoadRequest(tmp_path / "model.h5"))
    assert caught.value.code is Exit.UNREADABLE
    assert [(problem.layer, problem.key) for problem in caught.value.problems] == [
        ("text", "vocabulary"),
        ("inner/words", "vocabulary"),
    ]


def test_a_vocabulary_with_duplicates_says_so(keras: Any, tmp_path: Path) -> None:
    config = keras.layers.StringLookup(vocabulary=["a", "b"], name="words").get_config()
    architecture = {"class_name": "StringLookup", "config": config | {"vocabulary": ["a", "a"]}}
    vocabularies.check_complete({"class_name": "Sequential", "config": {"layers": [architecture]}})
    x = keras.Input((1,), dtype="string")
    keras.Model(x, keras.layers.StringLookup(vocabulary=["a", "b"])(x)).save(tmp_path / "model.h5")
    import h5py

    with h5py.File(tmp_path / "model.h5", "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('["a", "b"]', '["a", "a"]')
    with pytest.raises(Failure, match="repeated term"):
        load(LoadRequest(tmp_path / "model.h5"))


def test_an_adapted_discretization_says_its_bins_and_has_no_weight(keras: Any) -> None:
    bins = keras.layers.Discretization(num_bins=3, name="bins")
    bins.adapt([[-2.0, -1.0, 0.5, 0.75, 1.0, 3.0]])
    x = keras.Input((4,))
    model = keras.Model(x, bins(x))
    (config,) = [layer["config"] for layer in architecture(model)["config"]["layers"] if layer["name"] == "bins"]
    assert config["bin_boundaries"] == [float(boundary) for boundary in bins.bin_boundaries]
    assert len(config["bin_boundaries"]) == 2
    assert list(variables(model)) == []
