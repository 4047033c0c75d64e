"""Faults change one thing, the same for the same seed, and say where."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from proof import faults
from proof.parts import Parts

TENSOR = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "keras_history": ["x", 0, 0]}}


def layer(name: str, class_name: str, call: dict | None = None, **config: object) -> dict:
    dtype = {"class_name": "DTypePolicy", "config": {"name": "float32"}}
    nodes = [{"args": [TENSOR], "kwargs": {}, **(call or {})}]
    config = {"name": name, "dtype": dtype, **config}
    return {"module": "keras.layers", "class_name": class_name, "config": config, "inbound_nodes": nodes}


def hard_sigmoid() -> dict:
    return {"class_name": "Functional", "config": {"name": "hard_sigmoid_3", "layers": []}}


def everything() -> Parts:
    """A place for every fault; no Keras has to open it."""
    layers = [
        layer("embedding", "Embedding", mask_zero=True),
        layer("masking", "Masking", mask_value=0.5),
        layer("lstm", "LSTM", {"kwargs": {"mask": TENSOR}}, activation="tanh", go_backwards=False),
        layer("dense", "Dense", activation=hard_sigmoid()),
        layer("both", "Bidirectional", merge_mode="concat"),
        layer("conv", "Conv2D", strides=[1, 1], padding="same", dilation_rate=[1, 1]),
        layer("norm", "BatchNormalization", axis=-1, epsilon=0.001),
        layer("add", "Add", {"args": [[TENSOR, {**TENSOR, "other": True}]]}),
        layer("up", "UpSampling2D", size=[2, 2], interpolation="nearest"),
        layer("relu", "ReLU", negative_slope=0.25),
        layer("attention", "Attention", score_mode="dot"),
        layer("times", "Multiply", {"args": [TENSOR, 2.5]}),
        layer("text", "TextVectorization", vocabulary=["earth", "wind"], output_mode="int", standardize="lower",
              split="whitespace"),
    ]  # fmt: skip
    ends = {"input_layers": [["a", 0, 0], ["b", 0, 0]], "output_layers": [["c", 0, 0], ["d", 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "model", "layers": layers, **ends}}
    random = np.random.default_rng(0)
    tensors = {
        "layers/dense/vars/0": random.standard_normal((3, 3)).astype("float32"),
        "layers/dense/vars/1": random.standard_normal(3).astype("float32"),
        "layers/other/vars/0": random.standard_normal((3, 3)).astype("float32"),
    }
    return Parts(config, tensors, {})


def put(name: str, parts: Parts, seed: int = 0) -> str | None:
    return faults.applied(parts, faults.FAULTS[name], np.random.default_rng(seed))


@pytest.mark.parametrize("name", faults.FAULTS)
def test_a_fault_changes_something_and_the_same_for_the_same_seed(name: str) -> None:
    before, first, second = everything(), everything(), everything()
    where = put(name, first)
    assert where
    assert put(name, second) == where
    assert json.dumps(first.config) == json.dumps(second.config)
    same = all(np.array_equal(first.tensors[key], before.tensors[key]) for key in before.tensors)
    assert not same or first.config != before.config
    assert same or first.config == before.config


@pytest.mark.parametrize("name", faults.FAULTS)
def test_a_fault_without_a_place_says_so(name: str) -> None:
    assert put(name, Parts({"class_name": "Sequential", "config": {"name": "model", "layers": []}}, {}, {})) is None


@pytest.mark.parametrize("name", [name for name in faults.FAULTS if "nudged" in name or "sign" in name])
def test_the_tensors_of_the_right_file_stay(name: str) -> None:
    parts = everything()
    kept = copy.deepcopy(parts.tensors)
    given = dict(parts.tensors)
    put(name, Parts(parts.config, dict(given), {}))
    assert all(np.array_equal(given[key], kept[key]) for key in kept)


def test_a_word_of_a_file_is_changed() -> None:
    parts = Parts({}, {}, {"assets/layers/lookup/vocabulary.txt": b"earth\nwind\n"})
    assert put("word of a vocabulary", parts) is not None
    assert sorted(parts.members["assets/layers/lookup/vocabulary.txt"].split()) in (
        [b"earth", b"otherwise"],
        [b"otherwise", b"wind"],
    )


def test_there_are_ten_kinds_of_faults_and_more_for_every_model() -> None:
    assert len(faults.FAULTS) >= 30
    assert [name for name, _, _ in faults.planned(1, 2)] == [name for name in faults.FAULTS for _ in range(2)]


def test_parts_are_written_and_read(tmp_path: Path) -> None:
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        file["layers/dense/vars/0"] = np.arange(6, dtype="float32").reshape(2, 3)
        file["layers/dense/vars/1"] = np.zeros(3, "float32")
        file["layers/attention/vars/0"] = np.float32(0.5)
    first, second = tmp_path / "a.keras", tmp_path / "b.keras"
    with zipfile.ZipFile(first, "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {}}))
        archive.writestr("model.weights.h5", weights.getvalue())
        archive.writestr("metadata.json", "{}")
    parts = Parts.read(first)
    assert sorted(parts.numbers()) == ["layers/attention/vars/0", "layers/dense/vars/0"]  # no zeros
    assert put("element nudged by 1 %", Parts({}, {"x": parts.tensors["layers/attention/vars/0"]}, {})) == "x[]"
    parts.tensors["layers/dense/vars/0"] = parts.tensors["layers/dense/vars/0"] * 2
    parts.config["class_name"] = "Functional"
    parts.write(second)
    again = Parts.read(second)
    assert again.config["class_name"] == "Functional"
    assert again.tensors["layers/dense/vars/0"].tolist() == [[0, 2, 4], [6, 8, 10]]
    assert again.members["metadata.json"] == b"{}"
    assert Parts.read(first).tensors["layers/dense/vars/0"].tolist() == [[0, 1, 2], [3, 4, 5]]
