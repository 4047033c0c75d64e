"""A run that many tests share migrates only the models that the selected tests need."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.e2e.conftest import selected

MODELS = ["first", "second", "third"]
NODE, OTHER = object(), object()


def item(name: str | None = None, marked: tuple[str, ...] = (), fixture: str = "migrated", node: object = NODE) -> Any:
    mark = pytest.mark.models(*marked).mark if marked else None
    parameters = {"callspec": SimpleNamespace(params={"name": name})} if name else {}
    return SimpleNamespace(
        fixturenames=[fixture], listchain=lambda: [node], get_closest_marker=lambda _: mark, **parameters
    )


@pytest.mark.parametrize(
    ("items", "needed"),
    [
        ([item("second")], ["second"]),
        ([item("third"), item(marked=("first",))], ["first", "third"]),
        ([item("third", marked=("first",))], ["first"]),
        ([item("third"), item()], MODELS),
        ([item("third"), item(fixture="other")], ["third"]),
        ([item("third"), item(node=OTHER)], ["third"]),
    ],
)
def test_only_what_the_selected_tests_need(items: list[Any], needed: list[str]) -> None:
    request = SimpleNamespace(session=SimpleNamespace(items=items), fixturename="migrated", node=NODE)
    assert selected(request, MODELS) == needed
