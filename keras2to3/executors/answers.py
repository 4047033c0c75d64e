"""What a worker may answer. It runs what a model holds, so whatever breaks this schema is taken for a model's doing.

`interchange.protocol` says when each answer comes. A worker never says how a source ends: its codes are those of
failures, and a result has to hold the proof that it claims.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from interchange import strictjson
from interchange.errors import Exit
from interchange.protocol import LONGEST_TEXT
from interchange.text import has_controls
from keras2to3.executors.schema import (  # fmt: skip
    Check,
    either,
    matching,
    maybe,
    nothing,
    number,
    one_of,
    record,
    rows,
    table,
    text,
    truth,
    whole,
)
from keras2to3.reports.report import Report
from keras2to3.sandbox import WALLS

LONGEST = 32 << 20
"""Bytes of an answer. The longest honest one lists the matches of 100,000 tensors."""

LONGEST_SCAN = 256 << 20
"""Bytes of an answer of the scanner, which tells an architecture: 32 million characters, each perhaps escaped."""

_MOST_ITEMS = 1_000_000  # values in an answer, whose objects take far more memory than its bytes
_MOST_SCANNED = 4_000_000
_MANY, _FEW = 100_000, 1_000
_PROGRESS = 2_000  # characters
_RANK = 32
_WATCHED = {"threads", "disk"}  # which no launcher restricts, but the command
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}", re.ASCII)
_CODES = [int(code) for code in Exit if Exit.USAGE <= code < Exit.WORKER_DIED]  # who dies does not say so

_TEXT = text(LONGEST_TEXT)
_LONG_TEXT = text(LONGEST_SCAN)
_NAME = matching(_TEXT, lambda name: not has_controls(name))
_IDENTIFIER = matching(text(200), str.isidentifier)
_WORD = matching(text(40), lambda word: re.fullmatch(r"[a-z][a-z0-9_-]*", word, re.ASCII) is not None)
_VERSIONS = table(_WORD, matching(text(64), lambda version: _VERSION.fullmatch(version) is not None), 10)
_DTYPE = matching(text(40), lambda dtype: re.fullmatch(r"[a-z][a-z0-9_]*", dtype, re.ASCII) is not None)
_SHAPE = rows(whole(), _RANK)
_TIMING = table(_WORD, number(), 20)
_KIND = one_of("dense", "sparse", "ragged")
_ORIGIN = one_of("original", "normalised", "recovered", "given", "graph")


def _is_json(value: Any) -> bool:
    """Whatever JSON can hold: its size and depth are bounded with the answer it is in."""
    return value is None or type(value) in (bool, int, float, str, list, dict)


_PROBLEM = record({
    "layer": _TEXT, "class": _TEXT, "key": maybe(_TEXT), "value": _is_json, "text": _TEXT, "unblock": maybe(_TEXT),
    "law": maybe(_WORD),
})  # fmt: skip
_CHANGE = record({
    "layer": _NAME, "rule": _NAME, "kind": one_of("structural", "semantic", "training-only", "lossy"), "text": _TEXT,
})  # fmt: skip
_RECOVERED = record({"layer": _NAME, "body": _TEXT, "python": _TEXT, "second": maybe(one_of("numpy")), "text": _TEXT})
_OUTPUT = {
    "name": _NAME, "shape": _SHAPE, "dtype": _DTYPE, "max_abs": maybe(number()), "max_rel": maybe(number()),
    "tolerance": number(), "equal": truth, "reason": maybe(_TEXT), "kind": _KIND, "kind_before": _KIND,
}  # fmt: skip
_GRAPH = record({"agrees": maybe(truth), "text": _TEXT})
_VAIN = record({"probe": _NAME, "output": _NAME, "noise": number(), "size": number()})
_EXTREME = record({"probe": _NAME, "equal": truth, "text": _TEXT})
_COMPARISON = {
    "reference": _ORIGIN, "recovered": rows(_RECOVERED, _FEW), "strength": one_of("full", "weak"),
    "inputs": rows(_NAME, _FEW, 1), "samples": whole(), "numbers": whole(), "left_out": maybe(_TEXT),
    "learnt": maybe(_TEXT),
    "graph": maybe(_GRAPH),
    "noise": number(), "proves_nothing": rows(_VAIN, _FEW), "outputs": rows(record(_OUTPUT), _FEW, 1),
    "extremes": rows(_EXTREME, _FEW),
    "first_difference": nothing,
}  # fmt: skip
_FIRST = record({"layer": _NAME, "class": _NAME, "max_abs": maybe(number()), "reason": maybe(_TEXT)})


def _is_equal(row: Mapping[str, Any]) -> bool:
    """Whether the numbers of an output say what its verdict says."""
    gap = row["max_abs"]
    return row["equal"] is True and row["reason"] is None and gap is not None and gap <= row["tolerance"]


_PROOF = record({**_COMPARISON, "outputs": rows(matching(record(_OUTPUT), _is_equal), _FEW, 1)})
_DIFFERENCE = record({**_COMPARISON, "outputs": rows(record(_OUTPUT), _FEW), "first_difference": maybe(_FIRST)})
_UNPROVEN = record({
    **_COMPARISON, "reference": one_of("weights"), "inputs": rows(_NAME, 0), "outputs": rows(_NAME, 0), "why": _TEXT,
})  # fmt: skip
_MATCH = record({
    "source": _NAME, "target": _NAME, "shape": _SHAPE, "by": one_of("map", "keras2", "name", "number", "shape"),
    "sure": one_of("certain", "likely"), "recast": maybe(_TEXT),
})  # fmt: skip
_COUNTS = {"tensors": whole(), "bytes": whole(), "identical": whole(), "rescaled": whole()}


def _add_up(weights: Mapping[str, Any]) -> bool:
    """No more tensors are as they were, or are not, than there are; and each that is matched has a row."""
    matches = weights.get("matches")
    return max(weights["identical"], weights["rescaled"]) <= weights["tensors"] and (
        matches is None or len(matches) == weights["tensors"]
    )


_WEIGHTS = matching(record(_COUNTS, {"matches": rows(_MATCH, _MANY)}), _add_up)
_NEEDS = matching(
    record({"module": _IDENTIFIER, "objects": rows(_NAME, _FEW, 1), "unregistered": rows(_IDENTIFIER, _FEW)}),
    lambda needs: set(needs["unregistered"]) <= set(needs["objects"]),
)
_CHANGES = rows(_CHANGE, _MANY)
_EMPTY = record({})
_FILLED = record({"changes": _CHANGES, "verification": either(_PROOF, _UNPROVEN), "weights": _WEIGHTS})

_OBJECT = table(lambda _: True, _is_json, _MANY)
_VARIABLE = record({"name": _TEXT, "shape": _SHAPE, "dtype": _DTYPE})
_MISSING = record({
    "kind": _WORD, "name": _TEXT, "package": maybe(_TEXT), "config": _is_json, "layers": rows(_TEXT, _MANY),
    "variables": rows(_VARIABLE, _MANY),
})  # fmt: skip

_ERROR = record(
    {
        "code": one_of(int(Exit.INTERNAL), *_CODES), "message": _LONG_TEXT, "hint": maybe(_LONG_TEXT),
        "problems": rows(_PROBLEM, _MANY),
    },
    {"log": _LONG_TEXT, "rule": whole(), "file": _LONG_TEXT, "missing": rows(_MISSING, _MANY)},
)  # fmt: skip
_REPORT = matching(
    record({
        **dict.fromkeys((field.name for field in fields(Report)), _is_json),
        "status": one_of("ready", "unchanged", "refused", "failed", "differs"), "error": maybe(_ERROR),
        "changes": rows(_CHANGE, _MANY),
    }),
    lambda report: (report["error"] is None) == (report["status"] in ("ready", "unchanged")),
)  # fmt: skip
_REPLACED = record(dict.fromkeys(("layer", "file", "function", "sha256"), _TEXT))
_SCANNED = record({
    "format": _WORD, "saved_by": table(_WORD, maybe(_TEXT), 10), "replaced": table(_TEXT, _REPLACED, _FEW),
    **dict.fromkeys(
        (
            "has_weights", "has_optimizer", "is_compiled", "is_of_keras_3", "is_graph_alone", "is_on_trial",
            "needs_architecture",
        ), truth
    ),
})  # fmt: skip

# What the scanner tells of a file is the file's own doing: what is free here is looked at where it is used.
_SCANS: Mapping[str, Check] = {
    "scan": _SCANNED,
    "check": _REPORT,
    "inspect": record(
        {"exit_code": one_of(0, int(Exit.INTERNAL), *_CODES)}, {"row": _OBJECT, "line": _OBJECT}
    ),
    "architecture": record({"architecture": maybe(_OBJECT)}),
    "digest": record({"sha256": matching(text(64), lambda digest: bool(re.fullmatch(r"[0-9a-f]{64}", digest)))}),
    "is-weights": record({"is_weights": truth}),
    "result": record({"format": _WORD, "broken": maybe(_LONG_TEXT)}),
}  # fmt: skip
_RESULTS: Mapping[str, Check] = {
    **_SCANS,
    "export": record({"tensors": whole(), "noise": table(_NAME, rows(number(), _FEW), _FEW), "timing": _TIMING}),
    "export-weights": record({"tensors": whole(), "reference": one_of("original", "weights")}),
    "export-graph": record({"signature": _NAME, "noise": table(_NAME, rows(number(), _FEW), _FEW)}),
    "import": record({
        "changes": _CHANGES, "verification": _PROOF, "weights": _WEIGHTS, "needs": maybe(_NEEDS), "timing": _TIMING,
    }),
    "fill": _FILLED,
    "open": either(_EMPTY, _FILLED),
    "prove": _EMPTY,
    "serve": record({"changes": _CHANGES, "verification": _PROOF, "weights": nothing}),
}  # fmt: skip
_REASON = {"code": one_of(*_CODES), "message": _TEXT, "hint": maybe(_TEXT), "problems": rows(_PROBLEM, _FEW)}
_DETAIL = {"verification": _DIFFERENCE, "rule": whole(), "file": _TEXT}
_FAILURE = record({**_REASON, "detail": record({}, _DETAIL)})
# Which classes are missing is told by the scan alone, for skeletons are made of it.
_REFUSAL = record({**_REASON, "detail": record({}, {"rule": whole(), "file": _TEXT, "missing": rows(_MISSING, _FEW)})})


def _explains_gaps(box: Mapping[str, Any]) -> bool:
    """Each restriction that a launcher makes is told of, and why it is missing if it is."""
    held, missing = box["held"], box["missing"]
    return set(WALLS) - _WATCHED <= held.keys() <= set(WALLS) and all(
        name in missing for name in held if held[name] is None
    )


_EVENTS: Mapping[str, Check] = {
    "box": matching(
        record(
            {
                "event": _WORD,
                "held": table(_WORD, maybe(_TEXT), 20),
                "missing": table(_WORD, _TEXT, 20),
                "not_granted": table(_TEXT, _TEXT, _MANY),
            }
        ),
        _explains_gaps,
    ),
    "ready": record({"event": _WORD, "versions": _VERSIONS}),
    "progress": record({"event": _WORD, "text": text(_PROGRESS)}),
    "error": record({"event": _WORD, "text": _TEXT, "log": _TEXT}),
}


def longest(op: str) -> int:
    """Bytes that an answer to a request may have."""
    return LONGEST_SCAN if op in _SCANS else LONGEST


def read(line: bytes, op: str = "") -> Mapping[str, Any] | None:
    """An answer that keeps the schema in full, or None; `op` is what was asked, which the answer has to fit."""
    items = _MOST_SCANNED if op in _SCANS else _MOST_ITEMS
    if len(line) > longest(op) or sum(map(line.count, (b",", b"[", b"{"))) > items:
        return None
    try:
        answer = strictjson.parse(line)
    except ValueError:
        return None
    if type(answer) is not dict or type(answer.get("event")) is not str:
        return None
    return answer if _schema(answer["event"], op)(answer) else None


def _schema(event: str, op: str) -> Check:
    if event == "result" and op in _RESULTS:
        return record({"event": _WORD, "value": _RESULTS[op]})
    if event == "failure":
        return record({"event": _WORD, "failure": _REFUSAL if op in _SCANS else _FAILURE})
    return _EVENTS.get(event, lambda _: False)
