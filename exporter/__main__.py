"""The exporting worker; `interchange.protocol` says how it is spoken to, `interchange.messages` what is said."""

from __future__ import annotations

from collections.abc import Mapping

from exporter import graph_alone, weights_alone
from exporter.keras2 import channels_first
from exporter.keras2.gpu_kernels import use_cpu_kernels
from exporter.keras2.initializers import make_free
from exporter.keras2.recurrent_loops import trace_one_step
from exporter.load import LoadRequest, custom_objects
from exporter.rollback.write import write
from exporter.whole_model import export
from interchange.messages.request import handlers
from interchange.messages.requests import ExportGraphRequest, ExportRequest, ExportWeightsRequest, WriteRequest
from interchange.messages.results import ExportResult
from interchange.protocol import Say, run_worker, versions
from interchange.workers import grappler


def prepare() -> Mapping[str, str]:
    """Import the framework and say which versions answer."""
    found = versions("tensorflow", "keras", "numpy")
    import tensorflow as tf

    grappler.leave_as_they_are(tf.config)
    make_free()
    channels_first.make_runnable()
    use_cpu_kernels()
    trace_one_step()
    return found


def handle_export(request: ExportRequest, say: Say) -> ExportResult:
    """Load a whole model as the user has allowed, and write its bundle."""
    source = LoadRequest(
        request.source,
        request.about.format,
        request.trust,
        request.replaced,
        request.architecture,
        custom_objects.opened(request.customs),
        request.author,
        request.probes.samples,
        request.part,
        request.training,
        request.no_optimizer,
        request.unreadable_training,
    )
    return export(source, request.bundle, request.about.to_json(), request.probes, say)


HANDLERS = handlers(
    {
        ExportRequest: handle_export,
        ExportWeightsRequest: weights_alone.export,
        ExportGraphRequest: graph_alone.export,
        WriteRequest: write,
    }
)

if __name__ == "__main__":
    run_worker(prepare, HANDLERS)
