"""The static look at HDF5 that reaches outside its file, or promises more than it stores."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner.examine import scan_model
from keras2to3.scanner.readers.hdf5_objects import MAX_DEPTH
from keras2to3.scanner.readers.hdf5_tree import MAX_STEPS
from tests.models import hdf5_files
from tests.support.work import counted

SECRET = "canary-7f3a"


@pytest.fixture
def path(tmp_path):
    return hdf5_files.write(tmp_path / "model.h5")


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text(SECRET * 100)
    return path


@contextmanager
def weights(path):
    with h5py.File(path, "a") as file:
        yield file["model_weights/dense"]


def refusal_of(path) -> Failure:
    with pytest.raises(Failure) as caught, counted() as work:
        scan_model(path)
    assert work.calls < 3_000_000
    assert caught.value.code is Exit.REFUSED
    assert SECRET not in str(caught.value.to_json())
    return caught.value


def only_problem(path):
    (problem,) = refusal_of(path).problems
    return problem


def test_external_storage(path, secret):
    with weights(path) as group:
        group.create_dataset("bias", shape=(100,), dtype="u1", external=[(str(secret), 0, 100)])
    problem = only_problem(path)
    assert (problem.layer, problem.key) == ("model_weights/dense/bias", "file")
    assert "external storage" in problem.text


def test_an_external_link(path, secret):
    with weights(path) as group:
        group["bias"] = h5py.ExternalLink(str(secret), "/bias")
    assert "external link" in only_problem(path).text


def test_a_soft_link_even_to_itself(path):
    with weights(path) as group:
        group["bias"] = h5py.SoftLink("/model_weights/dense/bias")
    assert "soft link" in only_problem(path).text


def test_a_virtual_dataset(path, secret):
    layout = h5py.VirtualLayout(shape=(10,), dtype="f4")
    layout[:] = h5py.VirtualSource(str(secret), "x", shape=(10,))
    with weights(path) as group:
        group.create_virtual_dataset("bias", layout)
    assert "virtual dataset" in only_problem(path).text


def test_no_source_of_a_dataset_is_even_opened(path, tmp_path):
    """A pipe nobody writes to would block whoever opens it."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    layout = h5py.VirtualLayout(shape=(10,), dtype="f4", maxshape=(None,))
    layout[:] = h5py.VirtualSource(str(pipe), "x", shape=(10,))
    with weights(path) as group:
        group.create_virtual_dataset("virtual", layout)
        group.create_dataset("stored", shape=(9,), dtype="u1", external=[(str(pipe), 0, 9)])
        group["linked"] = h5py.ExternalLink(str(pipe), "/x")
    done = threading.Thread(target=lambda: refusal_of(path), daemon=True)
    done.start()
    done.join(5)
    assert not done.is_alive()


def test_all_of_them_at_once(path):
    with weights(path) as group:
        group["a"] = h5py.SoftLink("/x")
        group["b"] = h5py.ExternalLink("x", "/x")
        group["c"] = np.array([group.ref], dtype=h5py.ref_dtype)
    assert {problem.layer for problem in refusal_of(path).problems} == {f"model_weights/dense/{key}" for key in "abc"}


def test_an_unsafe_file_is_also_looked_at_for_its_architecture(tmp_path):
    path = hdf5_files.write(tmp_path / "model.h5", hdf5_files.sequential(hdf5_files.lambda_layer()))
    with weights(path) as group:
        group["a"] = h5py.SoftLink("/x")
    assert {problem.class_name for problem in refusal_of(path).problems} == {"HDF5 soft link", "Lambda"}


def test_loops_of_hard_links_are_refused_and_two_names_of_one_thing_are_not(path):
    with weights(path) as group:
        group.parent["again"] = group
        group["same"] = group["dense"]
    assert scan_model(path).format == "h5"
    with weights(path) as group:
        group["loop"] = group
        group["root"] = group["/"]
    assert "holds itself" in only_problem(path).text


@pytest.mark.parametrize(
    "dtype",
    ["V7", [("code", "u1"), ("data", "f4")], h5py.vlen_dtype("int32"), ("f4", (3,)), "complex64"],
    ids=["opaque", "records", "sequences", "arrays", "complex"],
)
def test_values_that_are_no_numbers(path, dtype):
    with weights(path) as group:
        h5py.h5d.create(
            group.id, b"bias", h5py.h5t.py_create(np.dtype(dtype), logical=True), h5py.h5s.create_simple((2,))
        )
    assert "where Keras writes numbers" in only_problem(path).text


