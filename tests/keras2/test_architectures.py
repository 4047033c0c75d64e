"""Architectures in text: fresh weights that are the same every time, and weights from a file of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from exporter.keras2.initializers import make_free
from exporter.load import LoadRequest, load
from interchange.errors import Exit, Failure
from interchange.workers.initializers import COSTLY
from tests.models.basic import MODELS


@pytest.fixture(autouse=True)
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the worker, where nothing draws unless it is asked to."""
    from keras.src.initializers import initializers

    for name in COSTLY:
        monkeypatch.setattr(getattr(initializers, name), "__call__", getattr(initializers, name).__call__)
    make_free()


@pytest.fixture
def layers(keras: Any) -> Any:
    """Two ways that meet, so that there is an order to be kept."""
    x = keras.Input((4,), name="x")
    ways = [keras.layers.Dense(3, name=name)(x) for name in ("left", "right")]
    both = keras.layers.Concatenate(name="both")(ways)
    model = keras.Model(x, keras.layers.Dense(2, name="last")(keras.layers.BatchNormalization(name="norm")(both)))
    random = np.random.default_rng(7)
    model.set_weights([random.random(weight.shape) for weight in model.get_weights()])
    return model


def architecture_of(model: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(model.to_json())
    return found


def fresh(model: Any) -> Any:
    return load(LoadRequest(Path("net.json"), "json", architecture=architecture_of(model)))


def with_weights(path: Path, model: Any) -> Any:
    return load(LoadRequest(path, "weights", architecture=architecture_of(model)))


def assert_equal(one: Any, other: Any) -> None:
    assert len(one.get_weights()) == len(other.get_weights())
    for a, b in zip(one.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_fresh_weights_are_drawn_and_the_same_every_time(keras: Any, layers: Any) -> None:
    first = fresh(layers)
    keras.backend.clear_session()
    fresh(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))  # another model between the two
    assert_equal(first, fresh(layers))
    kernels = [layer.kernel.numpy() for layer in first.layers if hasattr(layer, "kernel")]
    assert all(kernel.std() > 0.1 for kernel in kernels)
    assert not np.array_equal(kernels[0], kernels[1])


def test_initialisers_are_free_again_afterwards(keras: Any, layers: Any) -> None:
    fresh(layers)
    assert not keras.initializers.GlorotUniform()((3, 3)).numpy().any()


@pytest.mark.parametrize("name", ["dense", "gru_time_major", "lstm_hard_sigmoid"])
@pytest.mark.parametrize("file", ["net.h5", "net.weights.h5"])
def test_a_file_of_weights_fills_the_architecture(keras: Any, tmp_path: Path, file: str, name: str) -> None:
    model = MODELS[name](keras)
    model.save_weights(tmp_path / file)
    assert_equal(with_weights(tmp_path / file, model), model)


@pytest.mark.parametrize("first", [False, True])
def test_both_layouts_of_weights_know_an_inner_model(keras: Any, layers: Any, tmp_path: Path, first: bool) -> None:
    inner = keras.Sequential([keras.layers.Bidirectional(keras.layers.GRU(3)), keras.layers.Dense(4)])
    x = keras.Input((5, 2))
    model = keras.Model(x, layers(inner(x)))
    model.save_weights(tmp_path / "net.weights.h5")
    if first:  # what Keras 2.12 and 2.13 called it
        with h5py.File(tmp_path / "net.weights.h5", "r+") as file:
            for place in [
                name for name in ("layers/functional/layers", "layers/sequential/layers", "layers") if name in file
            ]:
                file.move(place, f"{place.removesuffix('layers')}_layer_checkpoint_dependencies")
    assert_equal(with_weights(tmp_path / "net.weights.h5", model), model)


def test_what_does_not_fit_is_told_in_the_newer_layout_as_well(keras: Any, tmp_path: Path) -> None:
    sequential(keras, a=3, b=5).save_weights(tmp_path / "net.weights.h5")
    assert set(misfits(tmp_path / "net.weights.h5", sequential(keras, a=3, b=6, c=2))) == {"b", "c"}


def test_the_layers_may_be_listed_where_a_whole_model_lists_them(keras: Any, layers: Any, tmp_path: Path) -> None:
    layers.save(tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        del file.attrs["model_config"]
    assert_equal(with_weights(tmp_path / "net.h5", layers), layers)


def test_other_names_in_the_same_order_are_other_counts_of_the_same_code(keras: Any, tmp_path: Path) -> None:
    models = [keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(2)]) for _ in range(2)]
    models[0].save_weights(tmp_path / "net.h5")
    assert_equal(with_weights(tmp_path / "net.h5", models[1]), models[0])


