"""Where a result comes from, and how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from keras2to3.options.commands import RollbackOptions
from keras2to3.reports.html.filters import DASH
from keras2to3.reports.html.kinds import kind_of
from keras2to3.reports.report import Report

_PLAIN = (bool, int, float, str)
_DEFAULTS: Mapping[str, Any] = {one.name: one.default for one in fields(RollbackOptions)}
_FORMATS = ("keras", "h5")  # the usual results of migrate and rollback
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


def provenance_of(report: Report) -> Provenance:
    """All that a report says of it."""
    return Provenance(tuple(_files(report)), _versions(report), tuple(_settings(report)), _command(report))


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
    for key, value in sorted(_chosen(report).items()):
        yield Entry(f"--{key.replace('_', '-')}", _written(value), code=True)


def _chosen(report: Report) -> Mapping[str, Any]:
    """The options that are not as they are by themselves."""
    options = report.made_with.get("options") or {}
    return {key: value for key, value in options.items() if not _is_usual(key, value)}


def _is_usual(key: str, value: Any) -> bool:
    if value is None or value is False or value in ([], {}, ()):
        return True
    return value in _FORMATS if key == "format" else bool(value == _DEFAULTS.get(key))


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(map(_written, value))
    return str(value)


def _command(report: Report) -> str:
    """A line for a shell; options of files are in the table of settings, with their digests."""
    words = ["keras2to3", kind_of(report).verb, str(report.source.get("path") or "SOURCE")]
    for key, value in sorted(_chosen(report).items()):
        option = f"--{key.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif isinstance(value, _PLAIN):
            words += [option, str(value)]
    return shlex.join(words)
