"""What the pages show of models that are taken back, filled with weights alone, or repaired."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.keras3_file import open_
from importer.rollback.compare import compare
from interchange.errors import Failure
from interchange.messages.details import Details, Node, Picture
from interchange.messages.requests import CompareRequest, OpenRequest
from interchange.messages.results import OpenResult
from tests.keras3.rollback_models import MODELS, migrated, plain
from tests.keras3.test_keras3_file import rescaling, saved
from tests.keras3.test_weights_alone import dense, filled


def by_path(picture: Picture | None) -> dict[str, Node]:
    assert picture is not None
    return {node.path: node for node in picture.nodes}


def taken_back(path: Path, bundle: Path, **facts: Any) -> Details:
    found = compare(CompareRequest(path, bundle, **facts), lambda _: None).details
    assert found is not None
    return Details.from_json(found.to_json())


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_was_taken_back_has_both_sides(old: Any, name: str, tmp_path: Path) -> None:
    details = taken_back(migrated(MODELS[name](old), tmp_path), tmp_path / "bundle")
    before, after = by_path(details.before), by_path(details.after)
    assert before.keys() & after.keys()
    assert all(after[path].partner == path for path in before.keys() & after.keys())
    assert all(node.partner is None for path, node in before.items() if path not in after)
    targets = {f"{row.path}/{row.name}" if row.path else row.name: row.new_path for row in details.weights}
    assert targets
    assert any(targets.values())
    assert sum(details.outputs[0].bins) > 0


def test_the_source_of_a_rollback_stands_before(old: Any, tmp_path: Path) -> None:
    import keras

    path = migrated(plain(old), tmp_path)
    model = keras.saving.load_model(path)
    kernel = model.get_layer("in").kernel
    kernel.assign(np.asarray(kernel) * 2)
    model.save(tmp_path / "nudged.keras")
    with pytest.raises(Failure) as caught:
        taken_back(tmp_path / "nudged.keras", tmp_path / "bundle", origin=path)
    found = Details.from_json(caught.value.detail["details"])
    row, same = found.outputs[0], taken_back(path, tmp_path / "bundle").outputs[0]
    assert row.after == same.after  # what Keras 2.15 answers is the result of a rollback, of both
    assert row.before != same.before
    assert "in/kernel" in {weight.new_path for weight in found.weights}


def test_weights_alone_have_the_picture_of_their_model(tmp_path: Path) -> None:
    answer, _ = filled(tmp_path, dense("dense", 5, 4), "pointwise")
    details = Details.from_json(answer["details"])
    assert details.before is None
    assert [node.class_name for node in by_path(details.after).values()] == ["InputLayer", "Conv2D"]


def test_a_repaired_file_is_shown_as_it_was_and_as_it_is(tmp_path: Path) -> None:
    source = saved(tmp_path / "old.keras", rescaling)
    found = OpenResult.from_json(open_(OpenRequest(source, tmp_path / "new.keras"), lambda _: None).to_json()).repaired
    assert found is not None
    assert found.details is not None
    before, after = by_path(found.details.before), by_path(found.details.after)
    assert before.keys() == after.keys()
    assert before["scaled"].partner == after["scaled"].partner == "scaled"
    assert before["dense"].parameters == after["dense"].parameters == 8
    assert all(f"{row.path}/{row.name}" == row.new_path for row in found.details.weights)
    assert [row.before for row in found.details.outputs] == [row.after for row in found.details.outputs]
