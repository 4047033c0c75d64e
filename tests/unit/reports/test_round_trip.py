"""What a round trip reports of two bundles, and its line on the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.bundle import BundleWriter
from keras2to3.reports import came_back, round_trip
from keras2to3.reports.round_trip import ConfigDifference, Leg, RoundTrip

LAYER = {"class_name": "Dense", "config": {"name": "out", "units": 2, "activation": "relu"}}
KERNEL = np.arange(4, dtype="float32").reshape(2, 2)


def config(**changes: Any) -> dict[str, Any]:
    layer = {**LAYER, "config": {**LAYER["config"], **changes}}
    return {"class_name": "Sequential", "config": {"name": "net", "layers": [layer]}}


def bundle(
    folder: Path, architecture: Mapping[str, Any], kernel: np.ndarray, answers: Sequence[float], seed: int = 0
) -> Leg:
    """One way, whose bundle has one weight and one probe."""
    writer = BundleWriter(folder, {"keras": "2.15.0"}, {})
    writer.write_json("architecture.json", architecture)
    writer.write_json("kinds.json", {})
    writer.write_tensors("weights.npz", [({"layer": ["out"], "variable": "kernel", "trainable": True}, kernel)])
    facts = {"case": "normal", "index": 0}
    rows = [
        ({**facts, "role": "input"}, np.full((1, 2), seed, "float32")),
        ({**facts, "role": "output", "name": "out"}, np.array([answers], "float32")),
    ]
    writer.write_tensors("reference.npz", rows)
    writer.write_json("reference.json", {"noise": {"normal": [0.0]}, "calls": [["normal"]]})
    writer.close()
    return Leg("verified", 0, "model", None, str(folder), None)


@pytest.fixture
def there(tmp_path: Path) -> Leg:
    return bundle(tmp_path / "there", config(), KERNEL, [1.0, np.nan])


def trip_of(monkeypatch: pytest.MonkeyPatch, there: Leg, back: Leg) -> RoundTrip:
    """The comparison of two bundles; what a whole bundle has besides is not asked of them."""
    monkeypatch.setattr(round_trip, "_training", lambda *_: None)
    return round_trip.compared("net.h5", there, back)


def test_all_is_the_same(there: Leg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trip = trip_of(monkeypatch, there, bundle(tmp_path / "back", config(), KERNEL, [1.0, np.nan]))
    assert trip.outputs == round_trip.OutputDifference(2, 2, 0.0)
    assert trip.config == ()
    assert trip.weights == round_trip.TensorDifference(1, 1, ())
    assert came_back.verdict(trip).lines() == ["back       net.h5  identical, config equal, weights equal"]


def test_each_difference_is_told(there: Leg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    back = bundle(tmp_path / "back", config(activation="gelu", extra=1), KERNEL + 1, [1.5, np.nan])
    trip = trip_of(monkeypatch, there, back)
    assert trip.outputs == round_trip.OutputDifference(2, 1, 0.5)
    assert trip.config == (
        ConfigDifference("layers/out/config/activation", "'relu'", "'gelu'", None),
        ConfigDifference("layers/out/config/extra", "not there", "1", None),
    )
    assert trip.weights == round_trip.TensorDifference(1, 0, ("out/kernel",))
    assert came_back.verdict(trip).lines() == [
        "back       net.h5  5.0e-01 off, 2 config differences, 0 of 1 weights equal",
        "    - layers/out/config/activation: 'relu' is now 'gelu'",
        "    - layers/out/config/extra: not there is now 1",
    ]


def test_probes_with_other_inputs_are_not_compared(there: Leg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trip = trip_of(monkeypatch, there, bundle(tmp_path / "back", config(), KERNEL, [2.0, 2.0], seed=1))
    assert trip.outputs == round_trip.OutputDifference(0, 0, None)
    assert "outputs not compared" in came_back.verdict(trip).facts


@pytest.mark.parametrize(("code", "back", "how"), [(4, None, "was not migrated"), (0, 6, "did not come back")])
def test_one_way_alone_says_so(code: int, back: int | None, how: str) -> None:
    legs = [None if each is None else Leg("refused", each, None, None, None, "why") for each in (code, back)]
    trip = RoundTrip("net.h5", legs[0], legs[1])  # type: ignore[arg-type]
    assert came_back.verdict(trip).lines() == [f"refused    net.h5  {how}: why"]
    assert trip.exit_code == max(code, back or 0)
