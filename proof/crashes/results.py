"""A folder of models with their results, and what has to be true of it at any time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HIDDEN = ".keras2to3"
RESULT, REPORT = ".keras", ".report.json"
_OF_A_RUN = {"summary.json", "summary.html"}
_OF_A_MODEL = (RESULT, REPORT, ".report.html")


@dataclass(frozen=True)
class Trial:
    """What was done at one time, and what was wrong afterwards, a line each."""

    kind: str
    what: str
    problems: tuple[str, ...]


def models(output: Path) -> Mapping[str, bytes]:
    """The results below a folder, by their names."""
    return {path.stem: path.read_bytes() for path in output.rglob(f"*{RESULT}") if HIDDEN not in path.parts}


def half_done(output: Path, right: Mapping[str, tuple[bytes, ...]]) -> list[str]:
    """What cannot be used: a result that is none of those that are right, and a report that cannot be read."""
    wrong = [f"{name}{RESULT} is not whole" for name, content in models(output).items() if content not in right[name]]
    return wrong + [f"{path.name} is not whole" for path in _reports(output) if not _read(path)]


def lost(output: Path, before: Mapping[str, bytes]) -> list[str]:
    """Results that were verified before and are not there."""
    return [f"{name}{RESULT} is lost" for name in before.keys() - models(output).keys()]


def unfinished(output: Path, right: Mapping[str, bytes]) -> list[str]:
    """What a second run has not set right: a missing or other result, a report of something else, a file left over."""
    found = models(output)
    wrong = [f"after the second run {name}{RESULT} is not right" for name in right if found.get(name) != right[name]]
    for path in _reports(output):
        digest = hashlib.sha256(right[path.name.removesuffix(REPORT)]).hexdigest()
        report = _read(path)
        if report.get("status") != "verified" or report["output"]["sha256"] != digest:
            wrong.append(f"after the second run {path.name} is of something else")
    return wrong + [f"after the second run {path} is left over" for path in _left_over(output, set(right))]


def _left_over(output: Path, names: set[str]) -> list[str]:
    expected = _OF_A_RUN | {f"{name}{ending}" for name in names for ending in _OF_A_MODEL}
    return sorted(
        path.relative_to(output).as_posix()
        for path in output.rglob("*")
        if not path.is_dir() and path.name not in expected
    )


def _reports(output: Path) -> Iterator[Path]:
    return (path for path in output.rglob(f"*{REPORT}") if HIDDEN not in path.parts)


def _read(path: Path) -> dict[str, Any]:
    """A report, or nothing where it is none."""
    try:
        report = json.loads(path.read_text("utf-8"))
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}
