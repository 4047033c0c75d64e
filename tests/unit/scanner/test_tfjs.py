"""Models of TensorFlow.js: what is told of an honest one, and what breaks a policy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.errors import Exit, Failure
from keras2to3.results import file_state
from keras2to3.scanner.examine import examine, scan_model
from keras2to3.scanner.model_files import digest_of
from keras2to3.scanner.process import handlers
from keras2to3.sources import find
from tests.models import tfjs_files
from tests.models.hdf5_files import dense, lambda_layer, sequential

ARRAYS = {"dense/kernel": np.arange(12, dtype="float32").reshape(4, 3), "dense/bias": np.ones(3, "float32")}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tfjs_files.write(tmp_path / "web", sequential(dense()), ARRAYS)


def edited(path: Path, edit: Callable[[Any], None]) -> Path:
    told = json.loads(path.read_text())
    edit(told)
    path.write_text(json.dumps(told))
    return path


def test_it_is_found_and_looked_at_with_its_shards(model: Path) -> None:
    assert [source.path for source in find([model.parent], None)] == [model]
    scanned = scan_model(model)
    assert (scanned.format, scanned.saved_by["keras_version"], scanned.problems) == ("tfjs", "2.15.0", ())
    assert scanned.architecture is not None
    assert scanned.architecture["config"] == sequential(dense())["config"]
    assert [(tensor.name, tensor.shape) for tensor in scanned.tensors] == [
        ("dense/kernel", (4, 3)),
        ("dense/bias", (3,)),
    ]
    np.testing.assert_array_equal(np.concatenate([*scanned.tensors[0].blocks()]), ARRAYS["dense/kernel"].ravel())
    before = digest_of(model)
    shard = model.with_name("group1-shard1of1.bin")
    assert file_state.read_by_workers(model) == [model, shard]
    shard.write_bytes(shard.read_bytes()[::-1])
    assert digest_of(model) != before


@pytest.mark.parametrize("quantised", ["uint8", "uint16", "float16"])
def test_quantised_weights_are_told_as_they_are_meant(tmp_path: Path, quantised: str) -> None:
    scanned = scan_model(tfjs_files.write(tmp_path, sequential(dense()), ARRAYS, quantised))
    (block,) = scanned.tensors[0].blocks()
    assert (scanned.tensors[0].dtype, block.dtype) == ("float32", np.float32)
    np.testing.assert_allclose(block, ARRAYS["dense/kernel"].ravel(), atol=0.05)


def test_inspect_tells_what_it_is(model: Path) -> None:
    told = handlers.inspect({"path": str(model), "json": False})
    assert "a layers model of TensorFlow.js" in str(told)


def of_manifest(**change: Any) -> Callable[[Any], None]:
    return lambda told: told["weightsManifest"][0].update(change)


def of_weight(**change: Any) -> Callable[[Any], None]:
    return lambda told: told["weightsManifest"][0]["weights"][0].update(change)


UNSAFE = {
    "a path above": (of_manifest(paths=["../group1-shard1of1.bin"]), "other-files"),
    "an absolute path": (of_manifest(paths=["/etc/passwd"]), "other-files"),
    "a folder": (of_manifest(paths=["sub/group1-shard1of1.bin"]), "other-files"),
    "the folder above": (of_manifest(paths=[".."]), "other-files"),
    "a promise": (of_weight(shape=[1 << 20, 1 << 20]), "promises"),
    "a size below zero": (of_weight(shape=[-4, -3]), "form"),
    "no shape": (of_weight(shape="4,3"), "form"),
    "another dtype": (of_weight(dtype="complex64"), "form"),
    "a list of a dtype": (of_weight(dtype=["float32"]), "form"),
    "a scale of none": (of_weight(quantization={"dtype": "uint8", "scale": "1"}), "form"),
    "no list": (lambda told: told.update(weightsManifest={}), "form"),
    "one name twice": (of_weight(name="dense/bias"), "form"),
    "code": (lambda told: told["modelTopology"].update(model_config=sequential(lambda_layer())), "bytecode"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_breaks_a_law_is_refused(model: Path, name: str) -> None:
    edit, policy = UNSAFE[name]
    with pytest.raises(Failure) as caught:
        scan_model(edited(model, edit))
    assert caught.value.code is Exit.REFUSED
    assert policy in {problem.policy for problem in caught.value.problems}


def test_a_link_is_no_shard(model: Path, tmp_path: Path) -> None:
    shard = model.with_name("group1-shard1of1.bin")
    shard.rename(tmp_path / "elsewhere.bin")
    shard.symlink_to(tmp_path / "elsewhere.bin")
    with pytest.raises(Failure, match=r"group1-shard1of1\.bin is missing") as caught:
        scan_model(model)
    assert caught.value.code is Exit.UNREADABLE
    assert examine(model).incomplete


@pytest.mark.parametrize("edit", [
    lambda told: told.update(format="graph-model", modelTopology={"node": []}),
    lambda told: told.update(modelTopology={"node": [{"name": "x", "op": "Placeholder"}]}),
])  # fmt: skip
def test_a_graph_model_is_refused_by_name(model: Path, edit: Callable[[Any], None]) -> None:
    with pytest.raises(Failure, match=r"is a graph model of TensorFlow\.js") as caught:
        scan_model(edited(model, edit))
    assert caught.value.code is Exit.REFUSED
    assert "tfjs_layers_model" in str(caught.value.hint)
