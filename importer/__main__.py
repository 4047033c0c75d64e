"""The importing worker; `interchange.protocol` says how it is spoken to, `interchange.messages` what is said."""

from __future__ import annotations

from collections.abc import Mapping

from importer.build import custom_objects
from importer.build.initializers import make_free
from importer.graph_alone.serve import serve
from importer.keras3_file import open_, prove
from importer.rollback.compare import compare
from importer.rollback.describe import describe
from importer.verify.saved_graph import with_way_out
from importer.weights_alone import fill
from importer.whole_model import migrate
from interchange.errors import Failure
from interchange.messages.request import handlers
from interchange.messages.requests import (
    CompareRequest,
    DescribeRequest,
    FillRequest,
    ImportRequest,
    OpenRequest,
    ProveRequest,
    ServeRequest,
)
from interchange.messages.results import ImportResult
from interchange.protocol import Say, run_worker, versions
from interchange.workers import grappler


def prepare() -> Mapping[str, str]:
    """Import the framework and say which versions answer."""
    found = versions("tensorflow", "keras", "numpy")
    import tensorflow as tf

    grappler.leave_as_they_are(tf.config)
    make_free()
    return found


def handle_import(request: ImportRequest, say: Say) -> ImportResult:
    """Rebuild a whole model; a SavedModel that fails may still go on as its graph, which the failure then says."""
    own = custom_objects.opened(request.customs)
    try:
        return migrate(request, say, own)
    except Failure as failure:
        raise with_way_out(failure, request.bundle) from failure.__cause__


HANDLERS = handlers(
    {
        ImportRequest: handle_import,
        FillRequest: fill,
        OpenRequest: open_,
        ProveRequest: prove,
        ServeRequest: serve,
        DescribeRequest: describe,
        CompareRequest: compare,
    }
)

if __name__ == "__main__":
    run_worker(prepare, HANDLERS)
