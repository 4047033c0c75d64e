"""Whether what is printed can be redrawn: on a terminal that somebody watches, in no log and in no notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

_NO_CURSOR = ("dumb", "unknown")
# `!command` in a notebook runs in a terminal that knows no cursor. Who starts a kernel says so, or where it is hosted;
# ipykernel itself says nothing but how its commands shall behave.
_HOSTS = ("JPY_PARENT_PID", "COLAB_RELEASE_TAG", "COLAB_GPU", "KAGGLE_KERNEL_RUN_TYPE", "DATABRICKS_RUNTIME_VERSION")
_OF_IPYKERNEL = {"TERM": "xterm-color", "CLICOLOR": "1", "PAGER": "cat", "GIT_PAGER": "cat"}


def can_redraw(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether a live table on `stream` would stay in its place, as far as the variables of this process tell."""
    if not stream.isatty() or "CI" in environment or environment.get("TERM") in _NO_CURSOR:
        return False
    return not is_notebook(environment)


def is_notebook(environment: Mapping[str, str]) -> bool:
    """Whether this process was started from a notebook."""
    if any(name in environment for name in _HOSTS):
        return True
    return all(environment.get(name) == value for name, value in _OF_IPYKERNEL.items())
