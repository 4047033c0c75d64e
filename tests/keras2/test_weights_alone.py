"""Weights alone in the exporter: tensors as they are stored, where Keras 2.15 puts them, and what CuDNN's become."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from exporter import weights_alone
from exporter.load import LOADERS
from importer.restore.matching import Tensor, match
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.messages.requests import ExportWeightsRequest, SourceFacts
from keras2to3.user_files.functions import builder
from tests.models import architecture_functions, weights_only
from tests.support.paths import MODELS

FILE = MODELS / "architecture_functions.py"


def exported(path: Path, function: str, format_: str = "weights", part: str | None = None) -> Bundle:
    folder, about = path.with_suffix(f".{function}"), SourceFacts(path.name, "", format_, {})
    request = ExportWeightsRequest(path, folder, about, builder(f"{FILE}:{function}"), part)
    weights_alone.export(request, lambda _: None)
    return Bundle.open(folder)


@pytest.fixture
def model(keras: ModuleType) -> Any:
    return weights_only.reader(keras)


def test_names_are_told_with_the_variables_that_keras_2_15_fills(model: Any, tmp_path: Path) -> None:
    model.save_weights(tmp_path / "named.h5")
    bundle = exported(tmp_path / "named.h5", "reader")
    rows = {row.facts["place"]: row for row in bundle.rows("stored.npz")}
    assert len(rows) == len(model.weights) == 22
    (place,) = (place for place in rows if "/forward_gru" in place and place.endswith("/kernel:0"))
    assert rows[place].facts["loaded"] == ["bidirectional", "forward_layer", "cell", "kernel"]
    np.testing.assert_array_equal(bundle.read(rows["dense_3/dense_3/kernel:0"]), model.get_layer("dense_3").kernel)
    assert rows["dense_3/dense_3/kernel:0"].facts["loaded"] == ["dense_1", "kernel"]
    assert bundle.json("reference.json")["kind"] == "original"


@pytest.mark.parametrize(("name", "format_"), [("a.weights.h5", "weights"), ("a.keras", "keras")])
def test_counted_tensors_come_in_the_order_of_their_numbers(
    model: Any, tmp_path: Path, name: str, format_: str
) -> None:
    (model.save if format_ == "keras" else model.save_weights)(tmp_path / name)
    bundle = exported(tmp_path / name, "reader", format_)
    places = [row.facts["place"] for row in bundle.rows("stored.npz")]
    assert len(places) == 22
    assert places.index("layers/dense/vars/0") < places.index("layers/dense_1/vars/0")
    assert bundle.json("reference.json")["kind"] == "original"


@pytest.mark.parametrize("spelling", ["_layer_checkpoint_dependencies/{}", "layers\\{}"])
def test_tensors_in_the_spellings_of_2_12_and_of_windows(model: Any, tmp_path: Path, spelling: str) -> None:
    import h5py

    model.save_weights(tmp_path / "now.weights.h5")
    with h5py.File(tmp_path / "now.weights.h5") as now, h5py.File(tmp_path / "then.weights.h5", "w") as then:
        for name, group in now["layers"].items():
            now.copy(group, then, spelling.format(name))
    bundle = exported(tmp_path / "then.weights.h5", "reader")
    assert len(bundle.rows("stored.npz")) == 22
    assert bundle.json("reference.json")["kind"] == "original"


def test_a_checkpoint_is_read_and_loaded(model: Any, tmp_path: Path) -> None:
    model.save_weights(tmp_path / "shards")
    bundle = exported(tmp_path / "shards.index", "reader", "checkpoint")
    rows = {row.facts["place"]: row for row in bundle.rows("stored.npz")}
    place = "layer_with_weights-5/kernel/.ATTRIBUTES/VARIABLE_VALUE"
    np.testing.assert_array_equal(bundle.read(rows[place]), model.get_layer("dense_3").kernel)
    assert bundle.json("reference.json")["kind"] == "original"
    facts = exported(tmp_path / "shards.index", "twins", "checkpoint").json("reference.json")
    assert facts["kind"] == "weights"


@pytest.mark.parametrize("holding", ["model", "net.inner", "layers", "list"])
def test_a_model_that_something_holds_is_loaded(model: Any, tmp_path: Path, holding: str) -> None:
    import tensorflow as tf

    saved = {
        "model": lambda: tf.train.Checkpoint(model=model, step=tf.Variable(1)),
        "net.inner": lambda: tf.train.Checkpoint(net=tf.train.Checkpoint(inner=model)),
        "layers": lambda: tf.train.Checkpoint(**{layer.name: layer for layer in architecture_functions.both().layers}),
        "list": lambda: tf.train.Checkpoint(weights=model.weights),
    }[holding]()
    path = Path(saved.save(str(tmp_path / "saved"))).with_suffix(".index")
    function, part = {"layers": ("both", None), "net.inner": ("reader", "net/inner")}.get(holding, ("reader", None))
    bundle = exported(path, function, "checkpoint", part)
    assert bundle.json("reference.json")["kind"] == "original"
    if holding == "list":
        rows = {row.facts["place"]: row.facts["loaded"] for row in bundle.rows("stored.npz")}
        assert rows["weights/0/.ATTRIBUTES/VARIABLE_VALUE"] == ["bidirectional", "forward_layer", "cell", "kernel"]


def test_a_checkpoint_that_lacks_a_weight_leaves_no_truth(keras: ModuleType, tmp_path: Path) -> None:
    import tensorflow as tf

    lacking = keras.Sequential([keras.layers.Dense(3, use_bias=False), keras.layers.Dense(3)])
    lacking(np.zeros((1, 3)))
    tf.train.Checkpoint(net=lacking).write(str(tmp_path / "saved"))
    facts = exported(tmp_path / "saved.index", "one_of_two", "checkpoint").json("reference.json")
    assert facts["kind"] == "weights"
    assert "architecture: dense (Dense) weight='bias': the file stores no tensor of this name for it" in facts["why"]


@pytest.mark.parametrize("name", ["a.h5", "a.weights.h5"])
def test_a_model_within_is_loaded_when_it_is_named(keras: ModuleType, tmp_path: Path, name: str) -> None:
    model = architecture_functions.both()
    model.save_weights(tmp_path / name)
    part = "decoder" if name == "a.h5" else "sequential_1"
    bundle = exported(tmp_path / name, "one_of_two", part=part)
    assert bundle.json("reference.json")["kind"] == "original"
    rows = [row for row in bundle.rows("stored.npz") if "decoder" in row.facts["place"] or "_1/l" in row.facts["place"]]
    for row, variable in zip(rows, model.get_layer("decoder").weights, strict=True):
        np.testing.assert_array_equal(bundle.read(row), variable)
    if name == "a.h5":
        with pytest.raises(Failure, match="the file has no elsewhere") as caught:
            exported(tmp_path / name, "twins", part="elsewhere")
        assert (caught.value.code, caught.value.hint) == (Exit.USAGE, "what is there: encoder, decoder")


def test_an_array_that_no_layer_lists_is_a_tensor_of_the_file(model: Any, tmp_path: Path) -> None:
    import h5py

    model.save_weights(tmp_path / "a.h5")
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["dense_3/more/extra"] = np.ones(2, "float32")
    bundle = exported(tmp_path / "a.h5", "reader")
    (row,) = (row for row in bundle.rows("stored.npz") if row.facts["place"] == "dense_3/more/extra")
    np.testing.assert_array_equal(bundle.read(row), np.ones(2))
    assert "is stored and belongs to no layer" in bundle.json("reference.json")["why"]


def test_a_function_for_keras_3_alone_leaves_no_truth_and_says_why(model: Any, tmp_path: Path) -> None:
    model.save_weights(tmp_path / "named.h5")
    facts = exported(tmp_path / "named.h5", "cells").json("reference.json")
    assert (facts["kind"], facts["calls"]) == ("weights", [])
    assert "made for Keras 3" in facts["why"]


def test_weights_that_keras_2_15_cannot_load_leave_no_truth(model: Any, tmp_path: Path) -> None:
    model.save_weights(tmp_path / "named.h5")
    model.save_weights(tmp_path / "counted.weights.h5")
    for name in ("named.h5", "counted.weights.h5"):
        facts = exported(tmp_path / name, "twins").json("reference.json")
        assert facts["kind"] == "weights"
        assert "the weights do not fit the architecture" in facts["why"]


def test_a_file_that_lists_what_it_does_not_hold(keras: ModuleType, tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["layer_names"] = [b"dense"]
    open_weights = LOADERS["weights"].weights
    assert open_weights is not None
    with (
        pytest.raises(Failure, match="lists layers that it does not hold") as caught,
        open_weights(tmp_path / "a.h5", None),
    ):
        pass
    assert caught.value.code is Exit.UNREADABLE


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_what_cudnn_wrote_becomes_what_keras_2_15_makes_of_it(keras: ModuleType, kind: str) -> None:
    from keras.src.saving.legacy import hdf5_format

    layer = keras.layers.GRU(4, reset_after=True) if kind == "GRU" else keras.layers.LSTM(4)
    layer.build((None, None, 5))
    gates = 3 if kind == "GRU" else 4
    random = np.random.default_rng(8)
    shapes = [(5, gates * 4), (4, gates * 4), (2 * gates * 4,)]
    weights = [random.normal(size=shape).astype("float32") for shape in shapes]
    expected = hdf5_format._convert_rnn_weights(layer, [*weights])
    roles = ("kernel", "recurrent_kernel", "bias")
    mine = [Tensor(role, ("a",), role, array.shape) for role, array in zip(roles, weights)]
    theirs = [Tensor(role, ("b",), role, tuple(variable.shape)) for role, variable in zip(roles, layer.weights)]
    found = match(mine, theirs)
    assert [row.target.role for row in found.matches] == list(roles)
    for row, wanted, array in zip(found.matches, expected, weights):
        assert row.recasting is not None
        np.testing.assert_array_equal(row.recasting.forward(array), wanted)


@pytest.mark.parametrize("rank", [1, 2])
def test_kernels_that_theano_turned_are_refused(keras: ModuleType, tmp_path: Path, rank: int) -> None:
    import h5py

    layers = [keras.layers.Dense(2)] if rank == 1 else [keras.layers.Conv2D(2, 3)]
    keras.Sequential([keras.Input((6,) * rank + (1,)), *layers]).save_weights(tmp_path / "turned.h5")
    with h5py.File(tmp_path / "turned.h5", "a") as file:
        file.attrs["backend"] = "theano"
    if rank == 1:  # what Theano stores of other layers is as anybody has it
        assert len(exported(tmp_path / "turned.h5", "reader").rows("stored.npz")) == 2
        return
    with pytest.raises(Failure, match="these weights were trained with Theano") as caught:
        exported(tmp_path / "turned.h5", "reader")
    assert caught.value.code is Exit.REFUSED
    assert "--architecture" in str(caught.value.hint)


def numbered(path: Path, shapes: list[list[tuple[int, ...]]]) -> Path:
    """As Keras before 1.0 saved weights."""
    import h5py

    random = np.random.default_rng(2)
    with h5py.File(path, "w") as file:
        file.attrs["nb_layers"] = len(shapes)
        for number, layer in enumerate(shapes):
            group = file.create_group(f"layer_{number}")
            group.attrs["nb_params"] = len(layer)
            for index, shape in enumerate(layer):
                group[f"param_{index}"] = random.normal(size=shape).astype("float32")
    return path


def test_weights_of_keras_before_1_0_are_given_back_in_their_order(keras: ModuleType, tmp_path: Path) -> None:
    path = numbered(tmp_path / "old.h5", [[(3, 3), (3,)], [], [(3, 3), (3,)]])
    bundle = exported(path, "one_of_two")
    assert bundle.json("reference.json")["kind"] == "original"
    rows = {row.facts["place"]: row.facts["loaded"] for row in bundle.rows("stored.npz")}
    assert rows == {
        "layer_0/param_0": ["dense", "kernel"], "layer_0/param_1": ["dense", "bias"],
        "layer_2/param_0": ["dense_1", "kernel"], "layer_2/param_1": ["dense_1", "bias"],
    }  # fmt: skip
    other = exported(numbered(tmp_path / "other.h5", [[(3, 3)], [(3, 3), (3,)]]), "one_of_two")
    assert "its layers have other weights" in other.json("reference.json")["why"]
    with pytest.raises(Failure, match="these weights were trained with Theano"):
        exported(numbered(tmp_path / "turned.h5", [[(2, 1, 3, 3)]]), "one_of_two")
