"""A migrated file tells what it was migrated from, and stock Keras 3 does not mind."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.whole_model import migrate
from interchange.bundle import Bundle
from interchange.messages.requests import ImportRequest
from interchange.provenance import MEMBER, Provenance, config_digest, rows_of
from interchange.user_files.replacements import Replacement
from tests.keras3.compiled_bundles import state_of, with_training
from tests.keras3.conftest import exported


@pytest.fixture
def model(old: Any) -> Any:
    layers = old.layers
    x = old.Input((6,), name="x", ragged=False)
    return old.Model(x, layers.Dense(2, "softmax", name="out")(layers.Dense(4, "relu", name="in")(x)), name="net")


def migrated(bundle: Path, path: Path, **facts: Any) -> Path:
    migrate(ImportRequest(bundle, path, **facts), lambda line: None)
    return path


def told(path: Path) -> Provenance:
    with zipfile.ZipFile(path) as archive:
        return Provenance.from_bytes(archive.read(MEMBER))


def test_it_has_the_model_of_the_bundle(model: Any, tmp_path: Path) -> None:
    bundle = exported(model, tmp_path / "bundle")
    found = told(migrated(tmp_path / "bundle", tmp_path / "model.keras"))
    assert found.architecture == bundle.json("architecture.json")
    assert found.kinds == bundle.json("kinds.json")
    assert rows_of(found.weights, "weights.npz") == list(bundle.rows("weights.npz"))
    assert found.keras == bundle.manifest.producer["keras"]
    assert (found.training, found.compiled, found.why) == (None, False, None)
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert archive.namelist() == ["config.json", MEMBER, "metadata.json", "model.weights.h5"]
        assert found.config_sha256 == config_digest(archive.read("config.json"))


def test_it_has_the_training_of_the_bundle(model: Any, old: Any, tmp_path: Path) -> None:
    model.compile(old.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    bundle = exported(model, tmp_path / "uncompiled")
    model.fit(np.ones((4, 6)), np.ones((4, 2)), verbose=0)
    names = list(model.metrics_names)
    folder = with_training(
        bundle, tmp_path / "bundle", model.get_compile_config(), state_of(model), metrics_names=names
    )
    found = told(migrated(folder, tmp_path / "model.keras"))
    assert found.training == Bundle.open(folder).json("training.json")
    assert found.training is not None
    assert found.training["metrics_names"] == names
    assert found.compiled
    assert [row.facts for row in rows_of(found.slots, "optimizer.npz")] == [
        row.facts for row in Bundle.open(folder).rows("optimizer.npz")
    ]


def test_two_migrations_write_the_same(model: Any, tmp_path: Path) -> None:
    exported(model, tmp_path / "bundle")
    first, second = (migrated(tmp_path / "bundle", tmp_path / name) for name in ("first.keras", "second.keras"))
    assert first.read_bytes() == second.read_bytes()


def test_stock_keras_opens_the_file_and_drops_it(arrive: Callable[[Any], Any], model: Any, tmp_path: Path) -> None:
    arrived = arrive(model)  # read by load_model, with its safe mode
    arrived.model.save(tmp_path / "again.keras")
    with zipfile.ZipFile(tmp_path / "again.keras") as archive:
        assert MEMBER not in archive.namelist()


def test_a_model_with_lambdas_tells_why_there_is_no_way_back(model: Any, tmp_path: Path) -> None:
    bundle = exported(model, tmp_path / "bundle")
    from importer.build.custom_objects import NO_CUSTOM_OBJECTS
    from importer.save import provenance

    class WithLambda(Bundle):
        def json(self, name: str) -> Any:
            layers = {"layers": [{"class_name": "Lambda", "config": {"name": "f"}}]}
            return {"class_name": "Sequential", "config": layers} if name == "architecture.json" else super().json(name)

    with_lambda = WithLambda(bundle._folder, bundle.manifest, bundle._locations)
    found = Provenance.from_bytes(provenance.of_bundle(with_lambda, {}, NO_CUSTOM_OBJECTS, is_compiled=False)(b"{}"))
    assert found.architecture is None
    assert "Lambda" in (found.why or "")


def test_functions_of_the_user_are_told_by_name(model: Any, tmp_path: Path) -> None:
    from importer.build.custom_objects import NO_CUSTOM_OBJECTS
    from importer.save import provenance

    replaced: Mapping[str, Replacement] = {"net/f": Replacement("net/f", "/home/u/f.py", "scaled", "0" * 64)}
    bundle = exported(model, tmp_path / "bundle")
    data = provenance.of_bundle(bundle, replaced, NO_CUSTOM_OBJECTS, is_compiled=False)(b"{}")
    assert b"/home" not in data
    assert json.loads(data)["replaced"] == {"net/f": "scaled"}
    assert Provenance.from_bytes(data).architecture is None
