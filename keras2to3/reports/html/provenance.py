"""Where a result comes from, and how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from keras2to3.reports.html.filters import DASH
from keras2to3.reports.report import Report

_ONLY_GIVEN = ("trust",)  # what no report lifts
_DIGEST = "sha256"
_PACKAGES = ("Keras", "TensorFlow", "NumPy", "Python")


@dataclass(frozen=True)
class Entry:
    """A line of a table; `code` is what a machine reads, such as a digest."""

    label: str
    value: str
    code: bool = False


@dataclass(frozen=True)
class Provenance:
    """The files, the versions on both sides, the settings, and a command line."""

    files: tuple[Entry, ...]
    versions: tuple[tuple[str, str, str], ...]
    settings: tuple[Entry, ...]
    command: str


def provenance_of(report: Report, name: str) -> Provenance:
    """All that a report says of it; `name` is that of its file."""
    return Provenance(tuple(_files(report)), _versions(report), tuple(_settings(report)), _command(report, name))


def _files(report: Report) -> Iterator[Entry]:
    source = report.source
    yield Entry("Source", source.get("path") or "", code=True)
    for key, label in ((_DIGEST, "SHA-256 of the source"), ("format", "Format of the source")):
        if source.get(key):
            yield Entry(label, str(source[key]), key == _DIGEST)
    if saved_by := source.get("saved_by"):
        yield Entry("Saved by", ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in saved_by.items()))
    if architecture := source.get("architecture"):
        yield Entry("Architecture", " ".join(map(str, architecture.values())), code=True)
    if samples := (report.made_with.get("options") or {}).get("inputs"):
        yield Entry("SHA-256 of your samples", str(samples.get(_DIGEST)), code=True)
    yield from _result(report)
    for row in report.replaced:
        yield Entry(f"Function for {row.layer}", f"{row.place} ({_DIGEST} {row.sha256})", code=True)
    for side, file in (report.custom_objects or {}).items():
        yield Entry(f"Custom objects for {side}", f"{file.file} ({_DIGEST} {file.sha256})", code=True)


def _result(report: Report) -> Iterator[Entry]:
    if output := report.output:
        yield Entry("Result", output.path, code=True)
        yield Entry("SHA-256 of the result", output.sha256, code=True)
        yield Entry("Kind of the result", output.kind)
        if output.opens_from:
            yield Entry("Oldest Keras that has opened it", output.opens_from)
        if output.needs:
            yield Entry("Open it with", output.needs.usage, code=True)
    for key, value in (report.earlier or {}).items():
        yield Entry(f"Earlier result {key}", str(value), code=True)


def _versions(report: Report) -> tuple[tuple[str, str, str], ...]:
    sides = [report.environments.get(side, {}) for side in ("keras2", "keras3")]
    if not any(sides):
        return ()
    first, second = sides
    rows = ((title, _version(first, title), _version(second, title)) for title in _PACKAGES)
    return (*rows, ("Sandbox", _box(first), _box(second)))


def _version(side: Mapping[str, Any], title: str) -> str:
    return str(side.get(title.lower()) or DASH)


def _box(side: Mapping[str, Any]) -> str:
    return ", ".join(side.get("box") or ()).replace("_", " ") or DASH


def _settings(report: Report) -> Iterator[Entry]:
    for label, key in (("keras2to3", "keras2to3"), ("Code and locks", "code")):
        if report.made_with.get(key):
            yield Entry(label, str(report.made_with[key]), key == "code")
    for name, row in sorted((report.settings or {}).items()):
        value = "" if row["value"] is True else f"{_written(row['value'])} "
        yield Entry(f"--{name}", f"{value}({row['from']})", code=True)


def _written(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _command(report: Report, name: str) -> str:
    """A line for a shell in the folder of the report."""
    words = ["keras2to3", report.verb, "--from", name]
    words += ["--force"] if report.error is None else []
    words += [f"--{option}" for option in _ONLY_GIVEN if option in (report.settings or {})]
    return shlex.join(words)
