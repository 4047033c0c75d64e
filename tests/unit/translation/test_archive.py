"""`.keras` files of Keras 2 without Keras: their spelling, the places of their layers, and their vocabularies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from tests.models.hdf5_files import dense, layer, sequential
from translation.keras2_to_2_15.archive import Archive
from translation.keras2_to_2_15.archive_configs import hdf5_config
from translation.keras2_to_2_15.archive_paths import Places, snake_case
from translation.keras2_to_2_15.archive_vocabularies import with_words


def spelled(class_name: str, config: Any, module: str | None = "keras.layers", **more: Any) -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None, **more}


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (
            spelled("Dense", {"bias_initializer": spelled("Zeros", {})}, build_config={"input_shape": [3]}),
            {"class_name": "Dense", "config": {"bias_initializer": {"class_name": "Zeros", "config": {}}}},
        ),
        (spelled("function", "relu", "builtins", registered_name="relu"), "relu"),
        (spelled("function", "act", "mine", registered_name="Mine>act"), "Mine>act"),
        (spelled("Scale", {}, "mine", registered_name="Mine>Scale"), {"class_name": "Mine>Scale", "config": {}}),
        ({"class_name": "__numpy__", "config": {"value": [1.5, 2.0], "dtype": "float64"}}, [1.5, 2.0]),
        ({"class_name": "__tensor__", "config": {"value": 3, "dtype": "int32"}}, 3),
        ({"class_name": "__bytes__", "config": {"value": "a"}}, {"class_name": "__bytes__", "value": "a"}),
        (
            {"class_name": "__typespec__", "spec_name": "RaggedTensorSpec", "config": [[None], "int32"]},
            {"class_name": "TypeSpec", "type_spec": "tf.RaggedTensorSpec", "serialized": [[None], "int32"]},
        ),
        (spelled("Lambda", {"function": ["A", None]}), {"class_name": "Lambda", "config": {"function": ["A", None]}}),
    ],
)  # fmt: skip
def test_the_spelling_of_archives_becomes_that_of_hdf5(new: Any, old: Any) -> None:
    assert hdf5_config({"layers": [new]}) == {"layers": [old]}


def test_what_is_spelled_so_already_stays() -> None:
    old = sequential(dense(), layer("Activation", "a", activation="relu"))
    assert hdf5_config(old) == old


@pytest.mark.parametrize(
    ("name", "snake"),
    [("Conv2D", "conv2d"), ("LSTMCell", "lstm_cell"), ("CuDNNGRU", "cu_dnngru")],
)
def test_classes_are_spelled_as_keras_spells_groups(name: str, snake: str) -> None:
    assert snake_case(name) == snake


def places(architecture: Mapping[str, Any], archive: Archive) -> list[str]:
    found = []

    def down(model: Mapping[str, Any], place: Any, walk: Places) -> None:
        for entry, own in walk.of(model, place):
            found.append("/".join(own))
            if "layers" in entry["config"]:
                down(entry, own, walk)

    down(architecture, (), Places(archive))
    return found


def test_layers_are_numbered_by_class_within_their_model() -> None:
    entry = layer("InputLayer", "in")
    model = sequential(entry, dense("b"), layer("ReLU", "r"), dense("a"), sequential(dense("b")))
    wanted = ["layers/dense", "layers/re_lu", "layers/dense_1", "layers/sequential", "layers/sequential/layers/dense"]
    assert places(model, Archive(model)) == wanted


def test_gaps_in_the_numbers_are_those_of_the_archive() -> None:
    model = sequential(dense("a"), dense("b"), dense("c"))
    old = "_layer_checkpoint_dependencies"
    archive = Archive.of(
        model, {}, {f"{old}/dense_10": {}, f"{old}\\dense": {}, f"{old}/dense_2": {}, f"{old}/re_lu": {}}
    )
    assert places(model, archive) == ["layers/dense", "layers/dense_2", "layers/dense_10"]


def test_a_shared_layer_lies_where_it_was_met_first_and_one_of_the_same_name_does_not() -> None:
    shared, other = {**dense("a"), "shared_object_id": 7}, dense("b")
    model = sequential(sequential(dense("a"), other), shared, other)
    first, *rest = places(model, Archive(model))
    assert first == "layers/sequential"
    assert rest == [f"{first}/layers/dense", f"{first}/layers/dense_1", f"{first}/layers/dense", "layers/dense"]


def lookup(file: bytes, class_name: str = "StringLookup", **config: Any) -> Any:
    model = sequential(layer(class_name, "words", vocabulary=None, **config))
    kind = snake_case(class_name)
    new = with_words(Archive.of(model, {f"assets/layers/{kind}/vocabulary.txt": file}, {}))
    return new["config"]["layers"][0]["config"]["vocabulary"]


def test_words_are_read_as_they_were_written() -> None:
    assert lookup("\n[UNK]\n[UNK]\n b\né".encode()) == ["", "[UNK]", "[UNK]", " b", "é"]
    assert lookup(b"\r\n[UNK]\r\na\r\nb") == ["", "[UNK]", "a", "b"], "Windows"
    assert lookup(b"\n[UNK]\n\r\na") == ["", "[UNK]", "\r", "a"], "a word of its own"
    assert lookup(b"-1\n4\n7", "IntegerLookup") == [-1, 4, 7]


@pytest.mark.parametrize(
    ("file", "class_name", "says"),
    [
        (b"\n[UNK]\ncaf\xe9", "StringLookup", "cannot be decoded"),
        (b"\n[UNK]\na\n\n\nb", "TextVectorization", "line 4 twice"),
        (b"\n1", "IntegerLookup", "not an integer"),
    ],
)
def test_words_that_nobody_can_tell_are_refused(file: bytes, class_name: str, says: str) -> None:
    with pytest.raises(Failure, match=says) as caught:
        lookup(file, class_name)
    assert (caught.value.code, caught.value.problems[0].layer) == (Exit.UNREADABLE, "words")
