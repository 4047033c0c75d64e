"""The arguments for continuous integration, which every command has that works on models."""

from __future__ import annotations

import argparse

from keras2to3.cli import values

_RULES = "RULE[,RULE]"
_FILES = {"junit": "JUnit XML", "sarif": "SARIF 2.1.0", "gitlab": "a code quality report of GitLab"}


def add(group: argparse._ArgumentGroup) -> None:
    """Add the options of the policy."""
    text = "failures that do not count: refused, refused:Lambda, differs, ...; may be given several times"
    group.add_argument("--allow", action="extend", type=values.allowed, metavar=_RULES, help=text)
    text = "what makes a verified source fail with code 10: weak, training-only, lossy, ...; may be given several times"
    group.add_argument("--fail-on", action="extend", type=values.failing, metavar=_RULES, help=text)
    for name, what in _FILES.items():
        group.add_argument(f"--{name}", type=values.document(name), metavar="FILE", help=f"write {what}")
