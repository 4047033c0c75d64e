"""Graphs as they were traced: what TensorFlow would make of them first takes longer than what is computed, once."""

from __future__ import annotations

from typing import Any


def leave_as_they_are(config: Any) -> None:
    """From now on no graph of this process is rewritten, and so each computes what the layers would one by one.

    `config` is `tensorflow.config`.
    """
    config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
