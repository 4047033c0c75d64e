"""The member that tells what a `.keras` was migrated from is checked like an architecture of Keras 2."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from interchange.provenance import MEMBER, Provenance, config_digest
from keras2to3.scanner.examine import examine
from tests.attacks import containers
from tests.models.hdf5_files import dense, sequential

DROPPED = {"compile": None, "optimizer": "dropped", "reason": "", "missing": [], "metrics_names": []}


def told(architecture: Any, **facts: Any) -> bytes:
    return Provenance(config_digest(b"{}"), "2.15.0", architecture, **facts).to_bytes()


def found_in(folder: Path, member: bytes) -> list[tuple[str | None, str]]:
    path = folder / "model.keras"
    containers.keras(path, sequential(dense()))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(MEMBER, member)
    return [(problem.policy, str(problem)) for problem in examine(path).problems]


def test_what_a_migration_writes_is_no_problem(tmp_path: Path) -> None:
    assert found_in(tmp_path, told(sequential(dense()), training=DROPPED)) == []
    assert found_in(tmp_path, told(None, why="a reason")) == []


@pytest.mark.parametrize(
    ("layer", "policy"),
    [
        ({"class_name": "Dense", "module": "os.path", "config": {"name": "d", "units": 1}}, "foreign-code"),
        (dense(units=10**9), "promises"),
        (dense(name="../../d"), "names"),
        ({"class_name": "StringLookup", "config": {"name": "l", "vocabulary": "/etc/passwd"}}, "other-files"),
        ({"class_name": "TFOpLambda", "config": {"name": "o", "function": "io.read_file"}}, "operators"),
    ],
)
def test_an_unsafe_architecture(tmp_path: Path, layer: Any, policy: str) -> None:
    assert policy in {policy for policy, _ in found_in(tmp_path, told(sequential(layer)))}


def test_an_unsafe_training(tmp_path: Path) -> None:
    loss = {"module": "os.path", "class_name": "Loss", "config": {}}
    training = {**DROPPED, "compile": {"loss": loss}, "optimizer": "rebuilt"}
    assert {policy for policy, _ in found_in(tmp_path, told(None, training=training))} == {"foreign-code"}


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (b"{", "it is unsafe: it is not JSON"),
        (b"[]", "it is a list, not an object"),
        (b'{"a": 1, "a": 1}', "occurs twice"),
        (b"{}", "it does not say its version"),
        (b'{"version": "1.0"}', "it has no 'architecture'"),
        (b'{"version": "2.0"}', "its version is 2.0"),
        (told(sequential(dense())).replace(b'"units":3', b'"units":4'), "its digest is another one"),
    ],
)
def test_what_no_migration_writes(tmp_path: Path, member: bytes, text: str) -> None:
    ((policy, found),) = found_in(tmp_path, member)
    assert policy == "form"
    assert found.startswith(MEMBER)
    assert text in found


def test_more_than_any_model_needs(tmp_path: Path) -> None:
    ((policy, _),) = found_in(tmp_path, json.dumps({"version": [[]] * 1_100_000}).encode())
    assert policy == "limits"
