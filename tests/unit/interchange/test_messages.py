"""Messages as JSON and back."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Problem
from interchange.messages import changes, request, requests, results, verification, weights
from interchange.messages.message import Message, columns
from interchange.messages.requests import ExportRequest, FillRequest, ProbeOptions, SourceFacts, ToleranceOptions
from interchange.messages.results import OpenResult, VerifiedModel
from interchange.messages.verification import FirstDifference, unproven
from interchange.messages.weights import WeightMatch, Weights
from interchange.user_files.builders import Builder
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.user_files.replacements import Replacement
from keras2to3.executors import schema

MODULES = (changes, requests, results, verification, weights)
MESSAGES = sorted(
    {each for module in MODULES for _, each in inspect.getmembers(module, is_dataclass)}
    | {Problem, Builder, CustomObjectsFile, Replacement},
    key=lambda each: each.__name__,
)
ABOUT = SourceFacts("a.h5", "0" * 64, "h5", {"keras_version": None})
REPLACED = {"net/l": Replacement("l", "/f.py", "f", "1" * 64)}
MATCH = WeightMatch("a/w", "a/kernel", (2, 3), "name", "certain", None)
SENT = [
    ExportRequest(Path("/a.h5"), Path("/bundle"), ABOUT),
    ExportRequest(
        Path("/a.h5"), Path("/bundle"), ABOUT, True, REPLACED, CustomObjectsFile("/own.py", "2" * 64), {"config": [1]},
        "2.4.0", "net", ProbeOptions(Path("/samples.npz"), 3.0, only=True),
    ),
    FillRequest(
        Path("/bundle"), Path("/new.keras"), Builder("/f.py", "net", "3" * 64), {"a": "b"}, "weights", "part",
        ToleranceOptions(1e-3, None),
    ),
]  # fmt: skip


@pytest.mark.parametrize("request_", SENT, ids=lambda each: each.op)
def test_a_request_arrives_as_it_was_sent(request_: request.Request[Any]) -> None:
    line = json.loads(json.dumps(request_.to_json()))
    assert line.pop("op") == request_.op
    assert type(request_).from_json(line) == request_


def test_a_request_is_handled_as_its_own_class() -> None:
    def handle(request: FillRequest, say: Any) -> OpenResult:
        say(request.builder.place)
        return OpenResult()

    told: list[str] = []
    assert request.handlers({FillRequest: handle})["fill"](SENT[2].to_json(), told.append) == {}
    assert told == ["f.py:net"]


def test_a_result_arrives_as_it_was_sent() -> None:
    model = VerifiedModel((), unproven("it raises"), Weights(1, 24, 1, 0, (MATCH,)))
    for sent in (OpenResult(model), OpenResult()):
        assert OpenResult.from_json(json.loads(json.dumps(sent.to_json()))) == sent


def test_what_is_left_out_and_what_is_null() -> None:
    assert "matches" not in Weights(1, 4, 1, 0).to_json()
    assert FirstDifference("l", "Dense").to_json() == {"layer": "l", "class": "Dense", "max_abs": None, "reason": None}


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"tensors": 1, "bytes": 1, "identical": 1}, TypeError),
        ({"tensors": 1, "bytes": 1, "identical": 1, "rescaled": 0, "more": 1}, ValueError),
        ({"tensors": 1, "bytes": 1, "identical": 1, "rescaled": 0, "matches": [{"source": "a"}]}, TypeError),
    ],
    ids=["a key is missing", "a key is unknown", "a row lacks keys"],
)
def test_what_is_no_message(data: Mapping[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Weights.from_json(data)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: each.__name__)
def test_python_3_9_can_read_the_types_of_a_message(message: type[Message]) -> None:
    """There `X | None` is an error while a program runs; `Optional[X]` is not."""
    for each in message.__mro__:
        hints = vars(each).get("__annotations__", {})
        assert not [name for name, hint in hints.items() if "|" in hint]


@pytest.mark.parametrize("message", [each for each in MESSAGES if each.__module__ != requests.__name__])
def test_every_field_of_a_result_has_limits(message: type[Message]) -> None:
    for column in columns(message).values():
        assert callable(schema.check_of(column.hint))
