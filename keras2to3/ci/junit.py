"""JUnit XML: a test case for each source, which Jenkins, GitLab, GitHub actions and Azure show as tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from interchange.errors import Exit
from keras2to3.ci.records import FAILED, Record

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
# What says something of the model is a failure, anything else is an error of the test.
_ABOUT_THE_MODEL = (Exit.UNREADABLE, Exit.REFUSED, Exit.WEIGHTS, Exit.DIFFERS, Exit.POLICY)


def document(records: Sequence[Record], root: Path) -> bytes:  # noqa: ARG001  (paths are shown as they were given)
    """The content of the file, with a suite for each command that ran."""
    verbs = dict.fromkeys(record.verb for record in records)
    suites = [_suite(verb, [record for record in records if record.verb == verb]) for verb in verbs]
    whole = Element("testsuites", {"name": "keras2to3", **_counts(records)})
    whole.extend(suites)
    ElementTree.indent(whole)
    text: str = ElementTree.tostring(whole, encoding="unicode")
    return f"{_DECLARATION}\n{text}\n".encode()


def _suite(verb: str, records: Sequence[Record]) -> Element:
    skipped = str(sum(record.is_allowed for record in records))
    suite = Element("testsuite", {"name": f"keras2to3 {verb}", **_counts(records), "skipped": skipped})
    suite.extend(map(_case, records))
    return suite


def _counts(records: Sequence[Record]) -> dict[str, str]:
    kinds = [_kind(record) for record in records]
    seconds = sum(record.seconds for record in records)
    counts = {"tests": len(records), "failures": kinds.count("failure"), "errors": kinds.count("error")}
    return {**{name: str(count) for name, count in counts.items()}, "time": f"{seconds:.3f}"}


def _kind(record: Record) -> str | None:
    """The element that says how a case ended; None for one that has passed."""
    if record.exit_code is Exit.VERIFIED:
        return "skipped" if record.is_allowed else None
    return "failure" if record.exit_code in _ABOUT_THE_MODEL else "error"


def _case(record: Record) -> Element:
    case = Element("testcase", classname=f"keras2to3.{record.verb}", name=record.name, time=f"{record.seconds:.3f}")
    kind, lines = _kind(record), "\n".join(_lines(record))
    if kind is not None:
        told = "; ".join(filter(None, [record.decision, record.message]))
        ended = SubElement(case, kind, type=record.status, message=told or FAILED)
        ended.text = lines
    elif lines:
        SubElement(case, "system-out").text = lines
    return case


def _lines(record: Record) -> list[str]:
    lines = [f"status: {record.status}, exit code {record.exit_code.value}"]
    for finding in record.findings:
        lines.append(f"{finding.level}: {finding.condition}: {finding.text}")
        lines += [f"  hint: {finding.hint}"] if finding.hint else []
    return lines
