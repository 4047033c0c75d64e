"""`check`: the dry run. What `migrate` would do with each source, as far as that is known without running anything."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from interchange import strictjson
from interchange.errors import Exit, Failure
from keras2to3.ci.recorder import Recorder
from keras2to3.config import recorded
from keras2to3.executors.ahead import ahead
from keras2to3.options.by_model import unmatched
from keras2to3.options.by_source import OptionsBySource
from keras2to3.options.commands import CheckOptions
from keras2to3.policy import Policy
from keras2to3.reports.closing import closing
from keras2to3.reports.console import Lines
from keras2to3.reports.outcome import changed, decided, grouped, listed, trouble
from keras2to3.reports.report import Report, to_bytes
from keras2to3.reports.summary import place
from keras2to3.reports.verdict import Verdict
from keras2to3.results.plan import plan
from keras2to3.results.workspace import shared
from keras2to3.scanner.process.client import Scanner, scanner_for
from keras2to3.scanner.process.messages import ScanRequest
from keras2to3.sources import Source, find, is_archive
from keras2to3.weight_pairs import paired

SCHEMA = 1
NAME = "check.json"
# Of a report, what can be known before anything was run.
_KEYS = (
    "source", "status", "changes", "optimizer", "trusted", "replaced", "custom_objects", "error", "policy", "settings",
)  # fmt: skip
_ALL = {"schema", "exit_code", "sources"}
OF_SHARDS = {"schema", "run", "exit_code", "counts", "shards", "failed"}
"""The keys of a document, and of one on sources that were divided into shards."""

_TRAINING = {"kept": ["optimizer kept"], "rebuilt": ["optimizer rebuilt"], "dropped": ["not compiled"]}
WORDS = {
    "ready": "would be tried",
    "unchanged": "would stay as they are",
    "refused": "would be refused",
    "failed": "would fail",
}


def check(options: CheckOptions, show: Lines, recorder: Recorder | None = None) -> Exit:
    """Say of every source what would become of it, and write `check.json`; the exit code is the highest of all.

    Raises `Failure(ENVIRONMENT)` if there is nowhere to write, and `Failure(USAGE)` as `migrate` does. After a
    KeyboardInterrupt there is no `check.json`, not even an older one.
    """
    begun, target = time.monotonic(), options.output_dir / NAME
    recorder = recorder or Recorder(options)
    with shared(options.output_dir, show.say) as folder:
        require_ours(_content(target), str(target))
        target.unlink(missing_ok=True)
        wanted = is_archive if options.back else None
        sources = find(options.sources, options.output_dir, wanted, options.exclude)
        reports = []
        for source, report in answers(sources, options, folder, show):
            reports.append(report)
            recorder.add_checked(source.path, report)
        code = max(report.final_code for report in reports)
        rows = [row_of(report) for report in reports]
        show.document = {"schema": SCHEMA, "exit_code": int(code), "sources": rows}
        place(to_bytes(show.document), target, folder)
    show.closing(closing([report.status for report in reports], time.monotonic() - begun, target, WORDS))
    return code


def answers(
    sources: Sequence[Source], options: CheckOptions, folder: Path, show: Lines, names: Mapping[Path, str] | None = None
) -> Iterator[tuple[Source, Report]]:
    """What would become of each source, as soon as it is known and shown; with `names`, their results are called so.

    `folder` is one for the scanner. A text that describes another source is none itself.
    """
    policy, own = Policy.of(options.allow, options.fail_on), OptionsBySource(options)
    with contextlib.closing(scanner_for(options, sources, folder, show.say)) as scanner:
        sources = paired(sources, scanner.is_weights, lambda path: own.of(path).architecture, show.say)
        if idle := unmatched(options.models, (source.path for source in sources)):
            show.say(idle)
        sources = _named(sources, options, names)
        checks = ahead(lambda each: checked(each, own.of(each.path), scanner), sources, scanner.stop)
        for source, report in zip(sources, checks):
            report.policy = policy.decide(report)
            report.settings = recorded.to_report(own.of(source.path).settings, options.output_dir)
            show.result(verdict(source, report))
            yield source, report


def _named(sources: Sequence[Source], options: CheckOptions, names: Mapping[Path, str] | None) -> list[Source]:
    """The sources, each with a failure if its results could have no name of their own."""
    jobs = plan(sources, options.output_dir, root=options.root, flat=options.flat, names=names)
    return [replace(source, failure=source.failure or job.failure) for source, job in zip(sources, jobs)]


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError:
        return b""


def require_ours(content: bytes | None, target: str) -> None:
    """Raise `Failure(ENVIRONMENT)` if what lies at the place of `check.json` is another file: it is gone in the end."""
    if content is None:
        return
    try:
        document = strictjson.parse(content)
    except ValueError:
        document = None
    if not (isinstance(document, dict) and document.keys() in (_ALL, OF_SHARDS)):
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


def verdict(source: Source, report: Report) -> Verdict:
    """What would become of a source: every change, or every reason why it would not be tried."""
    name = str(source.path)
    if report.status == "unchanged":
        return Verdict(report.status, name, ["would stay as it is: Keras 3 saved it"], details=decided(report))
    if report.error is not None:
        return trouble(source.path, report.status, report, decided(report))
    if "function" in (report.source["architecture"] or {}):
        return Verdict(report.status, name, ["only migrate runs the function"], details=decided(report))
    changes = changed(report.changes) or ["no changes"]
    facts = [*changes, *_TRAINING.get(report.optimizer, [])]
    details = [*listed(grouped(report.changes)), *decided(report)]
    return Verdict(report.status, name, facts, details=details, fails=report.final_code is not Exit.VERIFIED)


def row_of(report: Report) -> Mapping[str, Any]:
    """The row of a source."""
    facts = report.to_json()
    return {"exit_code": int(report.final_code), **{key: facts.get(key) for key in _KEYS}}
