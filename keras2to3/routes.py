"""The routes from a source to a result: which requests the workers get, and what is written.

The scan tells which route a source takes: the first of `ROUTES` that accepts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interchange.errors import Exit
from interchange.messages.changes import Change
from keras2to3 import formats
from keras2to3.formats import Output

if TYPE_CHECKING:
    from keras2to3.reports.report import Report
    from keras2to3.scanner.process.messages import ScanRequest, ScanResult

FALL_BACK_ON = frozenset({Exit.UNREADABLE, Exit.REFUSED, Exit.WEIGHTS, Exit.DIFFERS})
"""The exit codes after which the graph of a SavedModel is tried; a source that is unsafe ends before."""

_GRAPH_ALONE = "it does not describe a model that Keras can build, so a layer calls its graph"


@dataclass(frozen=True)
class Route:
    """A way from a source to a result; plain data, so that it can be sent to another process.

    `accepts` tells whether a scanned source takes this route. `export` and `import_` name the requests to the two
    workers (the `op` of `interchange.protocol`); without `export` the importer gets a copy of the source. With
    `describe` the importer is asked first, with a copy of the source, and the exporter gets what it answers and writes
    the result. `outputs` are what the route can write, by the value of `--format`. `note` is a row of the report's
    `changes` for every source that takes this route. With `needs_source` the result contains a copy of the source.
    """

    name: str
    accepts: Callable[[ScanResult, ScanRequest], bool]
    export: str | None
    import_: str
    outputs: Mapping[str, Output]
    note: str = ""
    needs_source: bool = False
    describe: str | None = None

    @property
    def lends_source(self) -> bool:
        """Whether the importer reads a copy of the source."""
        return self.export is None or self.describe is not None

    def output(self, format_: str) -> Output:
        """What is written with this `--format`; a route that knows one output writes that."""
        return self.outputs.get(format_) or next(iter(self.outputs.values()))


def _goes_back(_: ScanResult, request: ScanRequest) -> bool:
    return request.back


def _has_builder(_: ScanResult, request: ScanRequest) -> bool:
    return request.builder is not None


def _is_of_keras_3(scanned: ScanResult, _: ScanRequest) -> bool:
    return scanned.is_of_keras_3


def _is_graph_alone(scanned: ScanResult, _: ScanRequest) -> bool:
    return scanned.is_graph_alone


def _is_any(_: ScanResult, __: ScanRequest) -> bool:
    return True


# A model of Keras 3, written for Keras 2.15.
ROLLBACK = Route(
    "rollback",
    _goes_back,
    "write",
    "compare",
    formats.BACK_BY_OPTION,
    describe="describe",
)
# Weights alone, given to the model that a function of the user's builds.
WEIGHTS = Route(
    "weights",
    _has_builder,
    "export-weights",
    "fill",
    formats.BY_OPTION,
)
# A model that Keras 3 saved, opened and repaired where it has a known defect.
KERAS_3 = Route(
    "keras3",
    _is_of_keras_3,
    None,
    "open",
    {"keras": formats.KERAS},
)
# A SavedModel whose graph is called by a layer of Keras 3.
GRAPH = Route(
    "graph",
    _is_graph_alone,
    "export-graph",
    "serve",
    {"serving": formats.SERVING},
    _GRAPH_ALONE,
    needs_source=True,
)
# A whole model, rebuilt from Keras 3's own layers.
WHOLE = Route(
    "whole",
    _is_any,
    "export",
    "import",
    {"keras": formats.KERAS},
)

ROUTES = (ROLLBACK, KERAS_3, WEIGHTS, GRAPH, WHOLE)
"""In the order in which they are asked."""


def route_of(scanned: ScanResult, request: ScanRequest) -> Route:
    """The route of a source that was scanned."""
    return next(route for route in ROUTES if route.accepts(scanned, request))


def structural_change(rule: str, text: str) -> Change:
    """A row of the report's `changes` about the whole model."""
    return Change("", rule, "structural", text)


def why_graph(failed: Report, asked: bool = True) -> Change:
    """The row of `changes` for a model that goes on as its graph, with why it could not be rebuilt.

    It is `asked` for by the user, or the model is of a class that the user has not given.
    """
    assert failed.error is not None
    message, problems = failed.error.message, map(str, failed.error.problems)
    why = [message, *(text for text in problems if text not in message)]
    how = "--serve was given, so a layer calls its graph" if asked else "a layer calls its graph"
    return structural_change("--serve" if asked else "graph", f"it cannot be rebuilt, so {how}: {'; '.join(why)}")
