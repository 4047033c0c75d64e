"""Weights alone and an architecture in another file: looked at as one model, with the problems of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner.examine import scan_model
from tests.models import hdf5_files
from tests.models.hdf5_files import dense, lambda_layer, layer, sequential


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return hdf5_files.write_weights(tmp_path / "net.weights.h5")


def text(folder: Path, architecture: Any, name: str = "net.json") -> Path:
    (folder / name).write_text(architecture if isinstance(architecture, str) else json.dumps(architecture))
    return folder / name


def failure_of(path: Path, architecture: Path | None = None) -> Failure:
    with pytest.raises(Failure) as caught:
        scan_model(path, architecture=architecture)
    return caught.value


def test_two_files_are_one_model(weights: Path, tmp_path: Path) -> None:
    architecture = {**sequential(dense()), "keras_version": "2.1.5", "backend": "theano"}
    scanned = scan_model(weights, architecture=text(tmp_path, architecture))
    assert (scanned.path, scanned.format, scanned.architecture, scanned.has_weights) == (
        weights,
        "weights",
        architecture,
        True,
    )
    assert scanned.saved_by == {"keras_version": "2.15.0", "backend": "theano"}, "what the weights say goes before"
    assert scanned.described_by
    assert scanned.described_by.path == tmp_path / "net.json"


@pytest.mark.parametrize("content", [sequential(dense()), "class_name: Sequential\nconfig: []"])
def test_an_architecture_alone_is_looked_at_and_migrated(tmp_path: Path, content: Any) -> None:
    scanned = scan_model(text(tmp_path, content))
    assert (scanned.has_weights, scanned.is_described, scanned.described_by) == (False, True, None)


def test_what_is_unsafe_in_the_architecture_is_refused(weights: Path, tmp_path: Path) -> None:
    failure = failure_of(weights, text(tmp_path, sequential(lambda_layer())))
    assert (failure.code, [problem.policy for problem in failure.problems]) == (Exit.REFUSED, ["bytecode"])


UNSAFE = {
    "a tag": "class_name: !!python/object/apply:os.system ['true']\nconfig: []",
    "a bomb": f"class_name: Sequential\nconfig: {'[' * 5000}{']' * 5000}",
}


@pytest.mark.parametrize("name", UNSAFE)
def test_a_text_that_would_do_more_than_describe_is_refused(weights: Path, tmp_path: Path, name: str) -> None:
    assert failure_of(weights, text(tmp_path, UNSAFE[name], "net.yaml")).code is Exit.REFUSED


@pytest.mark.parametrize("content", ["", "{}", '{"class_name": "Sequential"}', "[1]", "no architecture", "a: 1"])
def test_a_text_that_describes_no_model_cannot_be_read(weights: Path, tmp_path: Path, content: str) -> None:
    path = text(tmp_path, content)
    for failure in (failure_of(weights, path), failure_of(path)):
        assert failure.code is Exit.UNREADABLE
        assert str(path) in failure.message


def test_a_text_that_was_dumped_once_more_is_the_same(tmp_path: Path) -> None:
    architecture = sequential(dense())
    scanned = scan_model(text(tmp_path, json.dumps(json.dumps(architecture))))
    assert (scanned.format, scanned.architecture) == ("json", architecture)


@pytest.mark.parametrize("content", ['"{\\"', '"{\\"class_name\\": 1}" x', '"{\\"class_name\\": }"', '"[]"', '"{}"'])
def test_what_only_begins_like_a_text_within_a_text(tmp_path: Path, content: str) -> None:
    assert failure_of(text(tmp_path, content)).code is Exit.UNREADABLE


OF_KERAS_3 = {
    "policy": dense(dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}}),
    "input": layer("InputLayer", "x", batch_shape=[None, 4]),
}


@pytest.mark.parametrize("name", OF_KERAS_3)
def test_an_architecture_of_keras_3_needs_no_migration(weights: Path, tmp_path: Path, name: str) -> None:
    path = text(tmp_path, sequential(OF_KERAS_3[name]))
    for failure in (failure_of(path), failure_of(weights, path)):
        assert failure.code is Exit.UNREADABLE
        assert f"{path} is an architecture of Keras 3" in failure.message


def test_each_file_has_to_be_what_it_is_given_for(weights: Path, tmp_path: Path) -> None:
    architecture = text(tmp_path, sequential(dense()))
    whole = hdf5_files.write(tmp_path / "whole.h5")
    for path, other, says in [
        (whole, architecture, "does not hold weights alone"),
        (weights, whole, "not an architecture in JSON"),
    ]:
        failure = failure_of(path, other)
        assert failure.code is Exit.USAGE
        assert says in failure.message
        assert "leave --architecture out" in str(failure.hint) or other is whole
    assert scan_model(whole).format == "h5"
    assert scan_model(weights, architecture=architecture).architecture


def test_weights_alone_are_told_the_way(weights: Path) -> None:
    assert "--architecture" in str(failure_of(weights).hint)
