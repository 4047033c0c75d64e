"""The record of the benchmark as Markdown, for `docs/performance.md`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from docs import support

_RECORD = Path(__file__).with_suffix(".json")
_HEAD = ("figure", "median", "lowest to highest", "bound")
_STAGES = "command."
_NONE = "No run has been recorded yet: `nox -s bench -- --record`."


def listing() -> str:
    """Of each model the tables, and when and where they were measured."""
    if not _RECORD.exists():
        return _NONE
    return "\n\n".join(_section(row) for row in json.loads(_RECORD.read_text(encoding="utf-8"))["scenarios"])


def _measured(row: Mapping[str, Any]) -> str:
    machine = row["machine"]
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}"
    return f"`{row['command']}`, {row['date']}, {len(row['rounds'])} rounds; {where}."


def _section(row: Mapping[str, Any]) -> str:
    figures = [(one["name"], _median(one), _spread(one), _bound(one)) for one in row["figures"]]
    parts = [f"### {row['about']}", _measured(row), support.markdown(_HEAD, figures), *_medians(row["medians"])]
    return "\n\n".join(parts)


def _median(figure: Mapping[str, Any]) -> str:
    text = f"{figure['median']:.2f}{figure['unit'] and ' ' + figure['unit']}"
    return text if figure["good"] else f"**{text}**"


def _spread(figure: Mapping[str, Any]) -> str:
    return f"{figure['lowest']:.2f} to {figure['highest']:.2f}"


def _bound(figure: Mapping[str, Any]) -> str:
    if figure["least"] is not None:
        return f"at least {figure['least']:g}"
    return f"at most {figure['most']:g}" if figure["most"] is not None else ""


def _medians(medians: Mapping[str, float]) -> Iterator[str]:
    """What was run and the stages of the command: medians that hold for that machine and that hour alone."""
    whole = {name: value for name, value in medians.items() if not name.startswith(_STAGES)}
    parts = {name.removeprefix(_STAGES): value for name, value in medians.items() if name.startswith(_STAGES)}
    yield f"Medians in seconds and MiB: {_listed(whole)}."
    if parts:
        yield f"Stages of the command: {_listed(parts)}."


def _listed(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
