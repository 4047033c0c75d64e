"""`check`: the dry run. What `migrate` would do with each source, as far as that is known without running anything."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from interchange import strictjson
from interchange.errors import Exit, Failure
from keras2to3.ci.outcome import Outcome
from keras2to3.executors.ahead import ahead
from keras2to3.model_options import unmatched
from keras2to3.options import CheckOptions
from keras2to3.own_options import OptionsBySource
from keras2to3.policy import Policy
from keras2to3.reports.console import Lines, decided, listed, near, trouble
from keras2to3.reports.report import Report, to_bytes
from keras2to3.reports.summary import place
from keras2to3.results.plan import plan
from keras2to3.results.workspace import shared
from keras2to3.scanner.process.client import Scanner, scanner_for
from keras2to3.scanner.process.messages import ScanRequest
from keras2to3.sources import Source, find, is_archive
from keras2to3.weight_pairs import paired

SCHEMA = 1
NAME = "check.json"
# Of a report, what can be known before anything was run.
_KEYS = ("source", "status", "changes", "optimizer", "trusted", "replaced", "custom_objects", "error", "policy")
_EXPECTED = {"kept": ", its optimizer kept", "rebuilt": ", compiled, its optimizer without a state"}


def check(options: CheckOptions, show: Lines, outcome: Outcome | None = None) -> Exit:
    """Say of every source what would become of it, and write `check.json`; the exit code is the highest of all.

    Raises `Failure(ENVIRONMENT)` if there is nowhere to write, and `Failure(USAGE)` as `migrate` does. After a
    KeyboardInterrupt there is no `check.json`, not even an older one.
    """
    target = options.output_dir / NAME
    policy, outcome = Policy.of(options.allow, options.fail_on), outcome or Outcome(options)
    with shared(options.output_dir, show.say) as folder, contextlib.ExitStack() as stack:
        _require_ours(target)
        target.unlink(missing_ok=True)
        wanted = is_archive if options.back else None
        sources = find(options.sources, options.output_dir, wanted, options.exclude)
        scanner = stack.enter_context(contextlib.closing(scanner_for(options, sources, folder, show.say)))
        own = OptionsBySource(options)
        sources = paired(sources, scanner.is_weights, lambda path: own.of(path).architecture, show.say)
        if idle := unmatched(options.models, (source.path for source in sources)):
            show.say(idle)
        sources = _named(sources, options)
        reports = []
        checks = ahead(lambda each: checked(each, own.of(each.path), scanner), sources, scanner.stop)
        for source, report in zip(sources, checks):
            report.policy = policy.decide(report)
            reports.append(report)
            outcome.add_checked(source.path, report)
            show.say(*verdict(source, report), *decided(report))
        code = max(report.final_code for report in reports)
        rows = [_row(report) for report in reports]
        place(to_bytes({"schema": SCHEMA, "exit_code": int(code), "sources": rows}), target, folder)
    show.say(f"{_counted(reports)} -> {near(target)}")
    return code


def _named(sources: Sequence[Source], options: CheckOptions) -> list[Source]:
    """The sources, each with a failure if its results could have no name of their own."""
    jobs = plan(sources, options.output_dir, root=options.root, flat=options.flat)
    return [replace(source, failure=source.failure or job.failure) for source, job in zip(sources, jobs)]


def _require_ours(target: Path) -> None:
    """What lies there is gone in the end."""
    try:
        document = strictjson.parse(target.read_bytes())
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        document = None
    if not (isinstance(document, dict) and document.keys() == {"schema", "exit_code", "sources"}):
        text = f"{target} is not a report of keras2to3 check"
        raise Failure(Exit.ENVIRONMENT, text, "move it away, or choose another folder with --output-dir")


def checked(source: Source, options: CheckOptions, scanner: Scanner) -> Report:
    """The report of one source, as far as it goes; whatever goes wrong with it is in the report."""
    asked = ScanRequest.of(source.path, source.architecture, options)
    try:
        if source.failure:
            raise source.failure
        return Report.from_json(scanner.check(asked))
    except Failure as failure:
        if failure.code in (Exit.ENVIRONMENT, Exit.INTERRUPTED):
            raise
        report = Report.before_scan(asked)
        report.fail(failure)
        return report


def verdict(source: Source, report: Report) -> list[str]:
    """What would become of a source: every change, or every reason why it would not be tried, in lines."""
    if report.status == "unchanged":
        return [f"{source.path}: would stay as it is: Keras 3 saved it"]
    if report.error is None and "function" in (report.source["architecture"] or {}):
        return [f"{source.path}: would be tried; only a migration runs the function and shows whether the weights fit"]
    if report.error is None:
        texts = Counter((change.rule, change.text) for change in report.changes)
        rows = [f"{rule}: {text}{f' ({count} layers)' if count > 1 else ''}" for (rule, text), count in texts.items()]
        changed = f"with {len(report.changes)} change{'s' * (len(report.changes) != 1)}" if rows else "unchanged"
        expected = _EXPECTED.get(report.optimizer, "")
        return [f"{source.path}: would be tried, {changed}{expected}", *listed(rows)]
    return trouble(source.path, f"would be {report.status}" if report.status == "refused" else "would fail", report)


def _row(report: Report) -> Mapping[str, Any]:
    facts = report.to_json()
    return {"exit_code": int(report.final_code), **{key: facts.get(key) for key in _KEYS}}


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
