"""The worker's side of the protocol."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Mapping
from typing import Any

from interchange.errors import Exit, Failure
from interchange.protocol import Channel, Say, fitted, serve


def double(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    say("doubling")
    return {"value": 2 * request["value"]}


def refuse(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    raise Failure(Exit.REFUSED, "no", "a hint")


def fill_disk(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    raise OSError(errno.ENOSPC, "No space left on device")


HANDLERS = {"double": double, "refuse": refuse, "fill": fill_disk}


def answers(*requests: Mapping[str, Any]) -> list[dict[str, Any]]:
    stream = io.StringIO()
    serve(io.StringIO("".join(json.dumps(request) + "\n" for request in requests)), Channel(stream), HANDLERS, fitted)
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_result_after_progress() -> None:
    progress, result = answers({"op": "double", "value": 4})
    assert progress == {"event": "progress", "text": "doubling"}
    assert result == {"event": "result", "value": {"value": 8}}


def test_a_failure_is_an_answer_and_the_worker_goes_on() -> None:
    failure, _, result = answers({"op": "refuse"}, {"op": "double", "value": 1})
    assert Failure.from_json(failure["failure"]) == Failure(Exit.REFUSED, "no", "a hint")
    assert result["event"] == "result"


def test_a_full_disk_is_the_environment() -> None:
    (failure,) = answers({"op": "fill"})
    assert failure["failure"]["code"] == Exit.ENVIRONMENT


def test_a_defect_is_an_answer_too() -> None:
    first, second = answers({"op": "unknown"}, {"op": "double"})[0:2]
    assert first["event"] == "error"
    assert "KeyError" in first["text"]
    assert "Traceback" in first["log"]
    assert second["event"] == "progress"