def test_the_same_names_in_another_order_decide(layers: Any, tmp_path: Path) -> None:
    layers.save_weights(tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        file.attrs["layer_names"] = [b"x", b"right", b"left", b"both", b"norm", b"last"]
    assert_equal(with_weights(tmp_path / "net.h5", layers), layers)


def test_what_was_frozen_since_finds_its_place_in_an_inner_model(keras: Any, tmp_path: Path) -> None:
    inner = [keras.layers.Dense(3, name="early"), keras.layers.Dense(3, name="late")]
    model = keras.Sequential([keras.Input((3,)), keras.Sequential([keras.Input((3,)), *inner], name="inner")])
    model.save_weights(tmp_path / "net.h5")
    before = [layer.get_weights() for layer in inner]
    inner[0].trainable = False
    loaded = with_weights(tmp_path / "net.h5", model)
    for layer, weights in zip(loaded.get_layer("inner").layers, before):
        for one, other in zip(layer.get_weights(), weights):
            np.testing.assert_array_equal(one, other)
    assert loaded.trainable_weights[0].name == "late/kernel:0"


def misfits(path: Path, model: Any) -> dict[str, str]:
    with pytest.raises(Failure) as caught:
        with_weights(path, model)
    assert caught.value.code is Exit.WEIGHTS
    assert "\n" not in caught.value.message
    return {problem.layer: problem.text for problem in caught.value.problems}


def sequential(keras: Any, **units: int) -> Any:
    made = [keras.layers.Dense(count, name=name) for name, count in units.items()]
    return keras.Sequential([keras.Input((4,)), *made])


def test_every_layer_of_another_shape_is_told(keras: Any, tmp_path: Path) -> None:
    sequential(keras, a=3, b=5, c=2).save_weights(tmp_path / "net.h5")
    assert misfits(tmp_path / "net.h5", sequential(keras, a=3, b=6, c=2)) == {
        "b": "b/kernel:0 has shape (3, 6), stored is (3, 5); b/bias:0 has shape (6,), stored is (5,)",
        "c": "c/kernel:0 has shape (6, 2), stored is (5, 2)",
    }


def test_every_layer_that_is_missing_or_surplus_is_told(keras: Any, tmp_path: Path) -> None:
    sequential(keras, a=3, b=5, old=5, c=2).save_weights(tmp_path / "net.h5")
    assert misfits(tmp_path / "net.h5", sequential(keras, a=3, b=5, new=5, more=5, c=4)) == {
        "new": "the file stores no weights of it",
        "more": "the file stores no weights of it",
        "old": "no layer of the architecture has this name",
        "c": "c/kernel:0 has shape (5, 4), stored is (5, 2); c/bias:0 has shape (4,), stored is (2,)",
    }


def test_another_number_of_weights_is_told_with_both_names(keras: Any, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, use_bias=False, name="bare")])
    model.save_weights(tmp_path / "net.h5")
    assert misfits(tmp_path / "net.h5", sequential(keras, full=2)) == {
        "full": "it has 2 weights, and 1 are stored; in the file it is called bare"
    }


def test_a_model_that_waits_for_its_inputs_is_told(keras: Any, tmp_path: Path) -> None:
    sequential(keras, a=3).save_weights(tmp_path / "net.h5")
    architecture = {"class_name": "Sequential", "config": {"name": "net", "layers": [_dense(keras)]}}
    for source in (LoadRequest(Path("net.json"), "json"), LoadRequest(tmp_path / "net.h5", "weights")):
        with pytest.raises(Failure, match="which shape its inputs have") as caught:
            load(replace(source, architecture=architecture))
        assert caught.value.code is Exit.UNREADABLE


