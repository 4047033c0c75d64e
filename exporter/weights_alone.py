"""Export weights without an architecture: their tensors, and the outputs of the model that a function builds.

The function is written for Keras 3. If Keras 2.15 can run it as well, there is a reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exporter.load import LOADERS
from exporter.probes import sparse_ragged
from exporter.restore.account import Account
from exporter.restore.stored_weights import StoredWeights
from exporter.run import inference
from exporter.whole_model import write_reference
from interchange.bundle import BundleWriter
from interchange.errors import Exit, Failure
from interchange.messages.requests import ExportWeightsRequest
from interchange.messages.results import ExportWeightsResult
from interchange.protocol import Say
from interchange.user_files.builders import Builder

# With these failures there is no reference; any other, such as a full disk, is a failure of the export.
_NO_REFERENCE = frozenset({Exit.REFUSED, Exit.UNREADABLE, Exit.WEIGHTS})


def export(request: ExportWeightsRequest, say: Say) -> ExportWeightsResult:
    """Write the bundle of the weights, for the model that the builder of the request builds."""
    import keras

    inference.release()
    keras.backend.clear_session()
    writer = BundleWriter(request.bundle, {"keras": keras.__version__}, request.about.to_json())
    say(f"reading {request.source.name}")
    open_weights = LOADERS[request.about.format].weights
    assert open_weights is not None  # the scanner has found weights alone
    with open_weights(request.source, request.part) as weights:
        model, why = _restored(request, weights, say)
        rows = weights.rows(model)
        writer.write_tensors("stored.npz", ((row.to_json(), weights.read(row)) for row in rows))
        say(f"computing the outputs of {request.source.name}")
        kind = _write_reference(request, model, why, writer)
    writer.close()
    return ExportWeightsResult(len(rows), kind)


def _restored(request: ExportWeightsRequest, weights: StoredWeights, say: Say) -> tuple[Any, str]:
    """The model with its weights in Keras 2.15, or None and why there is none."""
    import keras

    say(f"building {request.builder.place} with Keras {keras.__version__}")
    try:
        model = _model(request.builder)
        weights.restore(model, {}, account := Account())
        account.check(model)
    except Failure as failure:
        return None, _reason(failure)
    return model, ""


def _write_reference(request: ExportWeightsRequest, model: Any, why: str, writer: BundleWriter) -> str:
    """Write the outputs of the model in Keras 2.15, or why there are none."""
    if model is not None:
        try:
            sparse_ragged.check_inputs(model)
            write_reference(model, [], writer, request.probes)
        except Failure as failure:
            why = _reason(failure)
        else:
            return "original"
    writer.write_json("reference.json", without_reference(why))
    return "weights"


def without_reference(why: str) -> Mapping[str, Any]:
    """The `reference.json` of a bundle without outputs of Keras 2."""
    return {
        "kind": "weights",
        "why": why,
        "calls": [],
        "noise": {},
        "normalised": [],
        "recovered": [],
        "left_out": None,
        "learnt": None,
    }


def _reason(failure: Failure) -> str:
    """Why there is no reference; any other failure is raised again."""
    if failure.code not in _NO_REFERENCE:
        raise failure
    return str(failure)


def _model(builder: Builder) -> Any:
    import keras

    model = builder.call()
    if not isinstance(model, keras.Model) or not getattr(model, "_is_graph_network", False):
        raise builder.refusal("in Keras 2.15 it builds no functional or Sequential model with known inputs")
    return model
