"""The text of a JSON object without one of its members."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interchange import json_members

VALUES = [None, 4, 'a, "b": {', {"key": {"key": 1}}, ["]", {"x": "}"}], "\\", {}, []]


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_member_is_null_and_all_others_are_what_they_were(value: Any, indent: int | None) -> None:
    document = {"a": value, "key": value, "z": {"key": value}, "k,e": "key"}
    assert json.loads(json_members.without(json.dumps(document, indent=indent), "key")) == {**document, "key": None}


@pytest.mark.parametrize("place", ["first", "alone", "last"])
def test_a_member_stands_anywhere(place: str) -> None:
    others = {} if place == "alone" else {"other": [1]}
    deep = {"key": [[1]]}
    document = {**others, **deep} if place == "last" else {**deep, **others}
    assert json.loads(json_members.without(json.dumps(document), "key")) == {**others, "key": None}


def test_any_spelling_of_the_key_is_the_key_and_each_is_left_out() -> None:
    text = r'{"k\u0065y": [1], "b": 2, "key" : [3]}'
    assert json_members.without(text, "key") == r'{"k\u0065y": null, "b": 2, "key" : null}'


def test_a_value_that_no_parser_gets_through_is_left_out() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert json_members.without(f'{{"a": 1, "key": {deep}, "b": {{"key": 2}}}}', "key") == (
        '{"a": 1, "key": null, "b": {"key": 2}}'
    )


@pytest.mark.parametrize(
    "text", ["", '{"key"', '{"key": [1', '{"a": "x', '{"a": 1} "key": 2}', r'{"a": \"key": 1}', "}{"]
)
def test_what_is_no_json_stays_none(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(json_members.without(text, "key"))


@pytest.mark.parametrize("text", ["[1]", '"key"', "4", '[{"key": [1]}]'])
def test_what_is_no_object_has_no_members(text: str) -> None:
    assert json_members.without(text, "key") == text
