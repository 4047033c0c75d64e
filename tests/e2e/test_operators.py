"""Every operator computes what TensorFlow does: its examples are saved by Keras 2 and migrated by one command."""

from __future__ import annotations

import json

import pytest

from tests.e2e.conftest import Command, Run, saved_and_migrated, selected
from tests.models.operators import examples
from translation import operators

EXAMPLES = examples()
# What they give depends on a shape alone: the same numbers for every input, and the report has to say so.
CONSTANT = {f"{space}{name}_like" for space in ("", "compat.v1.", "keras.backend.") for name in ("zeros", "ones")}


@pytest.fixture(scope="module")
def migrated(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("operators")
    needed = {name: EXAMPLES[name] for name in selected(request, EXAMPLES)}
    (place / "examples.json").write_text(json.dumps(needed))
    return saved_and_migrated(command, place, "operators.py", place / "examples.json")


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_computes_what_tensorflow_does(migrated: Run, name: str) -> None:
    report = migrated.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["verification"]["strength"] == ("weak" if name in CONSTANT else "full")


def test_every_operator_has_examples_on_two_shapes() -> None:
    few = [operator.names[0] for operator in operators.table().values() if len(operator.examples) < 2]
    no_tensors = {"shape", "__operators__.getitem"}  # see tests/models/topologies.py
    never_saved = {"__operators__.eq", "__operators__.ne", "einsum"}  # Keras 2 loses an argument of them
    # They want tuples or arrays where a file has lists, so only a Lambda can call them.
    never_saved |= {f"keras.backend.{name}" for name in ("bias_add", "conv1d", "conv2d_transpose", "pool2d")}
    # They give plain numbers, or are given nothing else: compared where tests/models/topologies.py calls them.
    of_shapes = set("eye fill ones range rank shape_n size zeros".split())
    of_shapes |= {f"keras.backend.{name}" for name in "arange dtype int_shape ndim shape".split()}
    # The numbers along a batch, or in order, that they want no domain of examples gives.
    of_numbers = {f"tensor_scatter_nd_{name}" for name in "add max min sub update".split()}
    of_numbers |= {"batch_to_space", "scatter_nd", "searchsorted"}
    # Segments are numbered by constants, which examples have none of.
    of_numbers |= {f"math.segment_{name}" for name in "sum mean prod max min".split()} | {"dynamic_stitch"}
    in_bodies = {"constant", "meshgrid", *(f"keras.backend.{name}" for name in ("constant", "print_tensor", "switch"))}
    random = {each.names[0] for each in operators.table().values() if each.draws}  # see tests/keras3/test_drawing.py
    assert set(few) == no_tensors | never_saved | of_shapes | of_numbers | in_bodies | random
