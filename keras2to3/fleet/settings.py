"""The options of a plan, as its file keeps them. The files that they name have the same path on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure
from keras2to3.cli import parser
from keras2to3.cli.command_line import parse
from keras2to3.config import reading, recorded
from keras2to3.config.document import Document
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.options.given import latest

_ASIDE = {"overwrite": "--overwrite", "force": "--force"}
_OF_CHECK = {"back": "--back"}


def to_plan(options: Options | CheckOptions) -> dict[str, Any]:
    """The options as words of a command line, and those of some models as tables of a configuration."""
    aside = _ASIDE if isinstance(options, Options) else _OF_CHECK
    words = [*recorded.words(options.settings), *(word for name, word in aside.items() if getattr(options, name))]
    if isinstance(options, Options) and not options.html:
        words.append("--no-html")
    models = [
        {"match": entry.match.text, **{one.name: recorded.absolute(one) for one in latest(entry.given)}}
        for entry in options.models
    ]
    base = next((str(entry.match.base.absolute()) for entry in options.models), "/")
    return {"words": words, "models": models, "base": base}


def of_plan(kept: Mapping[str, Any], verb: str, downloads: Path) -> Options | CheckOptions:
    """The options of a shard. Patterns for models match what is below `downloads` as well, where sources of stores are.

    Raises `Failure(ENVIRONMENT)` if a file that an option names cannot be used on this machine.
    """
    try:
        with parser.raising():
            options = parse([verb, *kept["words"], "--no-config", "."])
    except parser.UsageProblem as problem:
        text = f"the options of the plan do not hold on this machine: {problem}"
        raise Failure(Exit.ENVIRONMENT, text, "let each file that they name be at the same path here") from problem
    assert isinstance(options, (Options, CheckOptions))
    actions = reading.all_actions(list(reading.parsers().values()))
    document = Document(Path("plan.json"), "", {})
    models = [
        entry
        for base in (Path(kept["base"]), downloads)
        for entry in reading.of_table(document, (), {"model": kept["models"]}, base, verb, actions).models
    ]
    return replace(options, models=tuple(models))
