"""The static look at what is no whole Keras 2 model: one sentence, a hint, exit code 3."""

from __future__ import annotations

import hashlib
import os
import pickle

import h5py
import numpy as np
import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner.examine import scan_model
from keras2to3.scanner.graph_alone import is_graph_alone
from keras2to3.scanner.model_files import digest_of
from keras2to3.scanner.non_models import unreadable
from keras2to3.scanner.readers import hdf5_heap
from tests.models import hdf5_files


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.h5"


def failure_of(path) -> Failure:
    with pytest.raises(Failure) as caught:
        scan_model(path)
    failure = caught.value
    assert failure.code is Exit.UNREADABLE
    assert str(path) in failure.message
    assert "\n" not in failure.message
    assert failure.hint
    return failure


def test_a_whole_model_is_told_as_the_file_says_it(path):
    hdf5_files.write(path, training_config='{"loss": "mse"}')
    with h5py.File(path, "a") as file:
        file.create_dataset("optimizer_weights/iterations:0", data=7)
    scanned = scan_model(path)
    assert (scanned.path, scanned.format, scanned.has_optimizer) == (path, "h5", True)
    assert scanned.saved_by == {"keras_version": "2.15.0", "backend": "tensorflow"}
    assert scanned.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert scanned.architecture == hdf5_files.sequential(hdf5_files.dense())
    assert scanned.training == {"loss": "mse"}


@pytest.mark.parametrize("kind", [str, str.encode, lambda text: np.bytes_(text.encode())])
def test_the_architecture_is_read_whichever_h5py_wrote_it(path, kind):
    architecture = '{"class_name": "Sequential", "config": {"name": "s", "layers": []}}'
    hdf5_files.write(path, architecture, model_config=kind(architecture))
    assert scan_model(path).architecture["class_name"] == "Sequential"


def test_a_file_that_names_no_version_is_read(path):
    hdf5_files.write(path)
    with h5py.File(path, "a") as file:
        del file.attrs["keras_version"], file.attrs["backend"]
    assert scan_model(path).saved_by == {"keras_version": None, "backend": None}


@pytest.mark.parametrize("block", [512, 1024, 4096])
def test_the_signature_may_stand_behind_a_user_block(path, block):
    hdf5_files.write(path.with_suffix(".plain"))
    with h5py.File(path, "w", userblock_size=block) as file, h5py.File(path.with_suffix(".plain")) as plain:
        for key, value in plain.attrs.items():
            file.attrs[key] = value
        plain.copy("model_weights", file)
    assert scan_model(path).format == "h5"


def test_the_bytes_decide_not_the_name(tmp_path):
    assert scan_model(hdf5_files.write(tmp_path / "model.keras")).format == "h5"


def test_no_such_file(path):
    assert "does not exist" in failure_of(path).message


def test_a_folder(tmp_path):
    assert "one by one" in failure_of(tmp_path).hint


def test_a_saved_model_folder(tmp_path):
    (tmp_path / "saved_model.pb").touch()
    assert is_graph_alone(scan_model(tmp_path))


@pytest.mark.parametrize("name", ["keras_metadata.pb", "variables/variables.index", "saved_model.pbtxt"])
def test_a_saved_model_without_its_graph(tmp_path, name):
    (tmp_path / "variables").mkdir()
    (tmp_path / name).touch()
    message = failure_of(tmp_path).message
    assert ("without its saved_model.pb" in message) != ("as text, in saved_model.pbtxt" in message)


def test_a_pipe_is_never_waited_for(path):
    os.mkfifo(path)
    assert "not a regular file" in failure_of(path).message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission(path):
    path.write_bytes(b"x")
    path.chmod(0)
    assert "cannot be read" in failure_of(path).message


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "is empty"),
        (b"model:\n  layers: 3\n", "text"),
        ("größer\n".encode() * 2000, "text"),
        (b'{"class_name": "Sequential"}', "JSON"),
        (b"PK\x03\x04....", "zip"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"\x08\x01\x12\x9f\x03\n\x05MatMul", "SavedModel"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (pickle.dumps([1, 2]), "pickle"),
        (b"\x00" * 5000, "zero bytes"),
        (bytes(range(128, 256)) * 9, "unknown format"),
    ],
)
def test_what_is_no_hdf5_is_called_by_its_name(path, content, word):
    path.write_bytes(content)
    assert word in failure_of(path).message


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file(path, part):
    hdf5_files.write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    assert "damaged or cut short" in failure_of(path).message


@pytest.mark.parametrize("at", [0, 40, 100, 800, 2048, 3000])
def test_a_damaged_file_is_a_failure_or_still_readable(path, at):
    damaged = bytearray(hdf5_files.write(path).read_bytes())
    damaged[at + 8 : at + 40] = b"\xff" * 32
    path.write_bytes(damaged)
    try:
        scan_model(path)
    except Failure as failure:
        assert failure.code in (Exit.UNREADABLE, Exit.REFUSED)  # noqa: PT017


