"""Rewrite the generated sections of the documentation: nox -s docs.

A section stands between `<!-- generated: NAME -->` and `<!-- end of NAME -->`; everything else is written by hand.
"""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs import left_out, operations, operators, performance, reliability, support, what_changed
from interchange.errors import Exit
from keras2to3.cli import environment_arguments
from keras2to3.config import reading
from keras2to3.config.settings import SETTINGS
from keras2to3.policy import CONDITIONS, Condition
from keras2to3.scanner.policies import Policy

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md",
    "SECURITY.md",
    *(f"docs/handbook/{name}.md" for name in ("ci", "configuration", "options", "security", "sources")),
    *(f"docs/{name}.md" for name in ("operations", "operators", "performance", "reliability")),
    *(f"docs/{name}.md" for name in ("supported", "what-changed")),
)

_MARKED = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end of (?P=name) -->)", re.DOTALL)


def exit_codes() -> str:
    """The exit codes and what each means."""
    return "\n".join(["| code | meaning |", "| --- | --- |", *(f"| {code.value} | {code.meaning} |" for code in Exit)])


def policies() -> str:
    """The policies of the scanner, and which of them `--trust` lifts."""
    rows = (f"| `{policy.value}` | {policy.sentence} | {'yes' if policy.trustable else 'never'} |" for policy in Policy)
    return "\n".join(["| policy | what it says | lifted by `--trust` |", "| --- | --- | --- |", *rows])


def policy_conditions() -> str:
    """What a rule of the user's policy can name."""
    rows = (
        f"| `{name}` | {each.meaning} | {_detail(each)} | {'`--allow`, ' if each.is_failure else ''}`--fail-on` |"
        for name, each in CONDITIONS.items()
    )
    return "\n".join(["| condition | holds if | detail | option |", "| --- | --- | --- | --- |", *rows])


def _detail(condition: Condition) -> str:
    choices = ", ".join(f"`{choice}`" for choice in condition.choices)
    return f"{condition.detail}: {choices}" if choices else condition.detail or ""


def options(*verbs: str) -> str:
    """What `--help` prints after verbs, each of one word or more."""
    environment = {**os.environ, "COLUMNS": "110", "NO_COLOR": "1", "PYTHONPATH": str(ROOT)}
    texts = []
    for verb in verbs:
        command = (sys.executable, "-m", "keras2to3", *verb.split(), "--help")
        done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True)
        texts.append(f"```text\n{done.stdout.rstrip()}\n```")
    return "\n\n".join(texts)


def settings() -> str:
    """The settings of a configuration: their types, whether a model may have its own, and the commands that use it."""
    actions = reading.all_actions(list(reading.parsers().values()))
    rows = (
        f"| `{name}` | {setting.kind.name} | {'yes' if setting.of_models else 'no'} | "
        f"{', '.join(reading.verbs_of(name))} |"
        for name, setting in SETTINGS.items()
        if name in actions
    )
    return "\n".join(["| setting | type | for one model | commands |", "| --- | --- | --- | --- |", *rows])


VERBS = ("migrate", "rollback", "roundtrip", "check", "inspect", "plan", "shard", "merge")
SECTIONS: Mapping[str, Callable[[], str]] = {
    "exit-codes": exit_codes,
    "policies": policies,
    "policy-conditions": policy_conditions,
    **{f"options-of-{verb}": functools.partial(options, verb) for verb in VERBS},
    "options-of-env": functools.partial(options, "env", *(f"env {action}" for action in environment_arguments.ACTIONS)),
    "crashes": reliability.crashes,
    "generation": reliability.generation,
    "left-out": left_out.listing,
    "mutation": reliability.mutation,
    "operations": operations.listing,
    "operators": operators.listing,
    "performance": performance.listing,
    "quiet-changes": what_changed.listing,
    "raw-operators": operators.raw,
    "refused-classes": support.refusals,
    "refused-functions": operators.refusals,
    "refused-operations": operations.refusals,
    "rules": support.listing,
    "settings": settings,
    "soak": reliability.soak,
    "support": support.table,
    "support-counts": support.counts,
}


def current(text: str) -> str:
    """The page with every generated section as it has to be."""
    return _MARKED.sub(lambda match: f"{match[1]}\n{SECTIONS[match['name']]()}\n\n{match[3]}", text)


def main() -> None:
    """Rewrite the pages that are not current, and name them."""
    for page in PAGES:
        path = ROOT / page
        old = path.read_text(encoding="utf-8")
        if (new := current(old)) != old:
            path.write_text(new, encoding="utf-8")
            print(f"rewritten: {page}")


if __name__ == "__main__":
    main()
