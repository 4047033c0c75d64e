"""SavedModel folders: the model that is built of one has the weights and answers of the file's own graph."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.load import LoadRequest, load
from interchange.errors import Exit, Failure
from keras2to3.scanner.examine import examine, scan_model
from tests.models.saved_models import as_before_2_5, save


def door(path: Path) -> Any:
    return load(LoadRequest(path, "savedmodel", architecture=scan_model(path).architecture or {}))


def answer(model: Any, given: Any) -> list[Any]:
    import tensorflow as tf

    return [tensor.numpy() for tensor in tf.nest.flatten(model(given, training=False))]


INPUTS: dict[str, Any] = {
    "adapted_words": lambda: {"words": np.array([["emu"], ["zebra"]]), "number": np.ones((2, 4), "float32")},
    "adapted_within": lambda: [np.array([["a b z"]]), np.array([[9, 4]]), np.array([[2.0, 7.0]], "float32")],
    "given_words": lambda: [np.array([["z"], ["?"]]), np.array([[1, 2], [0, 9]])],
}


@pytest.mark.parametrize("name", INPUTS)
def test_it_answers_as_the_graph_in_the_file_does(keras: Any, tmp_path: Path, name: str) -> None:
    import tensorflow as tf

    path, given = save(name, tmp_path), tf.nest.map_structure(tf.constant, INPUTS[name]())
    built, graph = answer(door(path), given), answer(tf.saved_model.load(str(path)), given)
    assert len(built) == len(graph)
    for one, other in zip(built, graph):
        if one.dtype == object:
            assert one.tolist() == other.tolist()
        else:
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_metadata_in_the_graph_of_objects_says_the_same(keras: Any, tmp_path: Path) -> None:
    path = save("input_from_a_call", tmp_path)
    new = door(path)
    as_before_2_5(path)
    old = door(path)
    assert all(np.array_equal(*pair) for pair in zip(new.get_weights(), old.get_weights(), strict=True))


def test_an_architecture_that_does_not_fit_its_checkpoint_is_told(keras: Any, tmp_path: Path) -> None:
    path = save("input_from_a_call", tmp_path)
    architecture: Any = scan_model(path).architecture
    architecture["config"]["layers"][1]["config"]["units"] = 4
    with pytest.raises(Failure) as raised:
        load(LoadRequest(path, "savedmodel", architecture=architecture))
    assert raised.value.code == Exit.WEIGHTS


def test_metadata_that_an_earlier_model_has_left_in_the_folder_are_not_those_of_the_model(
    keras: Any, tmp_path: Path
) -> None:
    path, other = save("input_from_a_call", tmp_path), save("models_within", tmp_path)
    wanted = door(path)
    as_before_2_5(path)
    shutil.copy(other / "keras_metadata.pb", path)
    found = door(path)
    assert [layer.name for layer in found.layers] == [layer.name for layer in wanted.layers]
    assert all(np.array_equal(*pair) for pair in zip(found.get_weights(), wanted.get_weights(), strict=True))


def test_metadata_of_an_earlier_model_break_no_law_either(keras: Any, tmp_path: Path) -> None:
    path, other = save("input_from_a_call", tmp_path), save("models_within", tmp_path)
    as_before_2_5(path)
    metadata = (other / "keras_metadata.pb").read_bytes()
    (path / "keras_metadata.pb").write_bytes(metadata.replace(b'{"name"', b'["name"'))
    assert examine(path).unsafe
