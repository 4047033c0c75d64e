"""One model into one bundle: what is in it, and that a model is asked until it can answer."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.keras2 import addons
from exporter.load import LoadRequest, load
from exporter.probes import batches
from exporter.whole_model import export
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.messages.requests import ProbeOptions
from tests.models.basic import MODELS

ROLES = ("input", "output")


def saved(model: Any, folder: Path) -> Path:
    model.save(folder / "model.h5")
    return folder / "model.h5"


def exported(source: Path, samples: Path | None = None, budget: float = math.inf, *, only: bool = False) -> Bundle:
    asked = ProbeOptions(samples, budget, only)
    export(LoadRequest(source), source.parent / "bundle", {"path": source.name}, asked, lambda line: None)
    return Bundle.open(source.parent / "bundle")


def asked(bundle: Bundle) -> dict[str, list[np.ndarray]]:
    """The inputs of each case."""
    found: dict[str, list[np.ndarray]] = {}
    for row in bundle.rows("reference.npz"):
        if row.facts["role"] == "input":
            found.setdefault(row.facts["case"], []).append(bundle.read(row))
    return found


def test_the_bundle_holds_the_model_and_what_it_answers(keras: Any, tmp_path: Path) -> None:
    source = saved(MODELS["dense"](keras), tmp_path)
    bundle, model = exported(source), load(LoadRequest(source))
    assert bundle.json("architecture.json")["config"]["name"] == "dense"
    assert bundle.manifest.producer == {"keras": "2.15.0"}
    assert bundle.manifest.source == {"path": "model.h5"}
    weights = {(*row.facts["layer"], row.facts["variable"]): row for row in bundle.rows("weights.npz")}
    assert [*weights] == [(layer, name) for layer in ("first", "second") for name in ("kernel", "bias")]
    for row, weight in zip(weights.values(), model.get_weights()):
        np.testing.assert_array_equal(bundle.read(row), weight)
    rows = {(row.facts["case"], row.facts["role"]): row for row in bundle.rows("reference.npz")}
    further = [f"more-{number}" for number in range(1, 9)]
    assert bundle.json("reference.json")["calls"] == [["normal", "wide", "tiny", *further], ["single"]]
    for call in bundle.json("reference.json")["calls"]:
        assert all(rows[case, "output"].facts["name"] == "second" for case in call)
        inputs, outputs = (np.concatenate([bundle.read(rows[case, role]) for case in call]) for role in ROLES)
        np.testing.assert_array_equal(outputs, model(inputs))


def test_each_output_of_each_case_has_its_noise(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((4,))
    bundle = exported(saved(keras.Model(x, [keras.layers.Dense(2)(x), x]), tmp_path))
    noise = bundle.json("reference.json")["noise"]
    assert noise.keys() == asked(bundle).keys()
    assert all(len(values) == 2 for values in noise.values())


def test_what_cannot_be_spared_is_probed_on_any_budget(
    keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_WEIGHTS", 0)  # as if it cost much
    model = keras.Sequential([keras.Input((6, 4)), keras.layers.Masking(), keras.layers.GRU(2)])
    bundle = exported(saved(model, tmp_path), budget=1e-9)
    facts = bundle.json("reference.json")
    assert facts["calls"] == [["normal"], ["wide"], ["padded"]]
    assert [*asked(bundle)] == ["normal", "wide", "padded"]
    assert facts["noise"].keys() == asked(bundle).keys()


def test_frozen_weights_are_marked(keras: Any, tmp_path: Path) -> None:
    layers = [keras.layers.Dense(2, trainable=False), keras.layers.BatchNormalization()]
    bundle = exported(saved(keras.Sequential([keras.Input((4,)), *layers]), tmp_path))
    trainable = [row.facts["trainable"] for row in bundle.rows("weights.npz")]
    assert trainable == [False, False, True, True, False, False]


def test_axes_of_any_length_grow_until_the_model_can_answer(keras: Any, tmp_path: Path) -> None:
    layers = [keras.layers.MaxPooling1D(20), keras.layers.Conv1D(2, 2)]
    bundle = exported(saved(keras.Sequential([keras.Input((None, 3)), *layers]), tmp_path))
    assert {x.shape[1] for (x,) in asked(bundle).values()} == {64}


def test_whole_numbers_shrink_until_the_model_can_answer(keras: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    x, which = keras.Input((5, 3)), keras.Input((2,), dtype="int32")
    bundle = exported(saved(keras.Model([x, which], tf.gather(x, which, batch_dims=1)), tmp_path))
    numbers = {int(number) for _, given in asked(bundle).values() for number in given.ravel()}
    assert numbers == {0, 1, 2, 3, 4}
    assert asked(bundle)["normal"][0].min() < 0, "the other input may have any numbers"
    assert asked(bundle)["more-8"][0].max() > 200, "also those of images"


def test_whole_numbers_stay_above_zero_where_something_is_divided_by_them(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((4,), dtype="int32")
    bundle = exported(saved(keras.Model(x, 17 // x), tmp_path))
    assert all(given.min() > 0 for (given,) in asked(bundle).values())


def test_a_stateful_model_is_asked_in_batches_of_its_size(keras: Any, tmp_path: Path) -> None:
    layers = [keras.Input(batch_shape=(4, 5, 3)), keras.layers.GRU(2, stateful=True)]
    assert {x.shape for (x,) in asked(exported(saved(keras.Sequential(layers), tmp_path))).values()} == {(4, 5, 3)}


def test_the_operations_of_each_lambda_are_recorded(keras: Any, tmp_path: Path) -> None:
    def chosen(x, first=0):
        if x.shape[-1] == 2:
            x = x[:, first:]
        return x

    bodies = [lambda x: x, lambda x: x == "a", chosen]
    x = keras.Input((2,), dtype="string")
    layers = [keras.layers.Lambda(body, arguments={"first": 1} if body is chosen else {}) for body in bodies]
    recovered = exported(saved(keras.Model(x, [layer(x) for layer in layers]), tmp_path)).json("reference.json")
    assert {row["body"] for row in recovered["recovered"]} == {
        "lambda x: x",
        "lambda x: x == 'a'",
        "def chosen(x):\n    return x[:, 1:]",
    }


def test_samples_are_asked_besides(keras: Any, tmp_path: Path) -> None:
    source = saved(MODELS["dense"](keras), tmp_path)
    sample = np.full((2, 4), 0.5, "float32")
    np.savez(tmp_path / "samples.npz", x=sample)
    np.testing.assert_array_equal(asked(exported(source, tmp_path / "samples.npz"))["samples"][0], sample)


def test_samples_are_asked_alone_where_that_is_wanted(keras: Any, tmp_path: Path) -> None:
    source = saved(MODELS["dense"](keras), tmp_path)
    np.savez(tmp_path / "samples.npz", x=np.ones((2, 4), "float32"))
    bundle = exported(source, tmp_path / "samples.npz", only=True)
    assert [*asked(bundle)] == ["samples"]
    assert bundle.json("reference.json")["left_out"] == "--inputs-only was given"


@pytest.mark.parametrize("flat", [False, True])
def test_samples_tell_a_shape_that_an_architecture_lacks(keras: Any, tmp_path: Path, flat: bool) -> None:
    last = keras.layers.Flatten() if flat else keras.layers.GRU(2)
    model = keras.Sequential([keras.layers.Conv1D(3, 2), last, keras.layers.Dense(2)])
    source = tmp_path / "model.json"
    source.write_text(model.to_json())
    np.savez(tmp_path / "samples.npz", in0=np.ones((2, 9, 4), "float32"))
    given = LoadRequest(source, "json", architecture=json.loads(source.read_text()))
    with pytest.raises(Failure, match="does not say which shape") as caught:
        load(given)
    assert "--inputs FILE.npz" in str(caught.value.hint)
    told: list[Any] = []
    model = load(replace(given, samples=tmp_path / "samples.npz"), told.append)
    assert model.input_shape == ((None, 9, 4) if flat else (None, None, 4))
    assert [(row.rule, row.truth) for row in told] == [("input_shape", "original")]


def unguessable(keras: Any) -> Any:
    """Only what adds up to a number nobody would think of has an answer."""
    import tensorflow as tf

    x = keras.Input((2,), dtype="int32", name="x")
    return keras.Model(x, tf.gather(tf.eye(3), tf.reduce_sum(x, axis=1) - 123456))


def test_samples_stand_in_for_probes_that_a_model_does_not_take(keras: Any, tmp_path: Path) -> None:
    source = saved(unguessable(keras), tmp_path)
    with pytest.raises(Failure) as caught:
        exported(source)
    assert "--inputs FILE.npz, an array for each of x: they stand in for ours" in str(caught.value.hint)
    shutil.rmtree(tmp_path / "bundle")
    np.savez(tmp_path / "samples.npz", x=[[123456, 2], [23456, 100000]])
    bundle = exported(source, tmp_path / "samples.npz")
    assert [*asked(bundle)] == ["samples"]
    assert "cannot run this model: " in bundle.json("reference.json")["left_out"]


def test_samples_out_of_a_range_that_was_learnt_are_told_of_it(keras: Any, tmp_path: Path) -> None:
    source = saved(shifted(keras, 100), tmp_path)
    np.savez(tmp_path / "samples.npz", x=[[1, -100]])
    told = (
        r"indices.* is not in \[0, 5\)\. x takes int32 of shape \(None, 2\) with whole numbers from -100 to -96 and is"
    )
    with pytest.raises(
        Failure, match=rf"samples\.npz: .*{told} given int32 of shape \(1, 2\) from -100 to 1"
    ) as caught:
        exported(source, tmp_path / "samples.npz")
    assert caught.value.code is Exit.USAGE


def test_samples_that_a_model_does_not_take_are_a_fault_of_the_arguments(keras: Any, tmp_path: Path) -> None:
    source = saved(unguessable(keras), tmp_path)
    np.savez(tmp_path / "samples.npz", x=[[1, 2]])
    told = r"samples\.npz: Keras 2\.15 cannot run .* = -123453 is not in \[0, 3\).* x takes int32 of shape \(None, 2\)"
    with pytest.raises(Failure, match=rf"{told} and is given int32 of shape \(1, 2\) from 1 to 2") as caught:
        exported(source, tmp_path / "samples.npz")
    assert caught.value.code is Exit.USAGE


def shifted(keras: Any, *shifts: int) -> Any:
    """Ids that are looked up after something was added to them, more than once."""
    x = keras.Input((2,), dtype="int32", name="x")
    layers = [keras.layers.Rescaling(1, shift, dtype="int32") for shift in shifts]
    return keras.Model(x, [keras.layers.Embedding(5, 2)(layer(x)) for layer in layers])


def test_what_is_added_to_ids_is_learnt(keras: Any, tmp_path: Path) -> None:
    bundle = exported(saved(shifted(keras, 100), tmp_path))
    assert {int(number) for (given,) in asked(bundle).values() for number in given.ravel()} == set(range(-100, -95))


def test_a_model_that_cannot_answer_is_told_with_what_was_tried(keras: Any, tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"cannot run this model: .*is not in \[0, 5\)") as caught:
        exported(saved(shifted(keras, 0, 50), tmp_path))
    assert caught.value.code is Exit.UNREADABLE
    assert "Tried were whole numbers from 0 to 4; " in caught.value.message
    assert caught.value.message.count("cannot run this model") == 1
    assert "--inputs FILE.npz, an array for each of x:" in str(caught.value.hint)


def test_a_picture_of_which_nothing_is_left_is_no_probe(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((None, None, 2))
    y = keras.layers.Conv2D(3, 1)(keras.layers.Cropping2D(((3, 4), (3, 4)))(x))
    bundle = exported(saved(keras.Model(x, keras.layers.GlobalAveragePooling2D()(y)), tmp_path))
    answers = [bundle.read(row) for row in bundle.rows("reference.npz") if row.facts["role"] == "output"]
    assert all(np.isfinite(answer).all() for answer in answers)


def test_a_config_names_no_module_of_ours(keras: Any, tmp_path: Path) -> None:
    """Classes of ours stand for those of Keras, under whose modules others look them up."""
    x = keras.Input((3,))
    with keras.utils.custom_object_scope(addons.objects()):
        y = keras.layers.Activation("Addons>mish")(keras.layers.Dense(4)(x * 2.0))
        y = addons.objects()["Addons>Sparsemax"]()(y)
    text = json.dumps(exported(saved(keras.Model(x, y), tmp_path)).json("architecture.json"))
    assert "TFOpLambda" in text
    assert "Addons>Sparsemax" in text
    assert "exporter" not in text