@pytest.mark.parametrize("piece", [2**20, 8, 1])
def test_a_heap_that_leads_nowhere(path, piece, monkeypatch):
    """HDF5's library would read it for ever; it may begin in one piece of the file and end in another."""
    monkeypatch.setattr(hdf5_heap, "_CHUNK", piece)
    content = bytearray(hdf5_files.write(path).read_bytes())
    first_object = content.index(b"GCOL") + 16
    content[first_object : first_object + 16] = bytes(16)
    path.write_bytes(content)
    assert "damaged" in failure_of(path).message


def test_hdf5_of_somebody_else(path):
    with h5py.File(path, "w") as file:
        file["temperature"] = np.zeros(3)
    assert "no Keras file" in failure_of(path).message


def test_weights_without_architecture(path):
    failure = failure_of(hdf5_files.write_weights(path))
    assert "without an architecture" in failure.message
    assert "--architecture" in failure.hint
    assert "FILE.py:FUNCTION" in failure.hint


def test_weights_with_names_in_chunks(path):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names0"] = [b"dense"]
    assert "without an architecture" in failure_of(path).message


def test_an_architecture_without_weights(path):
    hdf5_files.write(path)
    with h5py.File(path, "a") as file:
        del file["model_weights"]
    assert "without weights" in failure_of(path).message


def test_a_model_whose_layers_have_no_weights(path):
    hdf5_files.write(path, hdf5_files.sequential(hdf5_files.layer("ReLU", "relu")))
    with h5py.File(path, "a") as file:
        del file["model_weights/dense"]
    assert scan_model(path).has_weights


def test_a_file_of_keras_3(path):
    assert scan_model(hdf5_files.write(path, keras_version="3.4.1")).is_of_keras_3
    assert not scan_model(hdf5_files.write(path, keras_version="2.4.0")).is_of_keras_3


UNREADABLE = {
    "{": "it is not JSON: Expecting property name enclosed in double quotes at character 1",
    '{"loss": "mse", "loss": "mae"}': "the key 'loss' occurs twice in one object",
    '{"loss": [{"a": 1, "a": 1}]}': "the key 'a' occurs twice in one object",
    "[]": "it is a list, not an object",
    "4": "it is a number, not an object",
    '{"loss": ' + "[" * 200 + "]" * 200 + "}": "it is nested deeper than 128 levels",
    '{"loss": ' + "[" * 20_000 + "]" * 20_000 + "}": "it is nested deeper than 128 levels",
    '{"loss": {"class_name": 5}}': "a class_name that is not a string",
}


@pytest.mark.parametrize("text", ["null", ""])
def test_a_training_config_that_says_nothing_is_none(path, text):
    assert scan_model(hdf5_files.write(path, training_config=text)).training is None


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_training_config_that_cannot_be_read_is_read_by_nobody(path, text):
    scanned = scan_model(hdf5_files.write(path, training_config=text))
    assert (scanned.training, scanned.is_compiled, scanned.problems) == (None, True, ())
    assert scanned.unreadable_training == f"training_config cannot be read: {UNREADABLE[text]}"


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (np.bytes_(b'{"loss": "\xff"}'), None),
        (b'{"loss": "\xff"}', h5py.string_dtype("utf-8")),
        (b'{"loss": "\xff"}', h5py.string_dtype("ascii")),
        (4, None),
        ([1, 2], None),
    ],
)
def test_a_training_config_that_is_no_text_is_read_by_nobody(path, value, dtype):
    hdf5_files.write(path)
    with h5py.File(path, "a") as file:
        file.attrs.create("training_config", value, dtype=dtype)
    scanned = scan_model(path)
    assert (scanned.training, scanned.problems) == (None, ())
    assert scanned.unreadable_training == "training_config cannot be read: it is not text"


@pytest.mark.parametrize("text", list(UNREADABLE)[:-1])
def test_keras_3_opens_its_files_itself_and_no_training_config_that_cannot_be_read(path, text):
    with pytest.raises(Failure) as caught:
        scan_model(hdf5_files.write(path, keras_version="3.4.1", training_config=text))
    assert caught.value.code is Exit.REFUSED
    (problem,) = caught.value.problems
    assert (problem.class_name, problem.policy in ("form", "limits")) == ("training_config", True)
    assert "compile=False" in problem.unblock


def test_a_failure_names_the_path_first(path):
    assert unreadable(path, "is empty").message == f"{path} is empty."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes")
def test_nobody_waits_for_what_a_pipe_would_say(tmp_path):
    os.mkfifo(tmp_path / "a.h5")
    with pytest.raises(Failure, match="is not a regular file"):
        digest_of(tmp_path / "a.h5")
