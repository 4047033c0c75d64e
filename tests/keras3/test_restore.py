"""Weights into the new model: each tensor once, under its old path and name, and every misfit is listed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.build.rebuild import Names, Rebuilt
from importer.decompositions.layers import WeightTarget
from importer.restore.restore import restore
from importer.restore.variables import named_variables
from interchange.bundle import Bundle, BundleWriter
from interchange.errors import Exit, Failure
from translation.weight_transforms import RESHAPED, permuted

Key = tuple[str, ...]


def bundle_of(weights: Mapping[Key, Any], folder: Path) -> Bundle:
    """A bundle with these tensors, each under the path of its layer and its own name."""
    writer = BundleWriter(folder, {}, {})
    rows = (
        ({"layer": list(key[:-1]), "variable": key[-1], "trainable": True}, np.asarray(value, "float32"))
        for key, value in weights.items()
    )
    writer.write_tensors("weights.npz", rows)
    writer.close()
    return Bundle.open(folder)


@pytest.fixture
def dense() -> Rebuilt:
    """Two inputs to three units, under the old name `a/b`."""
    import keras

    layer = keras.layers.Dense(3, name="a_b")
    model = keras.Sequential([keras.Input((2,)), layer])
    return Rebuilt(model, Names(layers={id(model): {"a/b": layer}}), [])


KERNEL, BIAS = np.arange(6.0).reshape(2, 3), np.arange(3.0)


def test_tensors_go_where_their_old_names_say(dense: Rebuilt, tmp_path: Path) -> None:
    told = restore(dense, bundle_of({("a/b", "bias"): BIAS, ("a/b", "kernel"): KERNEL}, tmp_path / "b"))
    np.testing.assert_array_equal(dense.model.layers[0].kernel, KERNEL)
    np.testing.assert_array_equal(dense.model.layers[0].bias, BIAS)
    assert told.to_json() == {"tensors": 2, "bytes": 36, "identical": 2, "rescaled": 0}


def test_all_misfits_are_listed_and_nothing_is_assigned(dense: Rebuilt, tmp_path: Path) -> None:
    before = np.array(dense.model.layers[0].kernel)
    wrong = {("a/b", "kernel"): KERNEL.T, ("a/b", "gamma"): BIAS, ("ghost", "kernel"): KERNEL}
    with pytest.raises(Failure) as caught:
        restore(dense, bundle_of(wrong, tmp_path / "b"))
    assert caught.value.code is Exit.WEIGHTS
    assert [(problem.layer, problem.key, problem.text) for problem in caught.value.problems] == [
        ("a/b", "bias", "the old model has no tensor for this variable"),
        ("a/b", "gamma", "no variable of the new model takes this tensor"),
        ("a/b", "kernel", "shape (3, 2) in the file, (2, 3) in the model"),
        ("ghost", "kernel", "no variable of the new model takes this tensor"),
    ]
    np.testing.assert_array_equal(dense.model.layers[0].kernel, before)


def test_a_renamed_variable_answers_to_its_old_name(dense: Rebuilt, tmp_path: Path) -> None:
    dense.names.variables[id(dense.model.layers[0])] = {"kernel": "depthwise_kernel"}
    restore(dense, bundle_of({("a/b", "depthwise_kernel"): KERNEL, ("a/b", "bias"): BIAS}, tmp_path / "b"))
    np.testing.assert_array_equal(dense.model.layers[0].kernel, KERNEL)


@pytest.mark.parametrize(
    ("recast", "stored"), [(permuted((1, 0)), KERNEL.T), (RESHAPED, KERNEL.reshape(6, 1))], ids=["permuted", "reshaped"]
)
def test_a_recast_tensor_is_counted(dense: Rebuilt, tmp_path: Path, recast: Any, stored: np.ndarray) -> None:
    layer = dense.model.layers[0]
    dense.names.weights[id(layer)] = {"w": WeightTarget(layer, "kernel", recast), "bias": WeightTarget(layer, "bias")}
    told = restore(dense, bundle_of({("a/b", "w"): stored, ("a/b", "bias"): BIAS}, tmp_path / "b"))
    np.testing.assert_array_equal(layer.kernel, KERNEL)
    assert (told.rescaled, told.identical) == (1, 1)


def test_a_tensor_that_cannot_be_recast_is_told(dense: Rebuilt, tmp_path: Path) -> None:
    layer = dense.model.layers[0]
    dense.names.weights[id(layer)] = {"w": WeightTarget(layer, "kernel", RESHAPED)}
    with pytest.raises(Failure, match="cannot be reshaped") as caught:
        restore(dense, bundle_of({("a/b", "w"): np.zeros((5, 5))}, tmp_path / "b"))
    assert caught.value.code is Exit.WEIGHTS


def test_every_variable_has_one_path_and_one_name(old: Any, tmp_path: Path) -> None:
    import keras

    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.BatchNormalization()])
    cells = keras.layers.RNN([keras.layers.LSTMCell(2), keras.layers.GRUCell(2)], return_sequences=True)
    x = keras.Input((5, 3))
    y = keras.layers.Bidirectional(keras.layers.GRU(2, return_sequences=True))(keras.layers.TimeDistributed(inner)(x))
    model = keras.Model(x, cells(y))
    names = {id(owner): {layer.name: layer for layer in owner.layers} for owner in (model, inner)}
    listed = list(named_variables(Rebuilt(model, Names(layers=names), [])))
    weights = [variable for variable in model.variables if "seed" not in variable.path]
    assert sorted(id(slot.variable) for _, _, slot in listed) == sorted(map(id, weights))
    assert len({(path, name) for path, name, _ in listed}) == len(listed)
