"""Free names: the wanted one where it is free, else the first number that is."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from translation.layer_names import free_name


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ((), "add"),
        (("mul",), "add"),
        (("add",), "add_1"),
        (["add", "add_1", "add_3"], "add_2"),
        (iter(["add"]), "add_1"),
    ],
)
def test_free_name(taken: Iterable[str], expected: str) -> None:
    assert free_name("add", taken) == expected
