"""Collects what becomes of every source of a run, and tells other programs at its end."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from interchange.errors import Exit, Failure, failure_of
from keras2to3.ci import github, gitlab, junit, markdown, places, sarif
from keras2to3.ci.placing import put_in_place
from keras2to3.ci.records import Record
from keras2to3.options.commands import CheckOptions, Options, RollbackOptions, RoundTripOptions
from keras2to3.policy import Policy, Rule
from keras2to3.reports.console import Lines
from keras2to3.results.job import Job

if TYPE_CHECKING:
    from keras2to3.reports.report import Report
    from keras2to3.task_state import Task

Say = Callable[[str], None]
FORMATS: Mapping[str, Callable[[Sequence[Record], Path], bytes]] = {
    "junit": junit.document,
    "sarif": sarif.document,
    "gitlab": gitlab.document,
}
"""What writes the file of each option."""

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable that names the file to which GitHub lets a step append Markdown."""


@dataclass
class Recorder:
    """The records of a run, and the options that say who is told."""

    options: Options | CheckOptions

    def __post_init__(self) -> None:
        self._policy = Policy.of(self.options.allow, self.options.fail_on)
        self._records: list[Record] = []

    @property
    def verb(self) -> str:
        """The command that the user gave."""
        verbs = {CheckOptions: "check", RollbackOptions: "rollback", RoundTripOptions: "roundtrip"}
        return verbs.get(type(self.options), "migrate")

    def add(self, task: Task) -> None:
        """A source of a run is done."""
        verb = "rollback" if task.options.back else "migrate"
        self._records.append(Record.of(verb, task.job.source, task.report, self._policy, task.reported))

    def add_checked(self, source: Path, report: Report) -> None:
        """A source was checked."""
        self._records.append(Record.of(self.verb, source, report, self._policy))

    def add_missing(self, jobs: Sequence[Job], *, back: bool) -> None:
        """Sources that an interruption has cost."""
        verb = "rollback" if back else "migrate"
        self._records += [Record.interrupted(verb, job.source) for job in jobs]

    def fail(self, failure: Failure) -> None:
        """The command itself has failed."""
        self._records.append(Record.of_command(self.verb, failure))

    def tell(self, code: Exit, show: Lines, log: TextIO, environment: Mapping[str, str]) -> Exit:
        """Write what other programs read; the exit code of the command, also if a file cannot be written."""
        records = sorted(self._records, key=lambda record: (record.verb, record.name))  # whichever is done first
        root = places.root(environment)
        unused = self._policy.unmatched(self._matched(), in_check=isinstance(self.options, CheckOptions))
        if unused and records:
            show.say(f"policy: no source matches {', '.join(map(str, unused))}")
        for failure in self._unwritten(records, root):
            show.error(f"error: {failure}")
            code = max(code, failure.code)
        if environment.get("GITHUB_ACTIONS") == "true":
            lines = [f"{each}\n" for each in github.lines(records, root)]
            with contextlib.suppress(OSError):  # nobody reads them
                log.writelines(lines)
                log.flush()
        if environment.get(STEP_SUMMARY) and records:
            _append(Path(environment[STEP_SUMMARY]), markdown.summary(records, code), show.say)
        return code

    def _matched(self) -> Iterator[Rule]:
        return (rule for record in self._records for rule in record.matched)

    def _unwritten(self, records: Sequence[Record], root: Path) -> Iterator[Failure]:
        """Write the files that the options name; each that cannot be written is a failure."""
        for name, document in FORMATS.items():
            target = getattr(self.options, name)
            if target is None:
                continue
            try:
                put_in_place(document(records, root), target)
            except OSError as error:
                text = f"{target} cannot be written: {error.strerror or error}; results and summary are in place"
                yield Failure(Exit.ENVIRONMENT, text)


def telling(options: Options | CheckOptions, show: Lines, run: Callable[[Recorder], Exit]) -> Exit:
    """Run a command, and tell other programs how it ended, whichever way that is."""
    recorder = Recorder(options)
    try:
        code = run(recorder)
    except KeyboardInterrupt:
        recorder.tell(Exit.INTERRUPTED, show, sys.stderr, os.environ)
        raise
    except Exception as error:
        failure = failure_of(error)
        recorder.fail(failure)
        recorder.tell(failure.code, show, sys.stderr, os.environ)
        raise
    return recorder.tell(code, show, sys.stderr, os.environ)


def _append(path: Path, text: str, say: Say) -> None:
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        say(f"warning: {path}, which {STEP_SUMMARY} names, cannot be written: {error.strerror or error}")