def test_bfloat16_is_two_bytes_that_say_so(path):
    with weights(path) as group:
        bits = h5py.h5t.py_create(np.dtype("V2"), logical=True)
        h5py.h5d.create(group.id, b"half", bits, h5py.h5s.create_simple((2,)))
        h5py.Dataset(h5py.h5d.open(group.id, b"half"))[...] = np.zeros(2, "V2")
        group["half"].attrs["dtype"] = "float16"
    assert "opaque bytes" in only_problem(path).text
    with weights(path) as group:
        group["half"].attrs["dtype"] = "bfloat16"
    (half,) = (each for each in scan_model(path).tensors if each.name.endswith("half"))
    assert (half.dtype, half.shape, [*half.blocks()]) == ("bfloat16", (2,), [])


def test_references_in_an_attribute_are_not_read(path):
    with h5py.File(path, "a") as file:
        del file.attrs["keras_version"]
        file.attrs["keras_version"] = file.ref
    problem = only_problem(path)
    assert (problem.class_name, problem.key, problem.value) == ("HDF5 attribute", "attribute", "keras_version")


def test_a_named_datatype(path):
    with h5py.File(path, "a") as file:
        file["type"] = np.dtype("f4")
    assert "named datatype" in only_problem(path).text


def test_a_trillion_numbers_of_which_none_is_stored(path):
    with weights(path) as group:
        group.create_dataset("bias", shape=(2**40,), dtype="f4", chunks=(1024,))
    problem = only_problem(path)
    assert problem.key == "shape"
    assert "4,398,046,511,104 bytes" in problem.text


def test_a_shape_that_overflows_64_bits_is_not_small(path):
    with weights(path) as group:
        group.create_dataset("bias", shape=(2**20, 2**20, 2**19), dtype="f4")
    assert only_problem(path).key == "shape"


def test_a_decompression_bomb(path):
    with weights(path) as group:
        group.create_dataset("bias", shape=(2**26,), dtype="f4", chunks=(2**20,), compression="gzip", fillvalue=0)
        group["bias"][: 2**20] = 0
    assert only_problem(path).key == "shape"


def test_a_huge_chunk(path):
    with weights(path) as group:
        group.create_dataset("bias", shape=(1,), maxshape=(None,), dtype="f4", chunks=(2**28,))
    assert only_problem(path).key == "shape"


def test_many_small_promises(path):
    with weights(path) as group:
        for index in range(100):
            group.create_dataset(f"bias{index}", shape=(2**20,), dtype="f4")
    assert "together" in only_problem(path).text


def test_honest_compression_and_small_empty_datasets_pass(path):
    with weights(path) as group:
        group.create_dataset("a", data=np.random.default_rng(0).random(10**6), compression="gzip", shuffle=True)
        group.create_dataset("b", shape=(1000,), dtype="f4")
        group.create_dataset("c", shape=(0, 5), dtype="f4")
        group.create_dataset("d", data=np.array([True, False]))
        group.create_dataset("e", data=["some", "words"])
        group.create_dataset("f", data=h5py.Empty("f4"))
    assert scan_model(path).format == "h5"


def test_a_filter_that_needs_a_plug_in(path):
    with weights(path) as group:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((4,))
        plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
        h5py.h5d.create(group.id, b"bias", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((4,)), plist)
    problem = only_problem(path)
    assert problem.key == "filter"
    assert "32015" in problem.value


@pytest.mark.parametrize("name", ["..", "line\nbreak", "\x1b[2J"])
def test_names_that_are_paths_or_steer_a_terminal(path, name):
    with weights(path) as group:
        h5py.h5g.create(group.id, name.encode())
    problem = only_problem(path)
    assert problem.class_name == "HDF5 name"
    assert problem.layer.isprintable()


def test_too_many_links(path):
    with weights(path) as group:
        group.create_group("one")
        for index in range(MAX_STEPS):
            group.id.links.create_hard(f"{index}".encode(), group.id, b"one")
    assert f"{MAX_STEPS:,}" in only_problem(path).text


def test_hard_links_that_multiply(path):
    """A hundred groups of a thousand links each to one group: little to store, much to list."""
    with weights(path) as group:
        for outer in range(100):
            inner = group.create_group(f"g{outer}")
            for index in range(1000):
                inner.id.links.create_hard(f"{index}".encode(), group.id, b"dense")
    assert f"{MAX_STEPS:,}" in only_problem(path).text


def test_groups_too_deep(path):
    with h5py.File(path, "a") as file:
        file.create_group("/".join(["g"] * (MAX_DEPTH + 10)))
    assert f"{MAX_DEPTH} levels" in only_problem(path).text
