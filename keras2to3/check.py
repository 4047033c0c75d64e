"""`check`: the dry run. What `migrate` would make of each source, as far as it can be told without running anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from interchange.builders import Builder
from interchange.errors import Exit, failure_of
from interchange.replacements import Replacement
from keras2to3.customs import NO_FILES, CustomFiles
from keras2to3.forecast import forecast, repaired
from keras2to3.forecast.replacing import placed
from keras2to3.look import look, look_for_weights, require_new
from keras2to3.look.native import is_graph_alone
from keras2to3.options import CheckOptions
from keras2to3.pairing import paired
from keras2to3.report import Report, to_bytes
from keras2to3.show import Lines, listed, near, trouble
from keras2to3.sources import Source, find
from keras2to3.summary import place
from keras2to3.workspace import workspace

SCHEMA = 1
NAME = "check.json"
_SERVED = "it holds no model that Keras can build: its graph would go on as it is, called by a layer beside it"
# Of a report, what can be known before anything was run.
_KEYS = ("source", "status", "changes", "optimizer", "trusted", "replaced", "custom_objects", "error")


def check(options: CheckOptions, show: Lines) -> Exit:
    """Say of every source what would become of it, and write `check.json`; the exit code is the highest of all.

    Raises `Failure(ENVIRONMENT)` if there is nowhere to write. After a KeyboardInterrupt there is no `check.json`,
    not even an older one.
    """
    target = options.output_dir / NAME
    with workspace(options.output_dir) as folder:
        target.unlink(missing_ok=True)
        reports = []
        for source in paired(find(options.sources, options.output_dir), options.architecture):
            reports.append(checked(source, options.trust, options.replace, options.builder, options.customs))
            show.say(verdict(source, reports[-1]))
        code = max(report.exit_code for report in reports)
        rows = [_row(report) for report in reports]
        place(to_bytes({"schema": SCHEMA, "exit_code": int(code), "sources": rows}), target, folder)
    show.say(f"{_counted(reports)} -> {near(target)}")
    return code


def checked(
    source: Source,
    trust: bool,
    replace: Sequence[Replacement] = (),
    builder: Builder | None = None,
    customs: CustomFiles = NO_FILES,
) -> Report:
    """The report of one source, as far as it goes; whatever goes wrong is in it."""
    report = Report.of(source.path, trust, replace, builder)
    report.custom_objects = customs.to_json()
    try:
        if source.failure:
            raise source.failure
        if builder is not None:
            report.tell(look_for_weights(source.path, trust))
            report.status = "ready"  # what the function builds shows when it is run
            return report
        seen = look(source.path, trust, replace, source.architecture, customs.names)
        require_new(seen, customs)
        report.tell(seen)
        if seen.is_of_keras_3:
            report.changes.extend(asdict(change) for change in repaired(seen))
            report.status = "ready" if report.changes else "unchanged"
            return report
        if is_graph_alone(seen):
            report.status = "ready"
            report.changes.append({"layer": "", "rule": "serving", "kind": "structural", "text": _SERVED})
            return report
        assert seen.architecture is not None  # a look that has none ends before
        told = forecast(seen.architecture, placed(seen.architecture, replace, trust), seen, customs.new_names)
        if told.failure:
            raise told.failure
        report.changes.extend(asdict(change) for change in told.changes)
        report.status = "ready"
    except Exception as error:  # noqa: BLE001  (a source that fails costs itself alone)
        report.fail(failure_of(error))
    return report


def verdict(source: Source, report: Report) -> str:
    """What would become of a source: every change, or every reason why it would not be tried."""
    if report.status == "unchanged":
        return f"{source.path}: would stay as it is, for Keras 3 saved it"
    if report.error is None and "function" in (report.source["architecture"] or {}):
        return f"{source.path}: would be tried; whether its weights fit shows when the function is run"
    if report.error is None:
        texts = Counter((row["rule"], row["text"]) for row in report.changes)
        rows = [f"{rule}: {text}{f' ({count} layers)' if count > 1 else ''}" for (rule, text), count in texts.items()]
        changed = f"with {len(report.changes)} change{'s' * (len(report.changes) != 1)}" if rows else "unchanged"
        return "\n".join([f"{source.path}: would be tried, {changed}", *listed(rows)])
    return "\n".join(
        trouble(source.path, f"would be {report.status}" if report.status == "refused" else "would fail", report)
    )


def _row(report: Report) -> Mapping[str, Any]:
    facts = asdict(report)
    return {"exit_code": int(report.exit_code), **{key: facts[key] for key in _KEYS}}


def _counted(reports: Sequence[Report]) -> str:
    """How many sources there are of each kind."""
    words = {
        "ready": "would be tried",
        "unchanged": "would stay as they are",
        "refused": "would be refused",
        "failed": "would fail",
    }
    counts = Counter(report.status for report in reports)
    told = ", ".join(f"{counts[status]} {text}" for status, text in words.items() if counts[status])
    return f"{len(reports)} source{'s' * (len(reports) != 1)}: {told}"
