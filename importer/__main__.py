"""The importing worker; `interchange.protocol` says how it is spoken to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from importer.build import custom_objects
from importer.build.initializers import make_free
from importer.graph_alone.serve import serve
from importer.keras3_file import open_, prove
from importer.verify.saved_graph import with_way_out
from importer.verify.verify import Limits
from importer.weights_alone import Request, fill
from importer.whole_model import migrate
from interchange import grappler
from interchange.builders import Builder
from interchange.custom_objects import Customs
from interchange.errors import Failure
from interchange.protocol import Say, run_worker, versions
from interchange.replacements import by_path


def prepare() -> Mapping[str, str]:
    """Import the framework and say which versions answer."""
    found = versions("tensorflow", "keras", "numpy")
    import tensorflow as tf

    grappler.leave_as_they_are(tf.config)
    make_free()
    return found


def _limits(request: Mapping[str, Any]) -> Limits:
    return Limits(request.get("rtol"), request.get("atol"))


def handle_migrate(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`import`: {bundle, target, rtol, atol, replaced, customs} -> changes, verification and weights of `target`."""
    given = (
        by_path(request["replaced"]),
        custom_objects.opened(request["customs"] and Customs.from_json(request["customs"])),
    )
    bundle = Path(request["bundle"])
    try:
        return migrate(bundle, Path(request["target"]), _limits(request), say, *given)
    except Failure as failure:
        raise with_way_out(failure, bundle) from failure.__cause__


def handle_fill(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`fill`: {bundle, target, builder, map, part, kind, rtol, atol} -> changes, verification, weights of `target`."""
    builder = Builder.from_json(request["builder"])
    places = (Path(request["bundle"]), Path(request["target"]))
    return fill(Request(*places, builder, request["map"], request["kind"], _limits(request), request["part"]), say)


def handle_open(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`open`: {source, target, rtol, atol} -> what `fill` gives, or nothing if all is well."""
    return open_(Path(request["source"]), Path(request["target"]), _limits(request), say)


def handle_prove(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`prove`: {source, bundle, rtol, atol} -> nothing, where this Keras 3 opens a result and it answers alike."""
    return prove(Path(request["source"]), Path(request["bundle"]), _limits(request), say)


def handle_serve(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`serve`: {bundle, target, rtol, atol} -> changes, verification and weights of the layer written into `target`."""
    return serve(Path(request["bundle"]), Path(request["target"]), _limits(request), say)


HANDLERS = {
    "import": handle_migrate,
    "fill": handle_fill,
    "open": handle_open,
    "prove": handle_prove,
    "serve": handle_serve,
}

if __name__ == "__main__":
    run_worker(prepare, HANDLERS)
