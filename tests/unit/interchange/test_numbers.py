"""NaN and infinities in documents."""

from __future__ import annotations

import math

from interchange import json_floats, strictjson


def test_what_json_does_not_know_comes_back() -> None:
    document = {"y": [math.inf, -math.inf, -0.0, 1.5], "n": {"m": math.nan}}
    found = json_floats.read(strictjson.parse(strictjson.dump(json_floats.spelled(document))))
    assert found["y"] == document["y"]
    assert math.copysign(1, found["y"][2]) == -1
    assert math.isnan(found["n"]["m"])


def test_another_object_of_that_key_is_left_alone() -> None:
    assert json_floats.read({"__float__": "1e9"}) == {"__float__": "1e9"}