def _dense(keras: Any) -> Any:
    return {"class_name": "Dense", "config": keras.layers.Dense(3, name="a").get_config()}


def test_what_is_no_model_is_told(keras: Any) -> None:
    with pytest.raises(Failure, match="a Dense, not of a model") as caught:
        load(LoadRequest(Path("net.json"), "json", architecture=_dense(keras)))
    assert caught.value.code is Exit.UNREADABLE


def in_checkpoint(path: Path, model: Any, part: str | None = None) -> Any:
    source = LoadRequest(path.with_suffix(".index"), "checkpoint", architecture=architecture_of(model), part=part)
    return load(source, (said := []).append), said


def test_an_architecture_and_a_checkpoint(layers: Any, tmp_path: Path) -> None:
    layers.save_weights(tmp_path / "best")
    assert_equal(in_checkpoint(tmp_path / "best", layers)[0], layers)


def test_one_of_several_models_in_a_checkpoint(keras: Any, layers: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    tf.train.Checkpoint(one=layers, other=other).write(str(tmp_path / "both"))
    with pytest.raises(Failure, match="the checkpoint holds several models: one, other") as caught:
        in_checkpoint(tmp_path / "both", other)
    assert caught.value.code is Exit.REFUSED
    assert "--part NAME" in str(caught.value.hint)
    for part, model in (("one", layers), ("other", other)):
        found, said = in_checkpoint(tmp_path / "both", model, part)
        assert_equal(found, model)
        (rest,) = {"one", "other"} - {part}
        assert [row.text for row in said] == [f"{rest} of the checkpoint is left out: --part {part}"]
    with pytest.raises(Failure) as caught:
        in_checkpoint(tmp_path / "both", other, "one")
    assert caught.value.code is Exit.WEIGHTS


@pytest.mark.parametrize("change", ["removed", "added", "renamed"])
def test_a_checkpoint_that_does_not_hold_the_model_and_nothing_else(keras: Any, tmp_path: Path, change: str) -> None:
    import tensorflow as tf

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="a"), keras.layers.Dense(2, name="b")])
    held = {
        "removed": {"layer-0": model.layers[0]},
        "added": {"layer-0": model.layers[0], "layer-1": model.layers[1], "scale": tf.Variable([1.0])},
        "renamed": {"layer-0": model.layers[0], "layer-9": model.layers[1]},
    }[change]
    tf.train.Checkpoint(**held).write(str(tmp_path / "best"))
    with pytest.raises(Failure) as caught:
        in_checkpoint(tmp_path / "best", model)
    assert caught.value.code is Exit.WEIGHTS


def test_weights_whose_layers_have_other_names_are_those_of_another_model(keras: Any, tmp_path: Path) -> None:
    def named(*names: str | None) -> Any:
        return keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(4, name=name) for name in names)])

    named("left", "right").save_weights(tmp_path / "other.h5")
    with pytest.raises(Failure, match="the weights belong to another model; the first: left") as caught:
        with_weights(tmp_path / "other.h5", named("first", "last"))
    assert caught.value.code is Exit.WEIGHTS
    assert [problem.layer for problem in caught.value.problems] == ["left", "right"]
    assert "rename its layers to the names in the file of weights" in str(caught.value.hint)
    with_weights(tmp_path / "other.h5", named("left", "right"))
    named(None, None).save_weights(tmp_path / "automatic.h5")
    with_weights(tmp_path / "automatic.h5", named("first", "last"))


@pytest.mark.parametrize(("name", "part"), [("net.h5", "inner"), ("net.weights.h5", "sequential")])
def test_one_of_several_models_in_a_file_of_weights(keras: Any, tmp_path: Path, name: str, part: str) -> None:
    inner = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.BatchNormalization()], name="inner"
    )
    keras.Sequential([keras.Input((4,)), inner, keras.layers.Dense(2)]).save_weights(tmp_path / name)
    source = LoadRequest(tmp_path / name, "weights", architecture=architecture_of(inner), part=part)
    assert_equal(load(source), inner)
    with pytest.raises(Failure) as caught:
        load(replace(source, part="elsewhere"))
    assert caught.value.code in (Exit.USAGE, Exit.WEIGHTS)
