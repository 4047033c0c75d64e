"""`--from REPORT`: the source and the settings of a report, for a run that repeats it."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keras2to3.cli import values
from keras2to3.config import reading, recorded
from keras2to3.config.document import Document
from keras2to3.config.reading import Configuration
from keras2to3.config.report_file import ReportFile
from keras2to3.config.settings import SETTINGS
from keras2to3.options.given import Given

_WAY_BACK = "rollback"


def configuration(parsed: argparse.Namespace) -> Configuration | None:
    """What the report says that is to be repeated, as a configuration; None if there is none. Raises `InvalidError`.

    For `rollback` that is a report of `rollback`. One of `migrate` says what the source was trained from.
    """
    path = _named(parsed)
    file = None if path is None else ReportFile.read(Path(path))
    if file is None or (parsed.verb == _WAY_BACK and file.report.verb != _WAY_BACK):
        return None
    if parsed.config:
        parsed.parser.error("--from REPORT and --config exclude each other: the report has the settings")
    _forget(parsed)
    _require_for(file, parsed)
    found = _settings(file, parsed)
    for one in found.given:
        _require_same(file, one.name, found.values, parsed)
    return dataclasses.replace(found, values={**found.values, **dict(_places(file, parsed))})


def _named(parsed: argparse.Namespace) -> str | None:
    """The report that `--from` names, if it is one."""
    origin = getattr(parsed, "origin", None)
    if origin is not None:
        return str(origin) if str(origin).endswith(".json") else None
    return getattr(parsed, "repeat", None)


def _forget(parsed: argparse.Namespace) -> None:
    """Let `--from` be none of the options, for what the report says takes its place."""
    parsed.given = tuple(name for name in parsed.given if name not in ("origin", "repeat"))
    del parsed.words["from"]
    if hasattr(parsed, "origin"):
        parsed.origin = None


def _require_for(file: ReportFile, parsed: argparse.Namespace) -> None:
    """Raises `InvalidError` for a report that the command cannot repeat."""
    if file.report.verb == _WAY_BACK and parsed.verb not in (_WAY_BACK, "check"):
        raise file.problem(f"is a report of rollback: keras2to3 rollback --from {file.path} repeats it")
    file.require_settings()
    if "trust" in file.settings and not getattr(parsed, "trust", True):
        raise file.problem("is of a run with --trust, which only the command line can give: add --trust")
    if not parsed.sources:
        file.require_source()


def _settings(file: ReportFile, parsed: argparse.Namespace) -> Configuration:
    """The settings of the report that the command has, read as those of a file."""
    rows = {name: row for name, row in file.settings.items() if _is_for(name, file, parsed)}
    origin = rows.pop(recorded.ORIGIN, None)
    moved = {
        name: recorded.relocated(name, row["value"], lambda path: str(file.moved(path))) for name, row in rows.items()
    }
    actions = reading.all_actions([parsed.parser, *parsed.parser.verbs.values()])
    found = reading.of_table(Document(file.path, "", {}), (), moved, Path(), None, actions)
    given = tuple(dataclasses.replace(one, place=str(rows[one.name]["from"])) for one in found.given)
    if origin is None or parsed.verb != _WAY_BACK:
        return dataclasses.replace(found, given=given)
    path = file.moved(str(origin["value"]))
    try:
        with_origin = {**found.values, "origin": values.origin(str(path))}
    except argparse.ArgumentTypeError as error:
        raise file.problem(f"from: {error}") from None
    whole = (*given, Given(recorded.ORIGIN, str(path), str(origin["from"])))
    return dataclasses.replace(found, values=with_origin, given=whole)


def _is_for(name: str, file: ReportFile, parsed: argparse.Namespace) -> bool:
    """Whether a command repeats a setting. One that no command has is an error, which is told as in a file."""
    if name in recorded.NEVER_REPEATED:
        return False
    own = reading.all_actions([parsed.parser])
    if name not in own:
        return name not in reading.all_actions(list(parsed.parser.verbs.values()))
    verbs = SETTINGS[name].verbs if name in SETTINGS else ()
    return not verbs or parsed.verb == file.report.verb or parsed.verb in verbs


def _require_same(file: ReportFile, name: str, found: Mapping[str, Any], parsed: argparse.Namespace) -> None:
    """Raises `InvalidError` if a file that the report names has changed, and the command line names no other."""
    dest = {"from": "origin"}.get(name, name.replace("-", "_"))
    dests = ("architecture", "builder") if name == "architecture" else (dest,)
    if name not in parsed.words and not all(file.has_same(one, found[one]) for one in dests if one in found):
        raise file.problem(f"the file of --{name} has changed: give --{name} to use it as it is now")


def _places(file: ReportFile, parsed: argparse.Namespace) -> Iterator[tuple[str, Any]]:
    """The source, if none is named, and the folder and name of its results, so that they are where they were."""
    if parsed.verb == file.report.verb:
        yield "output_dir", reading.shortest(file.output_dir)
    if not parsed.sources:
        yield "sources", (file.source,)
        yield "root", file.root
    if parsed.verb == "check" and file.report.verb == _WAY_BACK:
        yield "back", True
