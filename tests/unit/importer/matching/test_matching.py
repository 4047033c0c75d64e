"""Which stored tensor is whose: by name, number, shape and map, and never a wrong one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.restore.matching import Matching, Tensor, match
from importer.restore.matching.tensor import stored
from interchange.errors import Exit, Failure
from translation.layer_names import numbered, snake_case

AUTOMATIC = frozenset({"dense", "gru", "rnn", "lstm", "bidirectional", "conv2d", "batch_normalization", "sequential"})
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


def layer(path: str, backwards: bool | None = None, **shapes: tuple[int, ...]) -> list[Tensor]:
    """The tensors of a layer at a path, named as a report does."""
    parts = tuple(path.split("/"))
    return [Tensor(f"{path}/{role}", parts, role, shape, backwards=backwards) for role, shape in shapes.items()]


def dense(path: str, inputs: int = 3, units: int = 3) -> list[Tensor]:
    return layer(path, kernel=(inputs, units), bias=(units,))


def gru(path: str, inputs: int = 4, units: int = 2, backwards: bool | None = None) -> list[Tensor]:
    return layer(path, backwards, kernel=(inputs, 3 * units), recurrent_kernel=(units, 3 * units), bias=(2, 3 * units))


def cudnn_gru(path: str, inputs: int = 4, units: int = 2) -> list[Tensor]:
    return layer(path, kernel=(inputs, 3 * units), recurrent_kernel=(units, 3 * units), bias=(6 * units,))


def lstm(path: str, inputs: int = 4, units: int = 2) -> list[Tensor]:
    return layer(path, kernel=(inputs, 4 * units), recurrent_kernel=(units, 4 * units), bias=(4 * units,))


def cudnn_lstm(path: str, inputs: int = 4, units: int = 2) -> list[Tensor]:
    return layer(path, kernel=(inputs, 4 * units), recurrent_kernel=(units, 4 * units), bias=(8 * units,))


def matched(mine: list[list[Tensor]], theirs: list[list[Tensor]], **given: str) -> Matching:
    named = {key.replace("__", "/"): value for key, value in given.items()}
    return match(list(itertools.chain(*mine)), list(itertools.chain(*theirs)), named, AUTOMATIC)


def layers_of(found: Matching) -> dict[str, str]:
    """Which layer became which, when all of it was matched."""
    found.require_complete()
    pairs = {row.source.name.rpartition("/")[0]: row.target.name.rpartition("/")[0] for row in found.matches}
    assert all(row.source.role == row.target.role for row in found.matches)
    return pairs


def evidence(found: Matching) -> set[str]:
    return {row.by for row in found.matches}


def failed(found: Matching) -> Failure:
    with pytest.raises(Failure) as caught:
        found.require_complete()
    return caught.value


def test_layers_of_one_name() -> None:
    found = matched([dense("a"), dense("b")], [dense("b"), dense("a")])
    assert layers_of(found) == {"a": "a", "b": "b"}
    assert evidence(found) == {"name"}
    assert {row.row.sure for row in found.matches} == {"certain"}


def test_numbers_that_have_moved() -> None:
    found = matched(
        [dense("dense_1"), dense("dense_2"), dense("dense_3")], [dense(n) for n in ("dense", "dense_1", "dense_2")]
    )
    assert layers_of(found) == {"dense_1": "dense", "dense_2": "dense_1", "dense_3": "dense_2"}
    assert evidence(found) == {"number"}
    assert {row.row.sure for row in found.matches} == {"likely"}


def test_dense_10_comes_after_dense_9() -> None:
    found = matched([dense("dense_9"), dense("dense_10")], [dense("dense"), dense("dense_1")])
    assert layers_of(found) == {"dense_9": "dense", "dense_10": "dense_1"}


def test_numbers_against_the_order_of_the_layers_are_no_evidence() -> None:
    failure = failed(matched([dense("dense_1"), dense("dense_2")], [dense("dense_1"), dense("dense")]))
    assert failure.code is Exit.REFUSED
    assert failure.problems[0].layer == "dense_1"
    assert "dense_1 and dense_2 all fit" in failure.problems[0].text


def test_a_layer_that_is_missing_moves_no_other_into_its_place() -> None:
    failure = failed(
        matched([dense("dense_1"), dense("dense_2"), dense("dense_3")], [dense("dense"), dense("dense_1")])
    )
    assert failure.code is Exit.REFUSED


def test_the_only_one_that_fits() -> None:
    found = matched([dense("first", 3, 4), dense("second", 4, 5)], [dense("out", 4, 5), dense("hidden", 3, 4)])
    assert layers_of(found) == {"first": "hidden", "second": "out"}
    assert evidence(found) == {"shape"}


def test_ambiguous_layers_are_refused_with_both_candidates_and_a_map_settles_it() -> None:
    mine, theirs = [dense("a"), dense("b")], [dense("x"), dense("y")]
    failure = failed(matched(mine, theirs))
    assert failure.code is Exit.REFUSED
    assert [problem.layer for problem in failure.problems] == ["x", "y"]
    assert all("a and b all fit" in problem.text for problem in failure.problems)
    assert '--map, as in {"x": "a"}' in str(failure.problems[0].unblock)
    found = matched(mine, theirs, x="b")
    assert layers_of(found) == {"b": "x", "a": "y"}
    assert evidence(found) == {"map", "shape"}


def test_a_map_may_go_tensor_by_tensor() -> None:
    mine, theirs = [layer("a", w=(3,), v=(3,))], [layer("x", kernel=(3,), bias=(3,))]
    assert failed(matched(mine, theirs)).code is Exit.WEIGHTS
    found = matched(mine, theirs, x__kernel="a/v", x__bias="a/w")
    found.require_complete()
    assert {row.target.role: row.source.role for row in found.matches} == {"kernel": "v", "bias": "w"}


@pytest.mark.parametrize(
    ("pairs", "says"),
    [
        ({"nowhere": "a"}, "the model has no nowhere"),
        ({"x": "nowhere"}, "the model has no x"),
        ({"x/kernel": "nowhere"}, "the file has no nowhere"),
        ({"x": "a", "y": "a"}, "a is assigned to two variables"),
    ],
)
def test_a_map_that_names_what_is_not_there(pairs: dict[str, str], says: str) -> None:
    with pytest.raises(Failure, match=says) as caught:
        match([*dense("a"), *dense("b")], [*dense("x"), *dense("y")], pairs)
    assert caught.value.code is Exit.USAGE


def test_a_map_to_another_shape() -> None:
    failure = failed(matched([dense("a", 3, 4)], [dense("x", 4, 3)], x="a"))
    assert failure.code is Exit.WEIGHTS
    assert "shape (3, 4) of float32 in the file, (4, 3) of float32 in the model" in failure.problems[0].text


def test_every_misfit_is_listed() -> None:
    mine = [dense("same"), dense("other", 3, 4), dense("surplus", 7, 7)]
    theirs = [dense("same"), dense("other", 3, 5), dense("wanted", 8, 8)]
    failure = failed(matched(mine, theirs))
    assert failure.code is Exit.WEIGHTS
    told = {problem.layer for problem in failure.problems}
    assert told == {f"{name}/{role}" for name in ("other", "surplus", "wanted") for role in ("kernel", "bias")}


def test_names_that_somebody_chose_hold_even_if_another_layer_would_fit() -> None:
    failure = failed(matched([dense("head", 3, 4), dense("body", 4, 4)], [dense("head", 4, 4), dense("body", 3, 4)]))
    assert failure.code is Exit.WEIGHTS


def test_a_chosen_name_that_is_in_both_is_never_given_to_another_number() -> None:
    failure = failed(matched([dense("conv_1"), dense("conv_2")], [dense("conv_2"), dense("conv_3")]))
    assert failure.code is Exit.REFUSED


def test_gru_weights_that_a_gru_cell_expected_3_variables_but_received_0() -> None:
    found = matched([gru("gru_1/gru_cell_1"), gru("gru_2/gru_cell_2")], [gru("rnn/gru_cell"), gru("rnn_1/gru_cell_1")])
    assert layers_of(found) == {"gru_1/gru_cell_1": "rnn/gru_cell", "gru_2/gru_cell_2": "rnn_1/gru_cell_1"}


def test_counted_gru_weights_go_into_cells_of_their_own_kind() -> None:
    mine = [gru("gru/cell"), gru("gru_1/cell"), lstm("lstm/cell")]
    made = [gru("rnn/cell"), lstm("rnn_1/cell"), gru("rnn_2/cell")]
    theirs = [[replace(tensor, cell=kind) for tensor in layer_] for kind, layer_ in zip(("gru", "lstm", "gru"), made)]
    found = matched(mine, theirs)
    assert layers_of(found) == {"gru/cell": "rnn/cell", "gru_1/cell": "rnn_2/cell", "lstm/cell": "rnn_1/cell"}
    assert failed(matched(mine, made)).code is Exit.REFUSED


def test_lstm_and_rnn_of_lstm_cell() -> None:
    found = matched([lstm("rnn/lstm_cell")], [lstm("lstm/lstm_cell")])
    assert layers_of(found) == {"rnn/lstm_cell": "lstm/lstm_cell"}


def test_the_halves_of_a_bidirectional_are_told_by_their_direction() -> None:
    both = [gru("bidirectional/forward_gru/gru_cell"), gru("bidirectional/backward_gru/gru_cell_1")]
    apart = [gru("up/gru_cell", backwards=True), gru("down/gru_cell", backwards=False)]
    assert layers_of(matched(both, apart)) == {
        "bidirectional/forward_gru/gru_cell": "down/gru_cell",
        "bidirectional/backward_gru/gru_cell_1": "up/gru_cell",
    }
    failure = failed(matched([gru("one/gru_cell"), gru("two/gru_cell")], both))
    assert failure.code is Exit.REFUSED, "in a file nothing says which of two GRU went backwards"


def test_layers_of_one_name_that_read_from_different_ends() -> None:
    failure = failed(matched([gru("reader", backwards=False)], [gru("reader", backwards=True)]))
    assert failure.code is Exit.WEIGHTS
    assert "from its other end" in failure.problems[0].text


def test_layers_in_one_that_only_its_number_tells_are_no_surer() -> None:
    mine = [dense("sequential_4/first"), dense("sequential_4/second")]
    theirs = [dense("sequential/first"), dense("sequential/second")]
    assert evidence(matched(mine, theirs)) == {"number"}


def test_a_thousand_layers_that_nothing_tells_apart_take_no_time() -> None:
    failure = failed(matched([dense(f"a{n}x") for n in range(1000)], [dense(f"b{n}x") for n in range(1000)]))
    assert (failure.code, len(failure.problems)) == (Exit.REFUSED, 1000)
    assert "a9x and 990 more all fit" in failure.problems[0].text


def test_a_bidirectional_of_another_name_keeps_its_halves_apart() -> None:
    mine = [gru("bidirectional_3/forward_gru_7/gru_cell_22"), gru("bidirectional_3/backward_gru_7/gru_cell_23")]
    theirs = [gru("bidirectional/forward_layer/cell"), gru("bidirectional/backward_layer/cell")]
    assert layers_of(matched(mine, theirs)) == {
        "bidirectional_3/forward_gru_7/gru_cell_22": "bidirectional/forward_layer/cell",
        "bidirectional_3/backward_gru_7/gru_cell_23": "bidirectional/backward_layer/cell",
    }


def test_stacked_cells_stay_in_their_order() -> None:
    mine = [gru("rnn/stacked_rnn_cells/gru_cell_4", 2), gru("rnn/stacked_rnn_cells/gru_cell_5", 2)]
    theirs = [gru("rnn/stacked_rnn_cells/gru_cell", 2), gru("rnn/stacked_rnn_cells/gru_cell_1", 2)]
    pairs = layers_of(matched(mine, theirs))
    assert [pairs[f"rnn/stacked_rnn_cells/gru_cell_{n}"][-6:] for n in (4, 5)] == ["u_cell", "cell_1"]


@pytest.mark.parametrize("name", ["cu_dnngru", "cudnngru", "gru_of_the_gpu"])
def test_cudnn_gru(name: str) -> None:
    found = matched([cudnn_gru(name)], [gru("gru/gru_cell")])
    assert layers_of(found) == {name: "gru/gru_cell"}
    recast = {row.target.role: row.recasting for row in found.matches}
    bias = recast["bias"]
    assert bias is not None
    assert bias.forward(np.arange(12)).shape == (2, 6)
    assert all(row.row.recast for row in found.matches)


def test_a_cudnn_gru_is_none_without_reset_after() -> None:
    failure = failed(matched([cudnn_gru("gru")], [layer("gru", kernel=(4, 6), recurrent_kernel=(2, 6), bias=(6,))]))
    assert failure.code is Exit.WEIGHTS


def test_cudnn_lstm_adds_its_biases() -> None:
    found = matched([cudnn_lstm("cu_dnnlstm_1"), cudnn_lstm("cu_dnnlstm_2")], [lstm("lstm"), lstm("lstm_1")])
    assert layers_of(found) == {"cu_dnnlstm_1": "lstm", "cu_dnnlstm_2": "lstm_1"}
    bias = next(row.recasting for row in found.matches if row.target.role == "bias")
    assert bias is not None
    np.testing.assert_array_equal(bias.forward(np.arange(16)), np.arange(8, 24, 2))


def test_dense_and_a_convolution_of_one_element() -> None:
    convolution = layer("conv2d", kernel=(1, 1, 3, 4), bias=(4,))
    there = matched([dense("dense", 3, 4)], [convolution])
    assert layers_of(there) == {"dense": "conv2d"}
    back = matched([convolution], [dense("dense", 3, 4)])
    kernel = next(row.recasting for row in back.matches if row.target.role == "kernel")
    assert kernel is not None
    assert kernel.forward(np.zeros((1, 1, 3, 4))).shape == (3, 4)
    assert failed(matched([dense("dense", 3, 4)], [layer("conv", kernel=(1, 2, 3, 4), bias=(4,))])).code is Exit.WEIGHTS


def test_a_depthwise_kernel_is_called_kernel() -> None:
    found = matched(
        [layer("d", depthwise_kernel=(3, 3, 2, 1), bias=(2,))], [layer("d", kernel=(3, 3, 2, 1), bias=(2,))]
    )
    found.require_complete()
    assert {row.source.role: row.target.role for row in found.matches} == {"depthwise_kernel": "kernel", "bias": "bias"}


def test_tensors_that_are_merely_counted() -> None:
    counted = [Tensor(f"d/vars/{n}", ("d",), str(n), shape) for n, shape in enumerate([(3,), (3,)])]
    wanted = [Tensor(f"bn/{role}", ("d",), str(n), (3,)) for n, role in enumerate(["gamma", "beta"])]
    found = match(counted, wanted)
    assert {row.source.name: row.target.name for row in found.matches} == {
        "d/vars/0": "bn/gamma",
        "d/vars/1": "bn/beta",
    }


def test_roles_of_one_shape_are_not_exchanged() -> None:
    roles = ("gamma", "beta", "moving_mean", "moving_variance")
    mine = layer("batch_normalization_4", **dict.fromkeys(reversed(roles), (3,)))
    found = matched([mine], [layer("batch_normalization", **dict.fromkeys(roles, (3,)))])
    assert layers_of(found) == {"batch_normalization_4": "batch_normalization"}


def test_another_dtype_is_told_and_another_kind_refused() -> None:
    half = [Tensor("a/kernel", ("a",), "kernel", (3,), "float16")]
    found = match([Tensor("a/kernel", ("a",), "kernel", (3,))], half)
    assert found.matches[0].row.recast == "float32 rounded to float16"
    assert failed(match([Tensor("a/kernel", ("a",), "kernel", (3,), "int32")], half)).code is Exit.WEIGHTS


@pytest.mark.parametrize(
    ("layout", "group", "name", "told"),
    [
        ("layers", "dense_1", "dense_1/kernel:0", (("dense_1",), "kernel")),
        ("layers", "dense_1", "dense_1/kernel", (("dense_1",), "kernel")),
        ("layers", "gru", "gru/gru_cell/bias:0", (("gru", "gru_cell"), "bias")),
        ("layers", "encoder", "dense/kernel:0", (("encoder", "dense"), "kernel")),
        ("layers", "top_level_model_weights", "scale:0", ((), "scale")),
        ("containers", "", "layers/gru/cell/vars/2", (("layers", "gru", "cell"), "2")),
        ("containers", "", "_layer_checkpoint_dependencies/dense/vars/0", (("layers", "dense"), "0")),
        ("containers", "", "layers\\dense/vars/0", (("layers", "dense"), "0")),
        ("containers", "", "layers/a/_query_dense/vars/0", (("layers", "a", "query"), "0")),
        ("containers", "", "vars/0", ((), "0")),
        ("checkpoint", "", f"layer_with_weights-1/cell/kernel{VALUE}", (("layer_with_weights-1", "cell"), "kernel")),
        ("checkpoint", "", f"model/layer_with_weights-1/kernel{VALUE}", (("model", "layer_with_weights-1"), "kernel")),
        (
            "checkpoint",
            "",
            f"layer_with_weights-0/_query_dense/bias{VALUE}",
            (("layer_with_weights-0", "query"), "bias"),
        ),
        ("checkpoint", "", f"scale{VALUE}", ((), "scale")),
    ],
)
def test_what_a_name_tells(layout: str, group: str, name: str, told: object) -> None:
    assert stored(layout, group, name) == told


def test_names_that_keras_gives() -> None:
    assert snake_case("BatchNormalization") == "batch_normalization"
    assert snake_case("LSTM") == "lstm"
    assert snake_case("Conv2D") == "conv2d"
    assert numbered("dense_12") == ("dense", 12)
    assert numbered("block1_conv1") == ("block1_conv1", 0)


SHAPES = [(3, 3), (3, 4), (4, 4)]
kinds = st.lists(st.sampled_from(SHAPES), min_size=1, max_size=7)


@given(kinds)
@settings(max_examples=200)
def test_equal_names_are_always_matched(shapes: list[tuple[int, int]]) -> None:
    names = [f"layer{n}" for n in range(len(shapes))]
    both = [dense(name, *shape) for name, shape in zip(names, shapes)]
    assert layers_of(matched(both, list(reversed(both)))) == {name: name for name in names}


@given(kinds, st.integers(0, 20), st.integers(0, 20))
@settings(max_examples=200)
def test_numbers_in_the_order_of_the_layers_are_always_matched(shapes: list[tuple[int, int]], a: int, b: int) -> None:
    mine = [f"dense_{n + a}" for n in range(len(shapes))]
    theirs = [f"dense_{n + b}" if n + b else "dense" for n in range(len(shapes))]
    found = matched([dense(n, *s) for n, s in zip(mine, shapes)], [dense(n, *s) for n, s in zip(theirs, shapes)])
    assert layers_of(found) == dict(zip(mine, theirs))


@given(kinds, st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_new_names_are_matched_rightly_or_not_at_all(shapes: list[tuple[int, int]], random: object) -> None:
    truth = {f"old{chr(97 + n)}": f"new{chr(97 + n)}" for n in range(len(shapes))}
    theirs = [dense(new, *shape) for new, shape in zip(truth.values(), shapes)]
    random.shuffle(theirs)  # type: ignore[attr-defined]
    found = matched([dense(old, *shape) for old, shape in zip(truth, shapes)], theirs)
    for row in found.matches:
        assert truth[row.source.path[0]] == row.target.path[0]
    assert bool(found.ambiguous) == (len(set(shapes)) < len(shapes))


@given(kinds, st.integers(0, 3), st.data())
@settings(max_examples=300)
def test_a_missing_layer_is_never_filled_with_another_ones_weights(
    shapes: list[tuple[int, int]], offset: int, data: st.DataObject
) -> None:
    """The function has a layer fewer than the file, or one more: whatever is missing, it does not pass."""
    gone = data.draw(st.integers(0, len(shapes) - 1))
    mine = [dense(f"dense_{n + offset}", *shape) for n, shape in enumerate(shapes)]
    theirs = [
        dense(f"dense_{n}" if n else "dense", *shape) for n, shape in enumerate(shapes[:gone] + shapes[gone + 1 :])
    ]
    for sides in ((mine, theirs), (theirs, mine)):
        assert failed(matched(*sides)).code in (Exit.WEIGHTS, Exit.REFUSED)


@given(
    st.lists(st.sampled_from([*SHAPES, (1, 1, 3, 4), (1, 3, 3)]), max_size=6),
    st.lists(st.sampled_from(SHAPES), max_size=6),
)
@settings(max_examples=300)
def test_whatever_comes_every_tensor_is_used_once_and_fits(
    mine: list[tuple[int, ...]], theirs: list[tuple[int, int]]
) -> None:
    file = [layer(f"m{n}", kernel=shape, bias=shape[-1:]) for n, shape in enumerate(mine)]
    found = matched(file, [dense(f"t{n}", *shape) for n, shape in enumerate(theirs)])
    for side in ([row.source.name for row in found.matches], [row.target.name for row in found.matches]):
        assert len(side) == len(set(side))
    for row in found.matches:
        value = np.zeros(row.source.shape)
        assert (row.recasting.forward(value) if row.recasting else value).shape == row.target.shape
