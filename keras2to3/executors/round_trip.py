"""`roundtrip`: from Keras 2 to Keras 3 and back, and what is the same afterwards."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from interchange.errors import Exit
from keras2to3.ci.recorder import Recorder
from keras2to3.executors.scheduler import migrate
from keras2to3.options.by_model import ModelOptions, merged
from keras2to3.options.commands import RoundTripOptions
from keras2to3.options.path_patterns import PathPattern
from keras2to3.reports.came_back import verdict
from keras2to3.reports.closing import closing
from keras2to3.reports.console import Lines
from keras2to3.reports.decision import Decision
from keras2to3.reports.report import Report, to_bytes
from keras2to3.reports.round_trip import SCHEMA, Leg, RoundTrip, compared
from keras2to3.reports.summary import Row, place
from keras2to3.reports.ways import Trip, Way
from keras2to3.results import pages
from keras2to3.results.job import BUNDLE, REPORT
from keras2to3.results.workspace import workspace

NAME = "roundtrip.json"


def round_trip(options: RoundTripOptions, show: Lines, recorder: Recorder | None = None) -> Exit:
    """Migrate all sources, roll back the results, and write `roundtrip.json`; the exit code is the highest of all.

    The models of Keras 3 go to the folder `keras3` of the output folder, and what comes back of them to `keras2`.
    Raises `Failure` as `migrate` does.
    """
    there: list[Row] = []
    back: list[Row] = []
    begun = time.monotonic()
    with show.preparing():
        code = migrate(options.there, show, lambda _, rows: there.extend(rows), recorder)
        results = [Path(row["output"]) for row in there if row["output"]]
        if results:
            returning = replace(options.returning(results), models=_models_of_results(options.models, there))
            code = max(code, migrate(returning, show, lambda _, rows: back.extend(rows), recorder))
    trips = [_trip(row, back) for row in there]
    code = max(code, *(trip.exit_code for trip in trips))
    target = options.output_dir / NAME
    with workspace(options.output_dir, show.say, wait=options.wait) as folder:
        rows = [trip.to_json() for trip in trips]
        show.document = {"schema": SCHEMA, "exit_code": int(code), "sources": rows}
        place(to_bytes(show.document), target, folder)
        _place_page(trips, int(code), options, target, folder, show)
    verdicts = list(map(verdict, trips))
    for each in verdicts:
        show.result(each)
    show.closing(closing([each.status for each in verdicts], time.monotonic() - begun, target))
    return code


def _place_page(
    trips: Sequence[RoundTrip], code: int, options: RoundTripOptions, target: Path, folder: Path, show: Lines
) -> None:
    """Write the page of `roundtrip.json` where it is in nobody's way; without pages, that of a run before goes."""
    page = pages.beside(target)
    is_free = options.overwrite or pages.may_write(page)
    if options.html and is_free:
        shown = [Trip(trip, _way(trip.there), _way(trip.back) if trip.back else None) for trip in trips]
        place(pages.of_round_trips(shown, code), page, folder)
    elif pages.is_ours(page):
        page.unlink()
    elif options.html:
        show.say(f"{page} is no page of keras2to3, or was changed, and stays as it is")


def _way(leg: Leg) -> Way:
    """One way with its report and what the page of that shows."""
    if leg.report is None:
        return Way(leg)
    report = Path(leg.report)
    return Way(leg, Report.from_bytes(report.read_bytes()), pages.details_of(pages.beside(report)))


def _models_of_results(models: Sequence[ModelOptions], rows: Sequence[Row]) -> tuple[ModelOptions, ...]:
    """The options of each result, which are those of its source."""
    found = {row["output"]: [each for each in models if each.is_for(Path(row["source"]))] for row in rows}
    return tuple(_of_result(Path(output), entries) for output, entries in found.items() if output and entries)


def _of_result(output: Path, entries: Sequence[ModelOptions]) -> ModelOptions:
    values = RoundTripOptions.shared(merged(entries))
    given = RoundTripOptions.shared_given([one for entry in entries for one in entry.given])
    return ModelOptions(PathPattern.of_file(output), values, given=given)


def _trip(row: Row, back: Sequence[Row]) -> RoundTrip:
    """What has become of a source that was migrated."""
    source, there = Path(row["source"]), _leg(row)
    of_it = (each for each in back if row["output"] and Path(each["source"]) == Path(row["output"]))
    returned = next(map(_leg, of_it), None)
    if returned is None or there.bundle is None or returned.bundle is None:
        return RoundTrip(str(source), there, returned)
    return compared(str(source), there, returned)


def _leg(row: Row) -> Leg:
    """One way of a source."""
    report = row["report"]
    bundle = None if report is None else report.removesuffix(REPORT) + BUNDLE
    is_there = bundle is not None and row["output"] is not None and Path(bundle).is_dir()
    policy = Decision.from_json(row["policy"]) if row["policy"] else None
    bundle = bundle if is_there else None
    return Leg(row["status"], row["exit_code"], row["output"], report, bundle, row["message"], policy)
