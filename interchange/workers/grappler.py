"""Graphs as they were traced: what TensorFlow would make of them first takes longer than what is computed, once."""

from __future__ import annotations

import re
from typing import Any

_SCOPE = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")


def leave_as_they_are(config: Any) -> None:
    """From now on no graph of this process is rewritten, and so each computes what the layers would one by one.

    `config` is `tensorflow.config`.
    """
    config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def takes_name(name: str) -> bool:
    """Whether a model of this name can be traced: a graph has a scope for it, one that runs at once has none."""
    return _SCOPE.fullmatch(name) is not None
