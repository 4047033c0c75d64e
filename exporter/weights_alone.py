"""Weights without an architecture: their tensors, and what the model answers that a function of the user's builds.

The function is made for Keras 3. Often Keras 2.15 can run it as well: then there is a truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exporter.load import LOADERS
from exporter.probes import sparse_ragged
from exporter.probes.options import Asked
from exporter.restore.account import Account
from exporter.restore.stored_weights import StoredWeights
from exporter.run import inference
from exporter.whole_model import write_reference
from interchange.builders import Builder
from interchange.bundle import BundleWriter
from interchange.errors import Exit, Failure
from interchange.protocol import Say

# That there is no truth is a fact and no failure; anything else, such as a full disk, is one.
_NO_TRUTH = frozenset({Exit.REFUSED, Exit.UNREADABLE, Exit.WEIGHTS})


@dataclass(frozen=True)
class Request:
    """Weights at `path` in the format that the look has told, for the model of `builder`.

    `part` is the one model that is meant, where the file holds several.
    """

    path: Path
    format: str
    builder: Builder
    asked: Asked = field(default_factory=Asked)
    part: str | None = None


def export(request: Request, folder: Path, about: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """Write the bundle of the weights into `folder`; returns {tensors, reference}."""
    import keras

    inference.release()
    keras.backend.clear_session()
    writer = BundleWriter(folder, {"keras": keras.__version__}, about)
    say(f"reading {request.path.name}")
    open_weights = LOADERS[request.format].weights
    assert open_weights is not None  # the scanner has found weights alone
    with open_weights(request.path, request.part) as weights:
        model, why = _restored(request, weights, say)
        rows = weights.rows(model)
        writer.write_tensors("stored.npz", ((row.to_json(), weights.read(row)) for row in rows))
        say(f"computing what {request.path.name} answers")
        kind = _write_truth(request, model, why, writer)
    writer.close()
    return {"tensors": len(rows), "reference": kind}


def _restored(request: Request, weights: StoredWeights, say: Say) -> tuple[Any, str]:
    """The model with its weights in Keras 2.15, or None and why there is none."""
    import keras

    say(f"building {request.builder.place} with Keras {keras.__version__}")
    try:
        model = _model(request.builder)
        weights.restore(model, {}, account := Account())
        account.check(model)
    except Failure as failure:
        return None, _excused(failure)
    return model, ""


def _write_truth(request: Request, model: Any, why: str, writer: BundleWriter) -> str:
    """The model's answers in Keras 2.15, or why there are none."""
    if model is not None:
        try:
            sparse_ragged.check_inputs(model)
            write_reference(model, [], writer, request.asked)
        except Failure as failure:
            why = _excused(failure)
        else:
            return "original"
    writer.write_json("reference.json", without_truth(why))
    return "weights"


def without_truth(why: str) -> Mapping[str, Any]:
    """The `reference.json` of a bundle that has no answers of Keras 2."""
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


def _excused(failure: Failure) -> str:
    """Why there is no truth; what is no reason for that is raised again."""
    if failure.code not in _NO_TRUTH:
        raise failure
    return str(failure)


def _model(builder: Builder) -> Any:
    import keras

    model = builder.call()
    if not isinstance(model, keras.Model) or not getattr(model, "_is_graph_network", False):
        raise builder.refusal("in Keras 2.15 it builds no functional or Sequential model with known inputs")
    return model
