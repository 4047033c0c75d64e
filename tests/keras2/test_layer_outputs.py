"""What is recorded of the layers of a model: which of them, of which call, and by which numbers."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from exporter import whole_model
from exporter.load import LoadRequest
from exporter.probes.probes import Case
from exporter.run import inference, layer_outputs
from interchange.bundle import Bundle
from interchange.messages.requests import ProbeOptions
from interchange.workers.parts import part
from interchange.workers.watched_calls import Place, Sample


def recorded(model: Any, *inputs: np.ndarray) -> dict[Place, Sample]:
    with layer_outputs.watched(model) as watch:
        inference.outputs(model, Case("traced before", inputs))
        with watch.recording() as samples:
            inference.outputs(model, Case("first", inputs))
            inference.outputs(model, Case("second", tuple(2 * array for array in inputs)))
    return dict(samples)


@pytest.mark.parametrize("steps", [4, 30])
def test_numbers_of_the_first_call_whether_it_is_traced_or_not(keras: ModuleType, steps: int) -> None:
    given = keras.Input((steps, 3))
    sequence = keras.layers.LSTM(51, return_sequences=True, name="sequence")(given)
    model = keras.Model(given, keras.layers.TimeDistributed(keras.layers.Dense(2), name="each")(sequence))
    inputs = np.random.default_rng(1).standard_normal((5, steps, 3)).astype("float32")
    found = recorded(model, inputs)
    assert found.keys() == {Place(("sequence",)), Place(("each",))}
    truth = keras.Model(given, sequence)(inputs).numpy()
    sample = found[Place(("sequence",))]
    assert (sample.class_name, sample.shape) == ("LSTM", (5, steps, 51))
    assert 200 < sample.numbers.size <= 256
    assert set(sample.numbers.tolist()) <= set(truth.reshape(-1).tolist())
    assert sample.largest == np.abs(truth).max()
    assert sample.mean == pytest.approx(np.abs(truth).mean(), rel=1e-5)


def test_a_model_called_by_a_class_of_its_own_has_no_graph(keras: ModuleType) -> None:
    class Own(keras.Model):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    model = Own()
    with layer_outputs.watched(model) as watch, watch.recording() as samples:
        model(np.ones((2, 3), "float32"))
    assert dict(samples) == {}
    assert "no graph" in str(layer_outputs.why_none(model, samples))


def test_the_numbers_in_a_bundle_are_those_before_rounding_was_measured(keras: ModuleType, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2)])
    model.save(tmp_path / "model.h5")
    weights = [weight.numpy() for weight in model.layers[0].weights]
    request = LoadRequest(tmp_path / "model.h5")
    whole_model.export(request, tmp_path / "bundle", {}, ProbeOptions(), lambda line: None)
    bundle = Bundle.open(tmp_path / "bundle")
    assert bundle.json("reference.json")["no_layers"] is None
    first, second = bundle.rows("layers.npz")
    assert (first.facts["layer"], first.facts["class"], first.facts["call"]) == (["first"], "Dense", 0)
    cases = bundle.json("reference.json")["calls"][0]
    rows = [row for row in bundle.rows("reference.npz") if row.facts["case"] in cases]
    inputs, outputs = (
        np.concatenate([bundle.read(row) for row in rows if row.facts["role"] == role]) for role in ("input", "output")
    )
    wanted = part(inputs @ weights[0] + weights[1], 256)
    assert np.allclose(bundle.read(first), wanted.reshape(-1), rtol=1e-5, atol=1e-4)
    assert np.array_equal(bundle.read(second), part(outputs, 256).reshape(-1))
    assert 0 < first.facts["noise"] < 1e-3
