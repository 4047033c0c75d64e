"""Weights without an architecture: their tensors, and what the model answers that a function of the user's builds.

The function is made for Keras 3. Often Keras 2.15 can run it as well: then there is a truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exporter import kinds, reference, tensors
from exporter.asked import Asked
from exporter.export import write_reference
from interchange.builders import Builder
from interchange.bundle import BundleWriter
from interchange.errors import Exit, Failure
from interchange.protocol import Say

# That there is no truth is a fact and no failure; anything else, such as a full disk, is one.
_NO_TRUTH = frozenset({Exit.REFUSED, Exit.UNREADABLE, Exit.WEIGHTS})


@dataclass(frozen=True)
class Request:
    """Weights at `path` in the format that the look has told, for the model of `builder`."""

    path: Path
    format: str
    builder: Builder
    asked: Asked = field(default_factory=Asked)


def export(request: Request, folder: Path, about: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """Write the bundle of the weights into `folder`; returns {tensors, reference}."""
    import keras

    reference.release()
    keras.backend.clear_session()
    writer = BundleWriter(folder, {"keras": keras.__version__}, about)
    say(f"reading {request.path.name}")
    with tensors.opened(request.path, request.format) as found:
        kind = _write_truth(request, found, writer, say)
        writer.write_tensors("stored.npz", ((row.to_json(), found.read(row)) for row in found.rows))
    writer.close()
    return {"tensors": len(found.rows), "reference": kind}


def _write_truth(request: Request, found: tensors.Found, writer: BundleWriter, say: Say) -> str:
    """The model's answers in Keras 2.15, or why there are none."""
    import keras

    try:
        say(f"building {request.builder.place} with Keras {keras.__version__}")
        model = _model(request.builder)
        found.load(model)
        kinds.check_inputs(model)
        say(f"computing what {request.path.name} answers")
        write_reference(model, [], writer, request.asked)
    except Failure as failure:
        if failure.code not in _NO_TRUTH:
            raise
        facts = {"kind": "weights", "why": str(failure), "cases": [], "noise": {}, "normalised": [], "recovered": []}
        writer.write_json("reference.json", facts)
        return "weights"
    return "original"


def _model(builder: Builder) -> Any:
    import keras

    model = builder.call()
    if not isinstance(model, keras.Model) or not getattr(model, "_is_graph_network", False):
        raise builder.refusal("in Keras 2.15 it builds no functional or Sequential model with known inputs")
    return model
