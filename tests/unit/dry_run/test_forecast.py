"""What the rules would say, told from the architecture of a file, whichever Keras 2 wrote it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from interchange.errors import Exit
from keras2to3.dry_run.forecast import forecast
from keras2to3.dry_run.lambda_bodies import refusals
from tests.models.hdf5_files import dense, layer, sequential, wrapper
from tests.support.paths import ORACLES
from translation.keras2_to_2_15.canonical_names import with_canonical_names
from translation.keras2_to_runnable import normalised, unheard
from translation.lambdas.stored_functions import unpack


def test_what_would_change() -> None:
    told = forecast(sequential(layer("LeakyReLU", "leaky", alpha=0.1)))
    assert told.failure is None
    assert [(change.layer, change.rule) for change in told.changes] == [("leaky", "LeakyReLU")]


def test_all_that_has_no_rule_is_named_at_once() -> None:
    told = forecast(sequential(dense(future=1), layer("Lambda", "code", function=["", None, None])))
    assert told.failure
    assert told.failure.code is Exit.REFUSED
    assert [(problem.layer, problem.key) for problem in told.problems] == [("dense", "future"), ("code", "function")]


def test_what_the_exporter_refuses_and_what_it_says_otherwise() -> None:
    lstm = layer("CuDNNLSTM", "lstm", units=2)
    assert "becomes LSTM" in forecast(sequential(lstm)).changes[0].text
    lstm["config"]["time_major"] = True
    assert [problem.key for problem in forecast(sequential(lstm)).problems] == ["time_major"]


def test_a_vocabulary_that_is_not_there_cannot_be_read() -> None:
    told = forecast(sequential(layer("StringLookup", "words", vocabulary=None)))
    assert told.failure
    assert told.failure.code is Exit.UNREADABLE


WRITTEN = json.loads((ORACLES / "bytecode.json").read_text(encoding="utf-8"))
FOLLOWED = [
    (python, name)
    for python, entry in WRITTEN.items()
    for name, stored in entry["bodies"].items()
    if len(stored) == 3 and name != "map_fn"  # for which Keras 3 has no counterpart
]
# TensorFlow alone tells that it has no room for it.
HOSTILE = [name for name in WRITTEN["3.11"]["hostile"] if name != "tensor of zeros"]


def model_of(stored: Any, count: int) -> dict[str, Any]:
    """A model whose Lambda has this body and so many inputs of an unknown shape."""
    inputs = [(layer("InputLayer", name, batch_input_shape=None), []) for name in ("in", "b", "c")[:count]]
    nodes = [[[entry["config"]["name"], 0, 0, {}] for entry, _ in inputs]]
    return functional(*inputs, (layer("Lambda", "it", function=stored), nodes), output="it")


def body(python: str, name: str, kind: str = "bodies") -> tuple[Any, int]:
    stored = WRITTEN[python][kind][name]
    return stored, 3 if unpack(stored).code.varnames[0] in ("xs", ".0") else 1


@pytest.mark.parametrize(("python", "name"), FOLLOWED)
def test_a_body_that_is_followed_would_be_tried(python: str, name: str) -> None:
    assert refusals(normalised(model_of(*body(python, name)), unheard)) == {}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_body_that_cannot_be_followed_would_be_refused(name: str) -> None:
    stored, count = body("3.11", name, "hostile")
    told = forecast(model_of(stored, count))
    assert told.failure
    assert told.failure.code is Exit.REFUSED
    assert [(problem.layer, problem.key) for problem in told.problems] == [("it", "function")]


def test_a_body_is_not_refused_for_what_it_does_on_some_inputs_alone() -> None:
    """How many inputs a layer has is not known within a wrapper."""
    for name in ("condition", "loop over a tensor"):
        stored, count = body("3.11", name, "hostile")
        inner = sequential(wrapper("TimeDistributed", layer("Lambda", "it", function=stored)))
        assert refusals(normalised(inner, unheard)) == {}
        assert forecast(model_of(stored, count)).failure


def functional(*rows: tuple[dict[str, Any], list[Any]], output: str) -> dict[str, Any]:
    layers = [{**entry, "name": entry["config"]["name"], "inbound_nodes": nodes} for entry, nodes in rows]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [[output, 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "model", "layers": layers, **ends}}


def test_a_graph_that_cannot_be_followed() -> None:
    entry = layer("InputLayer", "in", batch_input_shape=[None, 4])
    good = functional((entry, []), (dense("a"), [[["in", 0, 0, {}]]]), output="a")
    assert forecast(good).failure is None
    cycle = functional((entry, []), (dense("a"), [[["b", 0, 0, {}]]]), (dense("b"), [[["a", 0, 0, {}]]]), output="b")
    assert [problem.layer for problem in forecast(cycle).problems] == ["a", "b"]


@pytest.mark.parametrize(
    "architecture",
    [
        {"class_name": "Sequential"},
        {"class_name": "Functional", "config": {"name": "model"}},
        {
            "class_name": "Functional",
            "config": {"name": "model", "layers": [7], "input_layers": [], "output_layers": []},
        },
        sequential({"class_name": "Dense", "config": 7}),
    ],
)
def test_an_architecture_of_another_form_is_no_defect_of_ours(architecture: dict[str, Any]) -> None:
    told = forecast(architecture)
    assert told.failure
    assert told.failure.code is Exit.UNREADABLE
    assert re.search("cannot read|not of a model with layers", told.failure.message)


def test_older_spellings_are_those_of_keras_2_15() -> None:
    zeros = {"class_name": "zeros", "config": {"dtype": "float32"}}
    old = {"class_name": "Sequential", "config": [layer("Convolution2D", "conv", bias_initializer=zeros, weights=None)]}
    (conv,) = with_canonical_names(old)["config"]["layers"]
    assert conv["class_name"] == "Conv2D"
    assert "weights" not in conv["config"]
    assert conv["config"]["dtype"] == "float32", "a layer's own"
    assert conv["config"]["bias_initializer"] == {"class_name": "Zeros", "config": {}}


def test_older_spellings_are_found_within_wrappers() -> None:
    told = forecast(sequential(wrapper("TimeDistributed", layer("MaxPool2D", "pool", pool_size=[2, 2]))))
    assert told.failure is None
