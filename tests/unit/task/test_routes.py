"""Which route a source takes, and what the records of routes and formats promise."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from exporter.load.formats import LOADERS
from interchange.user_files.builders import Builder
from keras2to3 import formats, requests, routes
from keras2to3.routes import Route
from keras2to3.scanner.process.messages import ScanRequest, ScanResult

BUILDER = Builder("/models.py", "network", "0" * 64)


def scanned(format_: str = "h5", *, of_keras_3: bool = False, graph_alone: bool = False) -> ScanResult:
    return ScanResult(format_, {}, True, False, False, of_keras_3, graph_alone, False, False, {})


@pytest.mark.parametrize(
    ("result", "builder", "route"),
    [
        (scanned(), None, routes.WHOLE),
        (scanned("savedmodel"), None, routes.WHOLE),
        (scanned("savedmodel", graph_alone=True), None, routes.GRAPH),
        (scanned("weights"), BUILDER, routes.WEIGHTS),
        (scanned("keras", of_keras_3=True), None, routes.KERAS_3),
        (scanned("keras", of_keras_3=True), BUILDER, routes.KERAS_3),
    ],
)
def test_the_scan_tells_the_route(result: ScanResult, builder: Builder | None, route: Route) -> None:
    assert routes.route_of(result, ScanRequest(Path("model"), builder=builder)) is route


@pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: route.name)
def test_a_route_is_plain_data(route: Route) -> None:
    assert pickle.loads(pickle.dumps(route)) == route
    assert {output.ending for output in route.outputs.values()} <= set(formats.RESULT_ENDINGS)
    assert len({output.ending for output in route.outputs.values()}) == len(route.outputs)
    assert route.import_ in requests._IMPORTS
    assert route.export is None or route.export in requests._EXPORTS
    assert route.describe is None or route.describe in requests._IMPORTS


def test_every_format_of_models_and_weights_has_a_loader() -> None:
    assert LOADERS.keys() == {each.name for each in formats.SOURCES.values() if each.content != "other"}


def test_what_goes_back_takes_a_route_of_its_own() -> None:
    request = ScanRequest(Path("model"), back=True)
    assert routes.route_of(scanned("keras", of_keras_3=True), request) is routes.ROLLBACK


def test_endings_of_sources_are_unique() -> None:
    endings = [ending for each in formats.SOURCES.values() for ending in each.endings]
    assert len(endings) == len(set(endings))
