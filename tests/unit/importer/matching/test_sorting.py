"""Which tensors of a file are the weights of the model that is meant, and what becomes of the others."""

from __future__ import annotations

import pytest

from importer.restore.matching.sorting import sorted_
from importer.restore.matching.tensor import CHECKPOINT, CONTAINERS, stored
from importer.restore.matching.training_state import Entry
from interchange.errors import Exit, Failure

VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


def entries(layout: str, *names: str, whole: tuple[str, ...] = ()) -> dict[str, Entry]:
    """Tensors by their names; those that are `whole` are one whole number, all others a vector."""
    found = {}
    for name in (*names, *whole):
        path, role = stored(layout, "", f"{name}{VALUE}" if layout == CHECKPOINT else name)
        counts = name in whole
        found[name] = Entry(path, role, () if counts else (3,), "int64" if counts else "float32")
    return found


def test_what_trains_is_told_by_its_form_whatever_it_is_called() -> None:
    names = ["first/kernel", "opt/_variables/1", "opt/_learning_rate", "first/kernel/.OPTIMIZER_SLOT/opt/m"]
    found = sorted_(entries(CHECKPOINT, *names, whole=("opt/_iterations", "step")), [("first", "kernel")])
    assert list(found.weights) == ["first/kernel"]
    assert found.training == {"opt": 4, "step": 1}


def test_a_layer_may_be_called_as_what_trains() -> None:
    names = ["optimizer/kernel", "metrics/total", "metrics/count"]
    known = [("optimizer", "kernel"), ("metrics", "total"), ("metrics", "count")]
    assert list(sorted_(entries(CHECKPOINT, *names), known).weights) == names
    assert list(sorted_(entries(CHECKPOINT, *names), [("other", "kernel")]).weights) == []


def test_a_counter_of_the_model_itself_is_a_weight_of_it() -> None:
    file = entries(CHECKPOINT, "dense/kernel", whole=("seen",))
    assert list(sorted_(file, [("dense", "kernel"), ("seen",)]).weights) == ["dense/kernel", "seen"]
    assert sorted_(file, [("dense", "kernel")]).training == {"seen": 1}


def test_what_holds_the_model_alone_is_passed_over_with_its_training() -> None:
    names = ["net/layer_with_weights-0/kernel", "net/optimizer/kernel"]
    file = entries(CHECKPOINT, *names, whole=("save_counter",))
    found = sorted_(file, [("layer_with_weights-0", "kernel")])
    assert {name: entry.path for name, entry in found.weights.items()} == {names[0]: ("layer_with_weights-0",)}
    assert found.training == {"optimizer": 1, "save_counter": 1}
    own = sorted_(file, [("layer_with_weights-0", "kernel"), ("optimizer", "kernel")])
    assert list(own.weights) == names, "there it is a layer"


@pytest.mark.parametrize("part", ["sequential_1", "layers/sequential_1"])
def test_the_name_of_a_part_may_leave_out_the_folders(part: str) -> None:
    names = [f"layers/sequential{number}/layers/dense/vars/0" for number in ("", "_1")]
    found = sorted_(entries(CONTAINERS, *names), [("layers", "dense", "0")], part)
    assert [(name, entry.path) for name, entry in found.weights.items()] == [(names[1], ("layers", "dense"))]
    with pytest.raises(Failure, match="the file has no elsewhere") as caught:
        sorted_(entries(CONTAINERS, *names), [], "elsewhere")
    assert caught.value.code is Exit.USAGE


def test_several_models_are_a_question() -> None:
    names = [f"{name}/layer_with_weights-0/kernel" for name in ("encoder", "decoder")]
    question = sorted_(entries(CHECKPOINT, *names), [("layer_with_weights-0", "kernel")]).question()
    assert question is not None
    assert [problem.layer for problem in question.problems] == ["encoder", "decoder"]
    assert sorted_(entries(CHECKPOINT, names[0]), [("layer_with_weights-0", "kernel")]).question() is None
