"""What a worker may say: every honest answer passes, and none with any part missing, added or of another kind."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interchange import json_floats
from interchange.errors import Exit, Failure, Problem
from interchange.messages.limits import LONGEST_TEXT
from interchange.protocol import LONGEST_PROGRESS, Channel, fitted, serve
from keras2to3.executors import answers
from keras2to3.sandbox import RESTRICTIONS
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.process.handlers import HANDLERS
from keras2to3.scanner.process.messages import ScanRequest
from tests.models import hdf5_files
from tests.support.details import BEFORE, DETAILS

OUTPUT = {
    "name": "out", "shape": [3, 1], "dtype": "float32", "max_abs": 1e-7, "max_rel": 1e-7, "tolerance": 1e-6,
    "equal": True, "reason": None, "kind": "dense", "kind_before": "dense",
}  # fmt: skip
PROOF = {
    "reference": "recovered", "strength": "full", "inputs": ["normal"], "noise": 0.5, "outputs": [OUTPUT],
    "samples": 4, "numbers": 4, "left_out": None, "learnt": None, "proves_nothing": [],
    "extremes": [{"probe": "NaN", "equal": False, "text": "it is zero"}],
    "graph": {"agrees": True, "text": "the same"},
    "recovered": [{"layer": "a", "body": "x + 1\nx", "python": "3.8", "second": None, "text": "why"}],
    "first_difference": None,
}  # fmt: skip
DIFFERENCE = {
    **PROOF, "outputs": [{**OUTPUT, "max_abs": None, "max_rel": None, "equal": False, "reason": "its shape"}],
    "first_difference": {"layer": "a", "class": "Dense", "max_abs": None, "reason": None},
}  # fmt: skip
UNPROVEN = {**PROOF, "reference": "weights", "recovered": [], "inputs": [], "outputs": [], "why": "no reference"}
OUTPUT_PAIRS = DETAILS.to_json()["outputs"][0]
MATCH = {"source": "a", "target": "b", "shape": [2], "by": "name", "sure": "certain", "recast": None}
WEIGHTS = {"tensors": 1, "bytes": 4, "identical": 1, "rescaled": 0}
CHANGE = {"layer": "a", "rule": "Dense", "kind": "structural", "text": "said otherwise"}
NEEDS = {"module": "layers", "objects": ["Mine", "Yours"], "unregistered": ["Mine"]}
FILLED = {"changes": [CHANGE], "verification": UNPROVEN, "weights": {**WEIGHTS, "matches": [MATCH]}}
IMPORTED = {"changes": [], "verification": PROOF, "weights": WEIGHTS, "needs": None, "timing": {}}
KEPT = {"optimizer": "kept", "reason": None, "metrics_names": {"acc": "accuracy"}, "steps": 1234}
STEP = {"kind": "loss", "name": "loss", "max_abs": 0.0, "tolerance": 1.0, "equal": True, "reason": None,
        "noise": 0.0, "proves": True}  # fmt: skip
STEPS = {"steps": 3, "samples": 12, "rows": [STEP], "by_design": [], "why": None}

RESULTS = [
    ("export", {"tensors": 1, "noise": {"normal": [0.5]}, "timing": {"load": 0.5}}),
    ("export-weights", {"tensors": 1, "reference": "weights"}),
    ("export-graph", {"signature": "serving_default", "noise": {"normal": [0.5]}}),
    ("import", {"changes": [CHANGE], "verification": PROOF, "weights": WEIGHTS, "needs": NEEDS, "timing": {"open": 0}}),
    ("import", {"changes": [], "verification": PROOF, "weights": WEIGHTS, "needs": None, "timing": {}}),
    ("import", {**IMPORTED, "training": {"optimizer": "dropped", "reason": "no", "metrics_names": {}, "steps": None}}),
    ("import", {**IMPORTED, "training": KEPT, "verification": {**PROOF, "training": STEPS}}),
    ("fill", FILLED),
    ("open", {**FILLED, "verification": PROOF}),
    ("open", {}),
    ("prove", {}),
    (
        "configs",
        {"architecture": {"class_name": "Sequential", "config": {"layers": []}}, "training_config": {"loss": "mse"}},
    ),
    ("digest", {"sha256": "0f" * 32}),
    ("is-weights", {"is_weights": True}),
    ("picture", {"picture": None}),
    ("write", {"changes": [CHANGE], "tensors": 1, "noise": {}, "timing": {}}),
    ("picture", {"picture": BEFORE.to_json()}),
    ("write", {"changes": [CHANGE], "tensors": 1, "noise": {}, "timing": {}, "needs": NEEDS}),
    ("serve", {"changes": [CHANGE], "verification": PROOF, "weights": None}),
    ("serve", {"changes": [], "verification": PROOF, "weights": None, "details": DETAILS.to_json()}),
]
FAILURE = Failure(
    Exit.DIFFERS, "they differ", "look", (Problem("a", "Dense", "why", "units", [1], "do it", "form"),),
    {"verification": DIFFERENCE, "details": DETAILS.to_json()},
)  # fmt: skip
MISSING = {
    "kind": "layers", "name": "Mine", "package": None, "config": {"units": 1}, "layers": ["a"],
    "variables": [{"name": "w", "shape": [1], "dtype": "float32"}],
}  # fmt: skip
POLICIES = tuple(policy.violation("a", "Dense", "why", "units", None) for policy in Policy)
HELD = [name for name in RESTRICTIONS if name not in ("threads", "disk")]
REFUSED = Failure(Exit.REFUSED, "unknown", None, POLICIES, {"missing": [MISSING]})
HONEST = [
    ("scan", {"event": "failure", "failure": REFUSED.to_json()}),
    ("", {"event": "box", "held": dict.fromkeys(HELD, "seccomp"), "missing": {}, "not_granted": {}}),
    (
        "",
        {
            "event": "box",
            "held": dict.fromkeys(HELD),
            "missing": dict.fromkeys(HELD, "no kernel for it"),
            "not_granted": {"/x": "no such file"},
        },
    ),
    ("", {"event": "ready", "versions": {"keras": "3.15.1", "tensorflow": "2.20.0rc1"}}),
    ("", {"event": "progress", "text": "loading \udcff.h5"}),
    ("", {"event": "failure", "failure": FAILURE.to_json()}),
    ("", {"event": "failure", "failure": Failure(Exit.BUNDLE, "no", detail={"rule": 3, "file": "x"}).to_json()}),
    ("", {"event": "error", "text": "internal error", "log": "Traceback"}),
    *((op, {"event": "result", "value": value}) for op, value in RESULTS),
]
IDS = [f"{answer['event']}-{op}-{number}" for number, (op, answer) in enumerate(HONEST)]
NULLABLE = {"hint", "key", "unblock", "law", "value", "second", "reason", "recast", "max_abs", "max_rel", "needs",
            "first_difference", "architecture", "training_config", "steps", "graph", "agrees", "noise",
            "before", "after", "partner", "picture", *RESTRICTIONS}  # fmt: skip
OPTIONAL = {"matches", "verification", "why", "missing", "training", "details"}
FREE = {"value", "config", "architecture", "training_config"}  # any JSON
SIGNED = {"before", "after"}  # numbers below zero are as good
CONFIGS = {("value", "architecture"), ("value", "training_config")}
# Of another kind wherever another one is expected, and beyond every bound where it is the one expected.
STRANGE = [
    None, True, -1, -1.0, 1e400, float("nan"), "x" * (LONGEST_TEXT + 1), {"more": None}, [[[]]],
]  # fmt: skip


def line(answer: Any) -> bytes:
    return json.dumps(answer).encode()


@pytest.mark.parametrize(("op", "answer"), HONEST, ids=IDS)
def test_what_honest_workers_say(op: str, answer: Any) -> None:
    assert answers.read(line(answer), op) == answer
    assert answers.read(line(fitted(answer)), op) == answer


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from paths(item, (*path, key))


def changed(answer: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(answer)
    *outer, last = path
    inner = made
    for key in outer:
        inner = inner[key]
    inner[last] = value
    return made


def at(answer: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        answer = answer[key]
    return answer


def is_free(path: tuple[Any, ...]) -> bool:
    """Whether any JSON may stand there."""
    return bool(FREE.intersection(path[1:])) and path not in CONFIGS


def may_be(key: Any, before: Any, value: Any, path: tuple[Any, ...]) -> bool:
    """Whether an honest worker could as well say `value` at this place."""
    if is_free(path):
        return not isinstance(value, float) or value == -1.0
    if path in CONFIGS and isinstance(value, dict):
        return True
    if len(path) > 1 and path[-2] in SIGNED and type(before) in (int, float):
        return type(value) in (int, float) and value in (-1, -1.0)
    return (value is None and (before is None or key in NULLABLE)) or (type(before) is bool and value is True)


@pytest.mark.parametrize(("op", "answer"), HONEST, ids=IDS)
def test_no_part_is_of_another_kind(op: str, answer: Any) -> None:
    for path in paths(answer):
        for value in STRANGE:
            if not may_be(path[-1], at(answer, path), value, path):
                assert answers.read(line(changed(answer, path, value)), op) is None, (path, value)


@pytest.mark.parametrize(("op", "answer"), HONEST, ids=IDS)
def test_no_key_is_missing_and_none_is_unknown(op: str, answer: Any) -> None:
    for path in [(), *paths(answer)]:
        inner = at(answer, path)
        is_listed = path[-1:] not in [
            (each,) for each in ("noise", "timing", "missing", "versions", "not_granted", "metrics_names")
        ]
        if not isinstance(inner, dict) or is_free((*path, "more")) or not is_listed:
            continue
        assert answers.read(line(changed(answer, (*path, "more"), 1)), op) is None, path
        for key in inner.keys() - OPTIONAL - {"rule", "file"}:
            without = copy.deepcopy(answer)
            del at(without, path)[key]
            if without not in [each for _, each in HONEST]:
                assert answers.read(line(without), op) is None, (path, key)


NAMES = ["\n", "a\rb", "\x1b[2J", "\x9b2J", "a\x7f", "\u2028", "\u202ea", "\u2066a", "\u200fa"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_steers_no_terminal(name: str) -> None:
    result = {"event": "result", "value": RESULTS[3][1]}
    for path in (("changes", 0, "layer"), ("verification", "outputs", 0, "name"), ("needs", "objects", 0)):
        assert answers.read(line(changed(result, ("value", *path), name)), "import") is None


@pytest.mark.parametrize("code", [0, 1, 9, 10, 130, -9, 256, 4.0, True, "4", None])
def test_no_worker_says_how_the_command_ends(code: Any) -> None:
    failure = {**FAILURE.to_json(), "detail": {}, "code": code}
    assert answers.read(line({"event": "failure", "failure": failure})) is None


@pytest.mark.parametrize("detail", [{"missing": []}, {"log": ""}, {"code": 0}, {"message": "", "status": "verified"}])
def test_a_failure_brings_nothing_that_the_command_says_itself(detail: Any) -> None:
    assert answers.read(line({"event": "failure", "failure": {**FAILURE.to_json(), "detail": detail}})) is None


@pytest.mark.parametrize(
    "change",
    [
        {"equal": False}, {"reason": "it differs"}, {"max_abs": None}, {"max_abs": 1.0}, {"tolerance": 0.0},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("op", ["import", "fill", "open", "serve"])
def test_what_differs_is_no_proof(op: str, change: Any) -> None:
    value = dict(next(value for each, value in RESULTS if each == op and value))
    proof = {**PROOF, "outputs": [OUTPUT, {**OUTPUT, **change}]}
    assert answers.read(line({"event": "result", "value": {**value, "verification": PROOF}}), op) is not None
    assert answers.read(line({"event": "result", "value": {**value, "verification": proof}}), op) is None


@pytest.mark.parametrize("op", ["import", "serve"])
def test_what_was_compared_with_nothing_is_no_proof(op: str) -> None:
    value = next(value for each, value in RESULTS if each == op)
    for verification in (UNPROVEN, {**PROOF, "outputs": []}, {**PROOF, "inputs": []}, None, {}):
        assert answers.read(line({"event": "result", "value": {**value, "verification": verification}}), op) is None


@pytest.mark.parametrize("op", ["export", "import", "fill", "open", "prove", "serve", "unknown", ""])
def test_a_result_is_one_of_what_was_asked(op: str) -> None:
    for other, value in RESULTS:
        alike = {"fill", "open"} if value else {"open", "prove"}
        fits = other == op or {other, op} == alike
        assert (answers.read(line({"event": "result", "value": value}), op) is not None) == fits


@pytest.mark.parametrize(
    "needs",
    [
        {"module": "os; import x"}, {"module": "a.b"}, {"unregistered": ["Mine); evil("]}, {"unregistered": ["Other"]},
        {"objects": []}, {"usage": "import os"},
    ],
    ids=str,
)  # fmt: skip
def test_what_users_paste_is_made_of_names(needs: Any) -> None:
    value = {**RESULTS[3][1], "needs": {**NEEDS, **needs}}
    assert answers.read(line({"event": "result", "value": value}), "import") is None


COUNTS = [{"identical": 2}, {"rescaled": 2}, {"matches": []}, {"matches": [MATCH] * 2}]


@pytest.mark.parametrize("counts", COUNTS, ids=str)
def test_counts_that_do_not_add_up(counts: Any) -> None:
    value = {**FILLED, "weights": {**FILLED["weights"], **counts}}  # type: ignore[dict-item]
    assert answers.read(line({"event": "result", "value": value}), "fill") is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"null", b"[]", b'"x"', b"{}", b'{"event": "progress"', b"\xff", b'{"event": "progress", "text": "\xff"}',
        b'{"event": "progress", "text": "a", "text": "b"}', b'{"event": ["progress"], "text": ""}', b"[" * 100_000,
        b'{"event": "result", "value": {}}', b'{"event": "other"}', b'{"event": "progress", "text": NaN}',
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000, b"1" * 100_000, b"[" + b"[]," * 2_000_000 + b"[]]",
        b'{"event": "progress", "text": "%s"}' % (b"x" * (LONGEST_PROGRESS + 1)), b" " * (33 << 20),
    ],
    ids=lambda content: repr(content[:40]),
)  # fmt: skip
def test_lines_that_are_no_answer(content: bytes) -> None:
    assert answers.read(content, "export") is None


def test_what_the_scanner_makes_of_every_kind_of_source_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "no.h5").write_text("nothing")
    hdf5_files.write(tmp_path / "good.h5")
    hdf5_files.write(tmp_path / "custom.h5", hdf5_files.sequential(hdf5_files.layer("Own", "own", rate=float("inf"))))
    hdf5_files.write(tmp_path / "code.h5", hdf5_files.sequential(hdf5_files.lambda_layer()))
    hdf5_files.write_weights(tmp_path / "weights.h5")
    for path in tmp_path.iterdir():
        asked = {**ScanRequest(path).to_json(), "json": True, "names": []}
        for op in HANDLERS:
            stream = io.StringIO()
            serve(io.StringIO(json.dumps({"op": op, **asked}) + "\n"), Channel(stream), HANDLERS, json_floats.finite)
            assert answers.read(stream.getvalue().encode(), op) is not None, (path.name, op, stream.getvalue()[:2000])


@pytest.mark.parametrize("op", ["scan", "check", "inspect", "result"])
def test_what_the_scanner_never_says(op: str) -> None:
    for value in ({}, {"anything": 1}, {"exit_code": 130, "row": {}}, {"exit_code": True}, {"format": "h5\n"}):
        assert answers.read(line({"event": "result", "value": value}), op) is None


def test_lists_have_an_end() -> None:
    failure = {**FAILURE.to_json(), "detail": {}}
    for many, fits in ((1_000, True), (1_001, False)):
        said = line({"event": "failure", "failure": {**failure, "problems": failure["problems"] * many}})
        assert (answers.read(said) is not None) == fits
    value = {**RESULTS[3][1], "changes": [CHANGE] * 100_001}
    assert answers.read(line({"event": "result", "value": value}), "import") is None


@pytest.mark.parametrize(
    ("field", "rows"),
    [
        ("outputs", [{**OUTPUT_PAIRS, "after": []}]),
        ("outputs", [{**OUTPUT_PAIRS, "before": [0.0] * 1_001, "after": [0.0] * 1_001}]),
        ("outputs", [{**OUTPUT_PAIRS, "bins": [1] * 8}]),
        ("outputs", [OUTPUT_PAIRS] * 101),
        ("layers", DETAILS.to_json()["layers"] * 1_700),
        ("weights", DETAILS.to_json()["weights"] * 1_300),
        ("before", {"nodes": DETAILS.to_json()["before"]["nodes"] * 850, "edges": []}),
        ("after", {"nodes": [], "edges": [{"source": "a", "target": "b"}] * 20_001}),
    ],
    ids=["a half pair", "many pairs", "few bins", "many outputs", "many layers", "many weights", "nodes", "edges"],
)
def test_what_a_page_shows_has_an_end(field: str, rows: Any) -> None:
    value = {"changes": [], "verification": PROOF, "weights": None, "details": {**DETAILS.to_json(), field: rows}}
    assert answers.read(line({"event": "result", "value": value}), "serve") is None


def test_an_honest_worker_cuts_what_it_says() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = [deep]
    odd = {"deep": deep, "long": "x" * 10**6, "inf": float("inf"), "huge": 1 << 100_000, "bytes": b"x", "tuple": (1,)}
    problems = tuple(Problem("a", "b", "x" * 10**6, value=value) for value in [odd, deep, object])
    failure = Failure(Exit.REFUSED, "x" * 10**6, None, problems)
    said = json.dumps(fitted({"event": "failure", "failure": failure.to_json()}), allow_nan=False).encode()
    assert answers.read(said) is not None


UNLIKE = {**STEP, "max_abs": 2.0, "equal": False, "reason": "2 off"}


@pytest.mark.parametrize(
    ("training", "compared", "passes"),
    [
        (KEPT, {**STEPS, "rows": [UNLIKE], "by_design": ["Nadam"]}, False),
        (KEPT, {**STEPS, "rows": [], "why": "no time"}, True),
        (KEPT, {**STEPS, "rows": [STEP, UNLIKE]}, False),
        (KEPT, {**STEPS, "rows": []}, False),
        ({**KEPT, "optimizer": "rebuilt"}, {**STEPS, "rows": [UNLIKE]}, False),
        ({**KEPT, "optimizer": "dropped"}, STEPS, False),
        ({**KEPT, "optimizer": "none"}, STEPS, False),
        (KEPT, None, False),
        (None, STEPS, False),
    ],
)
def test_a_model_that_arrives_compiled_goes_on_as_it_did(training: Any, compared: Any, passes: bool) -> None:
    found = {**PROOF, "training": compared} if compared else PROOF
    value = {**IMPORTED, "verification": found, **({"training": training} if training else {})}
    answer = {"event": "result", "value": value}
    assert answers.read(line(answer), "import") == (answer if passes else None)
