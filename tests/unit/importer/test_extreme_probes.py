"""What is told of a result that is asked at the ends: whether it is equal there, and that it stays verified."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.verify import extreme_probes, verify
from importer.verify.extreme_probes import changes, judged
from interchange.bundle import Bundle, BundleWriter
from interchange.errors import Problem, refused
from interchange.messages.verification import ExtremeProbe
from interchange.workers.tolerances import tolerance

GIVEN = np.array([[np.nan, 1.0], [np.inf, -1.0]], "float32")
NOTHING = GIVEN[:0]
Ask = Callable[..., list[ExtremeProbe]]


def bundle(folder: Path) -> Bundle:
    """A bundle of a model that gives back what it is given."""
    writer = BundleWriter(folder / "bundle", {}, {"name": "x", "sha256": "0" * 64, "format": "", "saved_by": {}})
    cases = {"NaN": GIVEN[:1], "inf": GIVEN[1:], "no samples": NOTHING}
    rows = [
        ({"case": case, "role": role, "index": 0, "name": "y"}, array)
        for case, array in cases.items()
        for role in ("input", "output")
    ]
    writer.write_tensors("extremes.npz", rows)
    facts = {"calls": [["NaN", "inf"], ["no samples"]], "noise": {case: [0.0] for case in cases}}
    writer.write_json("extremes.json", facts)
    writer.close()
    return Bundle.open(folder / "bundle")


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ask:
    """What is told of a model that answers by a function of its only input, or by another one in a graph."""
    monkeypatch.setattr(extreme_probes, "tolerances", lambda _, count: [tolerance({"float32"})] * count)
    monkeypatch.setattr(extreme_probes, "can_trace", lambda _: True)
    monkeypatch.setattr(verify, "outputs", lambda model, inputs: model(inputs[0]))
    recorded = bundle(tmp_path)

    def told(model: Callable[[Any], Any], traced: Callable[[Any], Any] | None = None) -> Any:
        monkeypatch.setattr(extreme_probes, "outputs", lambda _, inputs, **__: (traced or model)(inputs[0]))
        return judged(model, recorded)

    return told


def same(x: Any) -> list[Any]:
    return [x]


def none_without_samples(x: Any) -> list[Any]:
    if not len(x):
        raise refused([Problem("", "Model", "it has no samples")], "it has no samples")
    return [x]


def row(probe: str, *, equal: bool = True, text: str = "") -> ExtremeProbe:
    return ExtremeProbe(probe, equal, text)


def test_what_is_equal_is_told_without_a_change(ask: Ask) -> None:
    found = ask(same)
    assert found == [row("NaN"), row("inf"), row("no samples")]
    assert changes(found) == []


def test_each_probe_is_judged_by_itself(ask: Ask) -> None:
    found = ask(lambda x: [np.nan_to_num(x, nan=np.nan, posinf=9.0)])
    text = "output y: NaN or infinity is in other places than in the old model"
    assert found == [row("NaN"), row("inf", equal=False, text=text), row("no samples")]
    (change,) = changes(found)
    assert (change.kind, change.text) == ("lossy", f"the outputs for inf differ between Keras 2 and Keras 3: {text}")
    shape = ask(lambda x: [x[:, :1]])
    assert {found.text for found in shape[:2]} == {"output y: its shape is (1, 1), not (1, 2)"}


def test_where_one_probe_of_a_call_has_no_answer_the_other_may_have(ask: Ask) -> None:
    def strict(x: Any) -> list[Any]:
        if np.isnan(x).any():
            raise refused([Problem("", "Model", "NaN")], "it takes no NaN")
        return [x]

    assert ask(strict) == [row("NaN", equal=False, text="it takes no NaN"), row("inf"), row("no samples")]


def test_what_is_answered_in_a_graph_alone_is_equal_and_told(ask: Ask) -> None:
    expected = row("no samples", text="only in a graph, as in `predict`: it has no samples")
    assert ask(none_without_samples, same)[2] == expected
    assert ask(none_without_samples)[2] == row("no samples", equal=False, text="it has no samples")
    other = ask(none_without_samples, lambda x: [x[:, :1]])[2]
    assert other == row("no samples", equal=False, text="output y: its shape is (0, 1), not (0, 2)")


def test_a_bundle_without_ends_tells_nothing(tmp_path: Path) -> None:
    writer = BundleWriter(tmp_path / "none", {}, {"name": "x", "sha256": "0" * 64, "format": "", "saved_by": {}})
    writer.write_json("reference.json", {})
    writer.close()
    assert judged(None, Bundle.open(tmp_path / "none")) == []
