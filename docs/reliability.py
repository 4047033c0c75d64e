"""The record of what was proved as Markdown, for `docs/reliability.md`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docs import support

_RECORD = Path(__file__).with_suffix(".json")
_NONE = "No run has been recorded yet: `nox -s {} -- --record`."


def _recorded(kind: str) -> Any:
    return json.loads(_RECORD.read_text("utf-8")).get(kind) if _RECORD.exists() else None


def _run(row: Mapping[str, Any]) -> str:
    """When and how it was run."""
    return f"`{row['command']}`, {row['date']}, {row['minutes']:g} minutes on {row['cores']} cores; " + ", ".join(
        row["keras"]
    )


def mutation() -> str:
    """How many faults were put into how many models, and which of those that show were caught."""
    row = _recorded("mutation")
    if row is None:
        return _NONE.format("mutation")
    share = f"**{row['caught']} of {row['shown']}** ({row['caught'] / row['shown']:.2%})"
    text = f"{row['models']} models, {row['faults']} faults. {row['shown']} faults show on the inputs drawn, and of "
    text += f"them {share} are caught. {row['hidden']} faults show on none, and Keras cannot open or run "
    text += f"{row['unopened']} of the files. {_run(row)}."
    verdicts = ("caught", "missed", "hidden", "unopened")
    rows = [(name, *(str(counts.get(verdict, 0)) for verdict in verdicts)) for name, counts in row["by_fault"].items()]
    return "\n\n".join([text, support.markdown(("fault", *verdicts), rows), _missed(row["missed"])])


def _missed(rows: list[Mapping[str, Any]]) -> str:
    if not rows:
        return "Nothing was missed."
    cells = [(row["model"], row["fault"], f"`{row['where']}`", _times(row["gap"]), row["text"]) for row in rows]
    head = ("model", "fault", "where", "largest difference / what rounding may explain", "what was compared")
    return "Missed:\n\n" + support.markdown(head, cells)


def _times(gap: float | None) -> str:
    return "another shape, dtype or whole number" if gap is None else f"{gap:.3g}"


def generation() -> str:
    """How many random models there were, and the verdicts."""
    row = _recorded("generation")
    if row is None:
        return _NONE.format("generate")
    verdicts = row["verdicts"]
    judged = sum(count for verdict, count in verdicts.items() if verdict != "invalid")
    text = f"{judged} models: {verdicts['right']} are verified and right, **{verdicts['wrong']} verified and wrong**, "
    text += (
        f"{verdicts['refused']} refused, {verdicts['failed']} failed. Of {verdicts['invalid']} more that were drawn, "
    )
    lines = [f"{text}Keras 2.15 itself could build, run or save none. {_run(row)}."]
    if row["refused"]:
        rows = [(str(count), text) for text, count in row["refused"].items()]
        lines.append(support.markdown(("models", "refused because"), rows))
    if row["bad"]:
        rows = [(each["name"], each["verdict"], each["text"]) for each in row["bad"]]
        lines.append(support.markdown(("model", "verdict", "why"), rows))
    return "\n\n".join(lines)


def crashes() -> str:
    """How often something was killed, cut off or made to fail, and what was wrong afterwards."""
    row = _recorded("crashes")
    if row is None:
        return _NONE.format("crashes")
    names = {"kill": "processes killed", "power": "losses of power", "disk": "changes of the disk that failed"}
    told = ", ".join(f"{count} {names[kind]}" for kind, count in row["trials"].items())
    lines = [f"{told}: **{len(row['problems'])} problems**. {_run(row)}."]
    if row["problems"]:
        rows = [(each["what"], each["text"]) for each in row["problems"]]
        lines.append(support.markdown(("what", "problem"), rows))
    return "\n\n".join(lines)


def soak() -> str:
    """How many rounds there were, and what came of everything in them."""
    row = _recorded("soak")
    if row is None:
        return _NONE.format("soak")
    lines = [f"{row['rounds']} rounds. {_run(row)}."]
    lines.append(support.markdown(("what", "how many"), [(name, str(count)) for name, count in row["totals"].items()]))
    if row["bad"]:
        lines.append(
            support.markdown(("seed", "what is bad"), [(str(each["seed"]), each["text"]) for each in row["bad"]])
        )
    return "\n\n".join(lines)
