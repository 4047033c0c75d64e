"""Checks every answer of a worker. A worker runs code of the model, so an answer that fails is taken for an attack.

`interchange.protocol` tells when each answer comes, `interchange.messages` what it holds and within which limits. A
worker does not decide how a source ends: it may claim the exit codes of failures only, and a result has to contain the
proof that it claims.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from interchange import strictjson
from interchange.errors import Exit, Problem
from interchange.messages.changes import Change
from interchange.messages.details import Details, Picture
from interchange.messages.limits import FEW, MANY, DType, Sha256, Shape, Text, Word
from interchange.messages.message import OMITTED_IF_NONE, Message
from interchange.messages.results import (  # fmt: skip
    DescribeResult,
    ExportGraphResult,
    ExportResult,
    ExportWeightsResult,
    ImportResult,
    ProveResult,
    VerifiedModel,
    WriteResult,
)
from interchange.messages.verification import Verification
from interchange.protocol import LONGEST_PROGRESS
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.user_files.replacements import Replacement
from keras2to3.executors.schema import (  # fmt: skip
    Check,
    check_of,
    either,
    is_json,
    matching,
    maybe,
    message,
    nothing,
    one_of,
    record,
    rows,
    table,
    text,
    truth,
    whole,
)
from keras2to3.reports.report import Report
from keras2to3.sandbox import RESTRICTIONS

M = TypeVar("M", bound=Message)

LONGEST = 32 << 20
"""Bytes of an answer. The longest honest one lists the matches of 100,000 tensors."""

LONGEST_SCAN = 256 << 20
"""Bytes of an answer of the scanner, which may hold an architecture: 32 million characters, each perhaps escaped."""

_MOST_ITEMS = 1_000_000  # values in an answer, whose objects take far more memory than its bytes
_MOST_SCANNED = 4_000_000
_WATCHED = {"threads", "disk"}  # which no launcher restricts, but the command
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}", re.ASCII)
_CODES = [int(code) for code in Exit if Exit.USAGE <= code < Exit.WORKER_DIED]  # who dies does not say so

_TEXT, _WORD = check_of(Text), check_of(Word)
_LONG_TEXT = text(LONGEST_SCAN)
_VERSIONS = table(_WORD, matching(text(64), lambda version: _VERSION.fullmatch(version) is not None), 10)
_PROBLEM, _CHANGES = message(Problem), rows(message(Change), MANY)
_EMPTY = record({})


def _holding(cls: type[M], holds: Callable[[M], bool]) -> Check:
    """A message within its limits, of which something `holds` besides."""
    return matching(message(cls), lambda value: holds(cls.from_json(value)))


def _is_difference(verification: Verification) -> bool:
    """Whether something was compared: a failure never comes with outputs that could not be compared."""
    return bool(verification.inputs) and verification.reference != "weights" and verification.why is None


def _is_filled(model: VerifiedModel) -> bool:
    """Whether its weights add up, and its outputs are equal or there was nothing to compare them with."""
    proven = model.verification.is_proof or model.verification.is_unproven
    return proven and model.weights is not None and model.weights.adds_up and _has_sound_details(model)


def _is_rebuilt(model: ImportResult) -> bool:
    """Whether its outputs are equal."""
    return _is_openable(model) and _is_filled(model) and model.verification.is_proof and _goes_on(model)


def _is_openable(model: ImportResult | WriteResult) -> bool:
    """Whether what has to be given by name is among what it needs at all."""
    return model.needs is None or set(model.needs.unregistered) <= set(model.needs.objects)


def _goes_on(model: ImportResult) -> bool:
    """Whether the next steps of a model that arrives compiled are equal, or were not compared."""
    compared = model.verification.training
    if model.training is None or model.training.optimizer == "dropped":
        return compared is None
    is_told = compared is not None and (compared.is_equal or compared.why is not None)
    return is_told and model.training.optimizer != "none"


def _is_compared(model: VerifiedModel) -> bool:
    """Whether its outputs are equal; its next steps may differ."""
    return _is_filled(model) and model.verification.is_proof


def _is_served(model: VerifiedModel) -> bool:
    """Whether its outputs are equal; the weights of a graph are not counted."""
    return model.weights is None and model.verification.is_proof and _has_sound_details(model)


def _has_sound_details(model: VerifiedModel) -> bool:
    """Whether what its page shows is whole, if it comes with any."""
    return model.details is None or model.details.adds_up


_DIFFERENCE = _holding(Verification, _is_difference)
_FILLED = _holding(VerifiedModel, _is_filled)
_DETAILS = _holding(Details, lambda details: details.adds_up)

_OBJECT = table(lambda _: True, is_json, MANY)
_VARIABLE = record({"name": _TEXT, "shape": check_of(Shape), "dtype": check_of(DType)})
_MISSING = record({
    "kind": _WORD, "name": _TEXT, "package": maybe(_TEXT), "config": is_json, "layers": rows(_TEXT, MANY),
    "variables": rows(_VARIABLE, MANY),
})  # fmt: skip

_ERROR = record(
    {
        "code": one_of(int(Exit.INTERNAL), *_CODES), "message": _LONG_TEXT, "hint": maybe(_LONG_TEXT),
        "problems": rows(_PROBLEM, MANY),
    },
    {"log": _LONG_TEXT, "rule": whole(), "file": _LONG_TEXT, "missing": rows(_MISSING, MANY)},
)  # fmt: skip
_REPORT = matching(
    record({
        **dict.fromkeys((field.name for field in fields(Report) if field.metadata != OMITTED_IF_NONE), is_json),
        "status": one_of("ready", "unchanged", "refused", "failed", "differs"), "error": maybe(_ERROR),
        "changes": _CHANGES, "verification": nothing, "weights": nothing, "replaced": rows(message(Replacement), MANY),
        "custom_objects": maybe(table(_WORD, message(CustomObjectsFile), 2)),
    }),
    lambda report: (report["error"] is None) == (report["status"] in ("ready", "unchanged")),
)  # fmt: skip
_SCANNED = record({
    "format": _WORD, "saved_by": table(_WORD, maybe(_TEXT), 10), "replaced": table(_TEXT, message(Replacement), FEW),
    **dict.fromkeys(
        (
            "has_weights", "has_optimizer", "is_compiled", "is_of_keras_3", "is_graph_alone", "is_on_trial",
            "needs_architecture",
        ), truth
    ),
    "unreadable_training": maybe(_TEXT),
})  # fmt: skip

# The scanner repeats what a file says: whatever is not restricted here is checked where it is used.
_SCANS: Mapping[str, Check] = {
    "scan": _SCANNED,
    "check": _REPORT,
    "inspect": record(
        {"exit_code": one_of(0, int(Exit.INTERNAL), *_CODES)}, {"row": _OBJECT, "line": _OBJECT}
    ),
    "configs": record({"architecture": maybe(_OBJECT), "training_config": maybe(_OBJECT)}),
    "picture": record({"picture": maybe(message(Picture))}),
    "digest": record({"sha256": check_of(Sha256)}),
    "is-weights": record({"is_weights": truth}),
    "result": record({"format": _WORD, "broken": maybe(_LONG_TEXT)}),
}  # fmt: skip
_RESULTS: Mapping[str, Check] = {
    **_SCANS,
    "export": message(ExportResult),
    "export-weights": message(ExportWeightsResult),
    "export-graph": message(ExportGraphResult),
    "import": _holding(ImportResult, _is_rebuilt),
    "describe": message(DescribeResult),
    "write": _holding(WriteResult, _is_openable),
    "compare": _holding(VerifiedModel, _is_compared),
    "fill": _FILLED,
    "open": either(_EMPTY, _FILLED),
    "prove": message(ProveResult),
    "serve": _holding(VerifiedModel, _is_served),
}
_REASON = {"code": one_of(*_CODES), "message": _TEXT, "hint": maybe(_TEXT), "problems": rows(_PROBLEM, FEW)}
_DETAIL = {"verification": _DIFFERENCE, "details": _DETAILS, "rule": whole(), "file": _TEXT}
_FAILURE = record({**_REASON, "detail": record({}, _DETAIL)})
# Only the scan lists the classes that are missing, from which stubs are written.
_REFUSAL = record({**_REASON, "detail": record({}, {"rule": whole(), "file": _TEXT, "missing": rows(_MISSING, FEW)})})


def _explains_gaps(box: Mapping[str, Any]) -> bool:
    """Whether each restriction that the launcher sets up is listed, and one that is missing with its reason."""
    held, missing = box["held"], box["missing"]
    return set(RESTRICTIONS) - _WATCHED <= held.keys() <= set(RESTRICTIONS) and all(
        name in missing for name in held if held[name] is None
    )


_EVENTS: Mapping[str, Check] = {
    "box": matching(
        record(
            {
                "event": _WORD,
                "held": table(_WORD, maybe(_TEXT), 20),
                "missing": table(_WORD, _TEXT, 20),
                "not_granted": table(_TEXT, _TEXT, MANY),
            }
        ),
        _explains_gaps,
    ),
    "ready": record({"event": _WORD, "versions": _VERSIONS}),
    "progress": record({"event": _WORD, "text": text(LONGEST_PROGRESS)}),
    "error": record({"event": _WORD, "text": _TEXT, "log": _TEXT}),
}


def longest(op: str) -> int:
    """Bytes that an answer to a request may have."""
    return LONGEST_SCAN if op in _SCANS else LONGEST


def read(line: bytes, op: str = "") -> Mapping[str, Any] | None:
    """An answer that passes its check, or None; `op` is the operation of the request that it has to fit."""
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
