"""Losses and metrics in a graph are left out with what only they have taken, and nothing else is."""

from __future__ import annotations

import pytest

from interchange.errors import Failure
from tests.unit.translation.test_translate import X, after_x, entry, layer_of, model
from translation.keras2_to_3.spec import TensorRef
from translation.keras2_to_3.training_layers import END, FEEDER, left_out
from translation.keras2_to_3.translate import translate


def after(name: str, node: int = 0) -> list[object]:
    return [[name, node, 0, {}]]


DENSE = entry("Dense", "dense", after_x(), units=4)
LOSS = entry("AddLoss", "loss", after("feeder"), unconditional=False)
FEEDER_LAYER = entry("Dense", "feeder", after("dense"), units=1)


def ends_in(name: str, node: int = 0) -> dict[str, object]:
    return {"output_layers": [[name, node, 0]]}


def test_what_only_a_loss_has_taken_goes_with_it() -> None:
    found = translate(model(X, DENSE, FEEDER_LAYER, LOSS, **ends_in("dense")))
    assert found.problems == []
    assert found.graph is not None
    assert [layer.name for layer in found.graph.layers] == ["x", "dense"]
    told = [(change.layer, change.kind, change.text) for change in found.changes]
    assert told == [("feeder", "training-only", FEEDER), ("loss", "training-only", END)]
    assert list(left_out(found.graph)) == [("feeder",), ("loss",)]


def test_what_is_left_out_needs_no_rule() -> None:
    unknown = entry("Nobody", "feeder", after("dense"))
    assert translate(model(X, DENSE, unknown, LOSS, **ends_in("dense"))).problems == []


def test_a_loss_returns_what_it_is_given_and_a_metric_casts_it() -> None:
    passed = entry("AddLoss", "loss", after("dense"), unconditional=False, dtype="float64")
    metric = entry("AddMetric", "metric", after("loss"), aggregation="mean", metric_name="m", dtype="float64")
    found = translate(model(X, DENSE, passed, metric, entry("ReLU", "relu", after("metric"))))
    assert found.problems == []
    assert layer_of(found, "metric").calls[0].inputs.layer == "dense"
    assert layer_of(found, "metric").item.class_name == "Identity"
    assert layer_of(found, "metric").item.dtype == "float64"


def test_a_model_may_end_in_a_loss() -> None:
    graph = translate(model(X, DENSE, entry("AddLoss", "loss", after("dense"), unconditional=False))).graph
    assert graph is not None
    assert graph.outputs.layer == "dense"


def test_calls_are_counted_without_those_that_are_gone() -> None:
    shared = entry("Dense", "dense", after("label"), after_x(), after("dense", 1), units=4)
    label = {**X, "name": "label", "config": {**X["config"], "name": "label"}}
    loss = entry("AddLoss", "loss", after("dense", 0), unconditional=False)
    found = translate(model(X, label, shared, loss, **ends_in("dense", 2)))
    assert [call.inputs for call in layer_of(found, "dense").calls] == [TensorRef("x", 0, 0), TensorRef("dense", 0, 0)]
    assert found.graph is not None
    assert found.graph.outputs.node == 1
    assert [layer.name for layer in found.graph.layers] == ["x", "label", "dense"]


def test_what_is_miscounted_matters_only_where_it_is_needed() -> None:
    inner = {**model(X, DENSE, name="inner"), "inbound_nodes": [after_x()]}
    lost = entry("ReLU", "feeder", after("inner", 0))  # the first call of a model has the number 1
    assert translate(model(X, inner, DENSE, lost, LOSS, **ends_in("dense"))).problems == []
    with pytest.raises(Failure, match="which cannot be"):
        translate(model(X, inner, lost))


def test_a_graph_without_losses_keeps_what_nobody_takes() -> None:
    found = translate(model(X, DENSE, FEEDER_LAYER, **ends_in("dense")))
    assert found.graph is not None
    assert [layer.name for layer in found.graph.layers] == ["x", "dense", "feeder"]


def test_losses_are_left_out_at_any_depth() -> None:
    inner = model(X, DENSE, FEEDER_LAYER, LOSS, name="inner", **ends_in("dense"))
    wrapped = entry("TimeDistributed", "each", after_x(), layer=inner)
    found = translate(model(X, {**inner, "inbound_nodes": [after_x()]}, wrapped))
    assert found.problems == []
    places = [("inner", "feeder"), ("inner", "loss"), ("each", "layer", "feeder"), ("each", "layer", "loss")]
    assert list(left_out(found.graph)) == places
