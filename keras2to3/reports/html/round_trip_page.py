"""`roundtrip.html`: models that went to Keras 3 and back, with what is the same at each of the three places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from interchange.messages.details import OutputPairs
from interchange.messages.verification import OutputComparison, Verification
from interchange.text import counted
from keras2to3.reports.came_back import verdict
from keras2to3.reports.html import assets, measures, pages
from keras2to3.reports.html.summary_page import link_to
from keras2to3.reports.statuses import in_order
from keras2to3.reports.verdict import Verdict
from keras2to3.reports.ways import Trip

_MOST_CHARTS = 40  # of a page; the pages of both ways have those of all outputs


@dataclass(frozen=True)
class _Place:
    """An output: how far its numbers moved on each way, None where nothing was compared."""

    name: str
    there: Optional[OutputComparison]
    back: Optional[OutputComparison]


@dataclass(frozen=True)
class _Chart:
    """A chart of one way and its number among all of the page."""

    way: str
    drawn: measures.Chart
    place: int


@dataclass(frozen=True)
class _Section:
    """What the page tells of a source."""

    key: str
    trip: Trip
    verdict: Verdict
    links: tuple[tuple[str, str], ...]
    places: tuple[_Place, ...]
    charts: tuple[_Chart, ...]
    more_charts: int


class _Charts:
    """Those of the page in their order, and what the script draws of each."""

    def __init__(self) -> None:
        self.data: list[Mapping[str, Any]] = []
        self.left_out = 0

    def of(self, trip: Trip) -> Iterator[_Chart]:
        """The charts of a source, as long as there is room."""
        ways = (("There", trip.there, ("old", "new")), ("Back", trip.back, ("new", "back")))
        for title, way, axes in ways:
            for pairs in way.details.outputs if way and way.details else ():
                yield from self._one(title, pairs, way.verification if way else None, axes)

    def _one(
        self, way: str, pairs: OutputPairs, verification: Verification | None, axes: tuple[str, str]
    ) -> Iterator[_Chart]:
        if len(self.data) == _MOST_CHARTS:
            self.left_out += 1
            return
        self.data.append(measures.chart_data(pairs, verification, axes))
        yield _Chart(way, measures.chart(pairs, axes), len(self.data) - 1)


def render_round_trips(trips: Sequence[Trip], exit_code: int) -> bytes:
    """A page of all sources of a run, as it lies beside `roundtrip.json`."""
    charts = _Charts()
    sections = [_section(f"source-{number}", trip, charts) for number, trip in enumerate(trips, 1)]
    statuses = Counter(section.verdict.status for section in sections)
    told = ", ".join(f"{statuses[status]:,} {status}" for status in in_order(statuses))
    context = {
        "rows": sections,
        "statuses": [(status, statuses[status]) for status in in_order(statuses)],
        "sentence": f"{counted(len(sections), 'source')}: {told}.",
        "exit_code": exit_code,
    }
    libraries = assets.libraries_named(measures.LIBRARIES if charts.data else ())
    scripts = ("tables", *(("charts",) if charts.data else ()))
    return pages.page("round_trip.html", context, {"outputs": charts.data, "layers": None}, libraries, scripts)


def _section(key: str, trip: Trip, charts: _Charts) -> _Section:
    before = charts.left_out
    drawn = tuple(charts.of(trip))
    return _Section(key, trip, verdict(trip.facts), tuple(_links(trip)), _places(trip), drawn, charts.left_out - before)


def _links(trip: Trip) -> Iterator[tuple[str, str]]:
    """The pages of the reports of both ways, which lie in folders of their own."""
    for title, way in (("there", trip.there), ("back", trip.back)):
        if way and way.report and way.leg.report:
            name = str(way.report.source.get("name") or "")
            if name:
                yield title, link_to(way.leg.report, f"{'keras3' if title == 'there' else 'keras2'}/{name}")


def _places(trip: Trip) -> tuple[_Place, ...]:
    """The outputs in the order of the old model."""
    there, back = (way.verification if way else None for way in (trip.there, trip.back))
    of_there, of_back = ({row.name: row for row in each.outputs} if each else {} for each in (there, back))
    return tuple(_Place(name, of_there.get(name), of_back.get(name)) for name in dict.fromkeys((*of_there, *of_back)))
