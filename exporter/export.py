"""One model into one bundle: architecture, weights, probes, and what the model answers to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from exporter import describe, reference
from exporter.load import load_h5
from exporter.probes import FREE_LENGTHS, Case, InputFacts, cases, input_facts
from interchange.bundle import BundleWriter
from interchange.errors import Exit, Failure
from interchange.protocol import Say


def export(source: Path, folder: Path, facts: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """Write the bundle of `source` into `folder`; returns {tensors, bytes, noise}."""
    import keras

    keras.backend.clear_session()
    say(f"loading {source.name} with Keras {keras.__version__}")
    model = load_h5(source)
    writer = BundleWriter(folder, {"keras": keras.__version__}, dict(facts["about"]))
    writer.write_json("architecture.json", describe.architecture(model))
    weights = list(_weights(model))
    writer.write_tensors("weights.npz", ((row, variable.numpy()) for row, variable in weights))
    say(f"computing what {source.name} answers")
    noise = _write_reference(model, writer)
    writer.close()
    return {"tensors": len(weights), "noise": noise}


def _weights(model: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    for path, name, variable in describe.variables(model):
        yield {"layer": list(path), "variable": name, "trainable": bool(variable.trainable)}, variable


def _write_reference(model: Any, writer: BundleWriter) -> Mapping[str, list[float]]:
    probes, results = _answers(model, input_facts(model))
    reference.check_deterministic(model, probes[0], results[0])
    noise = {case.name: reference.noise(model, case, exact) for case, exact in zip(probes, results)}
    names = list(getattr(model, "output_names", None) or [])
    writer.write_tensors("reference.npz", reference.rows(probes, results, names))
    writer.write_json("reference.json", {"noise": noise, "cases": [case.name for case in probes]})
    return noise


def _answers(model: Any, facts: list[InputFacts]) -> tuple[list[Case], list[list[np.ndarray]]]:
    """Probes of the smallest size the model accepts, with its answers.

    Some recurrent layers keep to the batch size of their first call, so probes of one size are tried as well.
    """
    free_lengths = FREE_LENGTHS if any(None in fact.shape[1:] for fact in facts) else FREE_LENGTHS[:1]
    reasons = []
    for free in free_lengths:
        for one_batch in (False, True):
            probes = cases(facts, free, one_batch=one_batch)
            try:
                return probes, [reference.outputs(model, case) for case in probes]
            except Exception as error:  # whatever a layer or a kernel of the old model raises
                reasons.append(str(error).strip().split("\n", 1)[0][:300])
    message = f"{model.name}: Keras 2.15 cannot run this model on inputs made from its own shapes: {reasons[0]}"
    raise Failure(Exit.UNREADABLE, message, "a model that does not run in Keras 2 has no truth to compare with")
