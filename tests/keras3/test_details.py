"""What the page of a report shows of a model: pictures of both, pairs of outputs, and where each weight is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import pytest

from importer import whole_model
from importer.details.outputs import Pairs
from importer.verify import inference, verify
from importer.verify.recorded_calls import Answer, Probe
from importer.whole_model import migrate
from interchange.errors import Failure, Problem, refused
from interchange.messages.details import Details, Edge, Node, Picture
from interchange.messages.requests import ImportRequest
from tests.keras3.conftest import exported


def branches(keras: Any) -> Any:
    """A nested model that is called twice, an operator, a layer that is composed anew, and a merge."""
    import tensorflow as tf

    inner = keras.Sequential([keras.Input((6, 4)), keras.layers.LeakyReLU(0.2, name="leak")], name="inner")
    given = keras.Input((6, 4), name="given")
    near = keras.layers.LocallyConnected1D(3, 2, name="near")(inner(given))
    root = tf.math.softplus(inner(given))
    flat = [keras.layers.Flatten(name=name)(tensor) for name, tensor in (("left", near), ("right", root))]
    return keras.Model(given, keras.layers.Concatenate(name="both")(flat), name="whole")


def by_path(picture: Picture | None) -> dict[str, Node]:
    assert picture is not None
    return {node.path: node for node in picture.nodes}


@pytest.fixture
def details(arrive: Callable[[Any], Any], old: ModuleType) -> Details:
    return Details.from_json(arrive(branches(old)).report["details"])


def test_layers_of_both_models_are_partners(details: Details) -> None:
    before, after = by_path(details.before), by_path(details.after)
    for path in ("given", "inner", "inner/leak", "near", "left", "right", "both"):
        assert (before[path].partner, after[path].partner) == (path, path)
    operator = next(node for node in before.values() if node.class_name == "TFOpLambda")
    assert operator.partner is not None
    assert after[operator.partner].partner == operator.path
    assert after[operator.partner].class_name == "Softplus"


def test_what_changed_is_marked_on_both_sides(details: Details) -> None:
    before, after = by_path(details.before), by_path(details.after)
    assert before["inner/leak"].rules == after["inner/leak"].rules == ("LeakyReLU",)
    assert before["near"].rules == after["near"].rules == ("LocallyConnected1D",)
    assert before["left"].rules == after["left"].rules == ()
    inside = [node for path, node in after.items() if path.startswith("near/")]
    assert inside
    assert all(node.partner is None and node.rules == ("LocallyConnected1D",) for node in inside)


def test_edges_are_those_of_the_calls(details: Details) -> None:
    assert details.before is not None
    assert details.after is not None
    edges = set(details.before.edges)
    assert {Edge("given", "inner"), Edge("inner", "near"), Edge("near", "left"), Edge("right", "both")} <= edges
    assert Edge("inner/inner_input", "inner/leak") in edges or Edge("inner/input_1", "inner/leak") in edges
    assert {Edge("given", "inner"), Edge("inner", "near"), Edge("left", "both")} <= set(details.after.edges)


def test_numbers_and_shapes(details: Details) -> None:
    before, after = by_path(details.before), by_path(details.after)
    assert before["near"].parameters == after["near"].parameters == 5 * 8 * 3 + 5 * 3
    assert after["both"].shape == "(None, 39)"
    assert before["given"].shape == after["given"].shape == "(None, 6, 4)"


def test_every_weight_has_a_row(details: Details) -> None:
    rows = {(row.path, row.name): row for row in details.weights}
    assert rows.keys() == {("near", "kernel"), ("near", "bias")}
    assert rows["near", "kernel"].shape == (5, 8, 3)
    assert rows["near", "kernel"].recast
    assert all(row.new_path.startswith("near/") for row in rows.values())


def test_outputs_are_told_by_pairs_of_numbers(details: Details) -> None:
    (output,) = details.outputs
    assert len(output.before) == len(output.after) > 100
    assert np.allclose(output.before, output.after, rtol=1e-4)
    assert sum(output.bins) == 39 * (3 * len(("normal", "wide", "tiny")) + 1 + 256), (
        "each of 39 numbers, for each sample"
    )
    assert output.bins[-2:] == (0, 0)


def shifted(model: Any, inputs: Any) -> Any:
    return [value + np.float32(1) for value in inference.outputs(model, inputs)]


def test_what_differs_or_is_refused_comes_with_its_pictures(old: ModuleType, tmp_path: Path) -> None:
    exported(branches(old), tmp_path / "bundle")
    with mock.patch.object(verify, "outputs", shifted):
        differing = failed(tmp_path)
    assert by_path(differing.before)["near"].rules == ("LocallyConnected1D",)
    assert by_path(differing.after)["near"].partner == "near"
    assert differing.outputs[0].bins[:-1] == (0,) * 8
    assert all(row.equal for row in differing.layers)  # their own outputs are as they were
    refusal = refused([Problem("near", "LocallyConnected1D", "why")], "why")
    with mock.patch.object(whole_model, "rebuild", side_effect=refusal):
        refusing = failed(tmp_path)
    assert by_path(refusing.before).keys() == by_path(differing.before).keys()
    assert (refusing.after, refusing.outputs, refusing.weights) == (None, (), ())


def failed(folder: Path) -> Details:
    with pytest.raises(Failure) as caught:
        migrate(ImportRequest(folder / "bundle", folder / "a.keras"), lambda line: None)
    return Details.from_json(caught.value.detail["details"])


def pairs_of(truths: list[Any], found: list[Any], tolerance: float = 1e-3) -> Any:
    pairs = Pairs()
    pairs.begin([[Probe(str(number), [], [Answer("out", truth)]) for number, truth in enumerate(truths)]])
    for truth, result in zip(truths, found):
        pairs.add(0, truth, result, tolerance)
    return pairs.rows


def test_many_numbers_are_told_by_some_of_all_probes_and_columns() -> None:
    truths = [np.arange(50_000, dtype="float32").reshape(-1, 10), -np.arange(1_000, dtype="float32").reshape(-1, 10)]
    (row,) = pairs_of(truths, [truths[0], truths[1] + np.float32(0.5)])
    assert 900 < len(row.before) <= 1_000
    assert {int(number) % 10 for number in row.before if number >= 0} == set(range(10))
    assert any(number < 0 for number in row.before)
    assert row.bins == (50_000, 0, 0, 0, 0, 0, 0, 0, 1_000)


def test_each_difference_is_in_the_bin_of_its_share_of_the_tolerance() -> None:
    shares = [0.0, 5e-7, 5e-6, 5e-5, 5e-4, 5e-3, 5e-2, 0.5, 5.0, 50.0]
    truth = np.zeros(len(shares))
    (row,) = pairs_of([truth], [truth + np.array(shares) * 1e-3])
    assert row.bins == (2, 1, 1, 1, 1, 1, 1, 1, 1)


def test_what_is_no_number_is_left_out() -> None:
    truth = np.array([1.0, np.nan, np.inf, 2.0])
    (row,) = pairs_of([truth], [truth])
    assert row.before == row.after == (1.0, 2.0)
    assert pairs_of([np.array([b"a"], dtype=object)], [np.array([b"a"], dtype=object)]) == ()
    assert pairs_of([np.zeros((2, 3))], [np.zeros((3, 2))]) == ()
