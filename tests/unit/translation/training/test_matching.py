"""Which stored tensor is which variable of an optimizer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from translation.training.matching import Key, Shape, Stored, UnfitError, Wanted, matched

NAMES = {"a/kernel": ("a/kernel",), "b/kernel": ("b/kernel",)}
STEPS = Wanted(("iteration", "iterations"), ())
RATE = Wanted(("learning_rate",), (), optional=True, ordered=False)


def slots(*names: str, optional: bool = False) -> list[Wanted]:
    """Those of two kernels of one shape, the slots of a kernel one after the other."""
    return [Wanted((name,), (2,), f"{layer}/kernel", optional) for layer in "ab" for name in names]


def stored(*names: str, shape: Shape = (2,)) -> list[Stored]:
    return [Stored(name, () if name.rpartition("/")[2].startswith("iter") else shape) for name in names]


def found(wanted: Sequence[Wanted], tensors: Sequence[Stored]) -> dict[str, str]:
    """What is matched, as it is shown."""
    return {wanted[n].shown: tensors[place].name for n, place in matched(wanted, tensors, NAMES).items()}


NEW = stored("iteration:0", "Adam/m/a/kernel:0", "Adam/v/a/kernel:0", "Adam/m/b/kernel:0", "Adam/v/b/kernel:0")
LEGACY = stored("Adam/iter:0", "Adam/a/kernel/m:0", "Adam/b/kernel/m:0", "Adam/a/kernel/v:0", "Adam/b/kernel/v:0")


@pytest.mark.parametrize("tensors", [NEW, NEW[::-1], [NEW[3], NEW[0], NEW[4], NEW[1], NEW[2]]])
def test_names_decide_and_not_the_order(tensors: list[Stored]) -> None:
    assert found([STEPS, *slots("m", "v")], tensors) == {
        "iteration": "iteration:0", "m of a/kernel": "Adam/m/a/kernel:0", "v of a/kernel": "Adam/v/a/kernel:0",
        "m of b/kernel": "Adam/m/b/kernel:0", "v of b/kernel": "Adam/v/b/kernel:0",
    }  # fmt: skip


@pytest.mark.parametrize("tensors", [LEGACY, LEGACY[::-1]])
def test_the_slot_may_be_the_last_word_of_a_name(tensors: list[Stored]) -> None:
    pairs = found([Wanted(("iter",), ()), *slots("m", "v")], tensors)
    assert pairs["m of b/kernel"] == "Adam/b/kernel/m:0"
    assert pairs["v of a/kernel"] == "Adam/a/kernel/v:0"


def test_an_optimizer_may_have_the_name_of_a_layer_around() -> None:
    """`b/a/kernel/m` is the slot of `a/kernel` for an optimizer called b, and `b/b/a/kernel/m` that of `b/a/kernel`."""
    wanted = [Wanted(("m",), (2,), name) for name in ("a/kernel", "b/a/kernel")]
    tensors = stored("b/a/kernel/m:0", "b/b/a/kernel/m:0")
    names = {"a/kernel": ["a/kernel"], "b/a/kernel": ["b/a/kernel"]}
    assert matched(wanted, tensors, names) == {0: 0, 1: 1}
    assert matched(wanted, tensors[::-1], names) == {0: 1, 1: 0}


def test_several_of_one_name_are_in_the_order_of_the_model() -> None:
    wanted = [Wanted(("m",), (2,), weight) for weight in ("one", "two", "other")]
    names = {"one": ["dense/kernel"], "two": ["dense/kernel"], "other": ["last/kernel"]}
    tensors = stored("Adam/m/last/kernel", "Adam/m/dense/kernel", "Adam/m/dense/kernel")
    assert matched(wanted, tensors, names) == {2: 0, 0: 1, 1: 2}


def test_what_the_file_says_besides_counts_more_than_a_name() -> None:
    key: Key = ("m", "a/kernel")
    tensors = [Stored("x", (2,), ("m", "b/kernel")), Stored("y", (2,), key), Stored("z", (), ("learning_rate", None))]
    assert found([*slots("m"), RATE], tensors) == {
        "m of b/kernel": "x", "m of a/kernel": "y", "learning_rate": "z"
    }  # fmt: skip


@pytest.mark.parametrize("names", [("0", "1", "2"), ("Adam/iterations:0", "t/Variable:0", "t/Variable_1:0")])
def test_where_names_tell_nothing_the_order_decides(names: tuple[str, ...]) -> None:
    tensors = [Stored(names[0], ()), *stored(*names[1:])]
    assert list(found([STEPS, *slots("m")], tensors).values()) == [*names]


def test_what_some_keras_do_not_store_may_be_missing() -> None:
    wanted = [Wanted(("iter",), (), optional=True), *slots("rms"), RATE]
    assert matched(wanted, stored("v/Variable", "v/Variable_1"), NAMES) == {1: 0, 2: 1}


def test_what_nobody_reads_is_left() -> None:
    wanted = [STEPS, *slots("m"), *(Wanted(("vhat",), None, f"{layer}/kernel") for layer in "ab")]
    numbers = [Stored("iterations", ()), *stored("m_0", "m_1")]
    assert matched(wanted, numbers, NAMES) == {0: 0, 1: 1, 2: 2}
    assert matched(wanted, [*numbers, *stored("vhat_0", "vhat_1", shape=(1,))], NAMES) == {0: 0, 1: 1, 2: 2}


@pytest.mark.parametrize(
    ("tensors", "text"),
    [
        (NEW[:-1], "does not store v of b/kernel"),
        (NEW[1:], "does not store iteration"),
        ([*NEW, *stored("Adam/m/c/kernel:0")], "stores Adam/m/c/kernel:0, which the optimizer does not keep"),
        ([*NEW, NEW[1]], "stores Adam/m/a/kernel:0, which the optimizer does not keep"),
        ([*NEW[:-1], *stored("Adam/v/c/kernel:0")], "stores Adam/v/c/kernel:0, which the optimizer does not keep"),
        ([*NEW[:-1], Stored("Adam/v/b/kernel:0", (3,))], "v of b/kernel has shape (2,), stored is"),
        (stored("0", "1", "2", "3"), "does not store v of b/kernel"),
        (stored("0", "1", "2", "3", "4", "5"), "stores 1 tensors more than the optimizer keeps"),
        ([], "does not store iteration"),
    ],
)
def test_what_is_missing_surplus_or_of_another_shape(tensors: list[Stored], text: str) -> None:
    with pytest.raises(UnfitError) as caught:
        matched([STEPS, *slots("m", "v")], tensors, NAMES)
    assert text in str(caught.value)
