"""Whether output can be redrawn: only on an interactive terminal, not in a log or a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

NO_CURSOR = ("dumb", "unknown")
"""Terminals that only print."""

# `!command` in a notebook runs in a terminal without cursor control. Kernels and hosts set one of these variables;
# ipykernel only sets how its commands should behave.
_HOSTS = ("JPY_PARENT_PID", "COLAB_RELEASE_TAG", "COLAB_GPU", "KAGGLE_KERNEL_RUN_TYPE", "DATABRICKS_RUNTIME_VERSION")
_OF_IPYKERNEL = {"TERM": "xterm-color", "CLICOLOR": "1", "PAGER": "cat", "GIT_PAGER": "cat"}


def can_redraw(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether what is on `stream` can be redrawn, by the stream and the environment variables."""
    if not stream.isatty() or "CI" in environment or environment.get("TERM") in NO_CURSOR:
        return False
    return not is_notebook(environment)


def is_notebook(environment: Mapping[str, str]) -> bool:
    """Whether this process was started from a notebook."""
    if any(name in environment for name in _HOSTS):
        return True
    return all(environment.get(name) == value for name, value in _OF_IPYKERNEL.items())
