"""Which of two truths a result is compared with: the model that Keras 2.15 builds, or the graph in its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.verify.recorded_calls import Answer, Probe
from importer.verify.saved_graph import judged
from interchange.bundle import Bundle, BundleWriter
from interchange.errors import Exit, Failure
from interchange.messages.verification import GraphComparison
from interchange.workers.tolerances import tolerance

TRUTH = np.array([[1.0, -3.0], [0.25, 2.0]], "float32")
CALLS = [[Probe("normal", [TRUTH], [Answer("y", TRUTH)]), Probe("wide", [TRUTH], [Answer("y", TRUTH)])]]
CALLS += [[Probe("single", [TRUTH], [Answer("y", TRUTH)])]]
WITHIN = [tolerance(frozenset({"float32"}))]


def bundle(folder: Path, facts: Any, answers: dict[str, Any]) -> Bundle:
    writer = BundleWriter(folder / "bundle", {}, {"name": "x", "sha256": "0" * 64, "format": "", "saved_by": {}})
    if facts is not None:
        writer.write_json("graph.json", facts)
    if answers:
        rows = [({"case": case, "index": 0, "name": "y"}, array) for case, array in answers.items()]
        writer.write_tensors("graph.npz", rows)
    writer.close()
    return Bundle.open(folder / "bundle")


def test_without_a_graph_there_is_one_truth(tmp_path: Path) -> None:
    verdict = judged(bundle(tmp_path, None, {}), CALLS, WITHIN)
    assert (verdict.calls, verdict.comparison, verdict.wins) == (CALLS, None, False)


def test_what_rounding_explains_is_no_difference(tmp_path: Path) -> None:
    facts = {"cases": ["normal", "wide"], "why": None}
    verdict = judged(bundle(tmp_path, facts, {"wide": TRUTH + np.float32(1e-6)}), CALLS, WITHIN)
    assert verdict.calls == CALLS
    assert verdict.comparison == GraphComparison(True, "the graph in the file gives equal outputs on 2 of 3 probes")


def test_a_graph_that_cannot_be_asked_says_nothing(tmp_path: Path) -> None:
    verdict = judged(bundle(tmp_path, {"cases": [], "why": "it draws"}, {}), CALLS, WITHIN)
    assert (verdict.calls, verdict.wins) == (CALLS, False)
    assert verdict.comparison == GraphComparison(None, "the graph in the file was not run: it draws")


@pytest.mark.parametrize("other", [TRUTH + np.float32(0.1), TRUTH.astype("float64"), TRUTH[:1], TRUTH * np.nan])
def test_where_they_differ_the_graph_is_right_on_all_that_it_has_answered(tmp_path: Path, other: Any) -> None:
    facts = {"cases": ["normal", "wide"], "why": None}
    verdict = judged(bundle(tmp_path, facts, {"wide": other}), CALLS, WITHIN)
    assert verdict.wins
    assert verdict.comparison
    assert "on wide: it is the reference" in verdict.comparison.text
    failure = Failure(Exit.DIFFERS, "it differs")
    assert "not what its graph computes" in str(verdict.explained(failure).hint)
    (call,) = verdict.calls
    assert np.array_equal(call[0].answers[0].truth, TRUTH)
    assert np.array_equal(call[1].answers[0].truth, other, equal_nan=True)
