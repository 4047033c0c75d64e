"""The member of a result that tells what it was migrated from."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from interchange import strictjson
from interchange.manifest import TensorRow
from interchange.provenance import (
    MAX_BYTES,
    InvalidProvenanceError,
    NewerProvenanceError,
    Provenance,
    check,
    config_digest,
    rows_of,
    told_of,
)

TRAINING = {"compile": {"loss": "mse"}, "optimizer": "kept", "reason": None, "missing": [], "metrics_names": ["loss"]}
KERNEL = {"layer": ["in"], "variable": "kernel", "dtype": "float32", "shape": [6, 4]}
TOLD = Provenance(
    config_digest(b"{}"),
    "2.15.0",
    {"class_name": "Sequential", "config": {"name": "net", "layers": []}},
    {"x": ["ragged"]},
    TRAINING,
    True,
    {},
    ["Mine"],
    [{"layer": "a", "rule": "A", "text": "b"}],
    [{**KERNEL, "trainable": True, "attributes": ["in", "kernel"]}],
    [{"slot": "iterations", "dtype": "int64", "shape": []}, {**KERNEL, "slot": "momentums"}],
)


def document(**changed: Any) -> dict[str, Any]:
    return {**json.loads(TOLD.to_bytes()), **changed}


def resealed(**changed: Any) -> dict[str, Any]:
    """A document that says something else, with the digest of that."""
    from interchange import provenance

    return provenance._sealed(document(**changed))


def test_it_is_read_as_it_was_written() -> None:
    assert Provenance.from_bytes(TOLD.to_bytes()) == TOLD
    check(document())


def test_it_is_the_same_bytes_each_time() -> None:
    assert TOLD.to_bytes() == Provenance.from_bytes(TOLD.to_bytes()).to_bytes()


@pytest.mark.parametrize("key", sorted(document()))
def test_whatever_is_changed_later_is_noticed(key: str) -> None:
    changed = document()
    changed[key] = [changed[key]] if key != "compiled" else False
    with pytest.raises(InvalidProvenanceError):
        check(changed)


@pytest.mark.parametrize("key", sorted(document()))
def test_every_field_is_there(key: str) -> None:
    told = document()
    del told[key]
    with pytest.raises(InvalidProvenanceError, match="version" if key == "version" else f"it has no '{key}'"):
        check(told)


def test_no_other_field_is_there() -> None:
    with pytest.raises(InvalidProvenanceError, match="it has an unknown 'values'"):
        check(resealed(values=[1]))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("architecture", {"class_name": "Sequential"}),
        ("architecture", []),
        ("kinds", {"x": "ragged"}),
        ("training", {}),
        ("training", {**TRAINING, "code": ""}),
        ("training", {**TRAINING, "optimizer": "dropped"}),
        ("compiled", 1),
        ("replaced", {"x": 1}),
        ("custom_objects", "Mine"),
        ("normalised", [{"layer": "a"}]),
        ("weights", [{**KERNEL}]),
        ("weights", [{**KERNEL, "trainable": True, "shape": [-1]}]),
        ("weights", [{**KERNEL, "trainable": True, "dtype": "object"}]),
        ("weights", [{**KERNEL, "trainable": True, "values": [1.0]}]),
        ("slots", [KERNEL]),
        ("slots", [{"slot": "m", "layer": ["in"], "dtype": "float32", "shape": []}]),
        ("why", 1),
        ("keras", None),
        ("config_sha256", "0"),
    ],
)
def test_a_field_has_the_form_that_is_written(key: str, value: Any) -> None:
    with pytest.raises(InvalidProvenanceError, match=f"its {key} is not of the form"):
        check(resealed(**{key: value}))


@pytest.mark.parametrize("version", ["1.1", "2.0", "10.3"])
def test_a_newer_version_is_told_apart(version: str) -> None:
    with pytest.raises(NewerProvenanceError, match=f"its version is {version}, and 1.0"):
        check(resealed(version=version))


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"version": "1", "version": "1"}', b'{"version": NaN}', b"\xff"])
def test_what_is_no_such_document(data: bytes) -> None:
    with pytest.raises(InvalidProvenanceError):
        Provenance.from_bytes(data)


def test_numbers_that_json_does_not_know() -> None:
    with pytest.raises(InvalidProvenanceError, match="strict JSON"):
        check(document(architecture={"class_name": "Model", "config": {"a": float("nan")}}))


@pytest.mark.parametrize("name", ["Lambda", "__lambda__"])
def test_it_holds_no_code(name: str) -> None:
    code = {"class_name": name, "config": {}}
    architecture = {"class_name": "Sequential", "config": {"layers": [code]}}
    training = {**TRAINING, "compile": {"loss": [code]}}
    for facts in ({"architecture": architecture}, {"training": training}):
        with pytest.raises(InvalidProvenanceError, match=f"it holds a {name}"):
            check(resealed(**facts))


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("much", ["x" * MAX_BYTES, [0] * 600_000, nested(110)], ids=["bytes", "values", "levels"])
def test_what_is_too_much_for_readers_is_left_out(much: Any) -> None:
    architecture = {"class_name": "Sequential", "config": {"layers": much}}
    written = Provenance.from_bytes(replace(TOLD, architecture=architecture).to_bytes())
    assert written.architecture is None
    assert written.config_sha256 == TOLD.config_sha256
    assert "more values" in (written.why or "")


def test_what_another_program_wrote_into_a_bundle_is_left_out() -> None:
    odd = Provenance.from_bytes(replace(TOLD, training={"optimizer": "kept"}).to_bytes())
    assert odd.architecture is None
    assert odd.training is None


def test_rows_of_a_manifest_are_told_and_read_again() -> None:
    rows = [
        TensorRow("t0", "weights.npz", "float32", (6, 4), {"layer": ["in"], "variable": "kernel", "trainable": True}),
        TensorRow("t1", "weights.npz", "bfloat16", (), {"layer": [], "variable": "a", "trainable": False}),
    ]
    assert rows_of(told_of(rows), "weights.npz") == rows


def test_it_is_one_line() -> None:
    assert strictjson.parse(TOLD.to_bytes())["version"] == "1.0"
    assert TOLD.to_bytes().count(b"\n") == 1
