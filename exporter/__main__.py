"""The exporting worker; `interchange.protocol` says how it is spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from exporter import graph_alone, weights_alone
from exporter.keras2 import channels_first
from exporter.keras2.gpu_kernels import leave_out_those_of_gpus
from exporter.keras2.initializers import make_free
from exporter.keras2.recurrent_loops import build_of_one_step
from exporter.load import LoadRequest, custom_objects
from exporter.probes.options import Asked
from exporter.whole_model import export
from interchange import grappler
from interchange.builders import Builder
from interchange.custom_objects import Customs
from interchange.protocol import Say, run_worker, versions
from interchange.replacements import by_path


def prepare() -> Mapping[str, str]:
    """Import the framework and say which versions answer."""
    found = versions("tensorflow", "keras", "numpy")
    import tensorflow as tf

    grappler.leave_as_they_are(tf.config)
    make_free()
    channels_first.make_runnable()
    leave_out_those_of_gpus()
    build_of_one_step()
    return found


def handle_export(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`export`: {source, architecture, part, bundle, about, trust, replaced, customs, written_by, and `Asked`}.

    Returns what the bundle holds.
    """
    consent = (request["trust"], by_path(request["replaced"]))
    own = custom_objects.opened(request["customs"] and Customs.from_json(request["customs"]))
    place = Path(request["source"]), request["about"]["format"]
    asked = Asked.of(request)
    given = (asked.samples, request["part"])
    source = LoadRequest(*place, *consent, request["architecture"], own, _author_of(request), *given)
    return export(source, Path(request["bundle"]), request["about"], asked, say)


def _author_of(request: Mapping[str, Any]) -> str | None:
    """The version of the Keras that wrote an architecture: what the user says, it itself, or its file."""
    said = (request["architecture"] or {}).get("keras_version")
    version: str | None = request["written_by"] or said or request["about"]["saved_by"]["keras_version"]
    return version


def handle_export_weights(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`export-weights`: {source, part, bundle, about, builder, and `Asked`} -> what the bundle at that path holds."""
    builder = Builder.from_json(request["builder"])
    asked = (builder, Asked.of(request), request["part"])
    source = weights_alone.Request(Path(request["source"]), request["about"]["format"], *asked)
    return weights_alone.export(source, Path(request["bundle"]), request["about"], say)


def handle_export_graph(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`export-graph`: {source, bundle, about, and `Asked`} -> what the bundle of a graph alone holds."""
    places = Path(request["source"]), Path(request["bundle"])
    return graph_alone.export(*places, request["about"], Asked.of(request), say)


if __name__ == "__main__":
    run_worker(
        prepare, {"export": handle_export, "export-weights": handle_export_weights, "export-graph": handle_export_graph}
    )
