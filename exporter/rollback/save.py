"""Write a model of Keras 2.15, with the same bytes every time where its format allows that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from interchange.workers import keras_archives

OTHER_FORMAT = "choose another format for the result with --format"
"""What helps where Keras 2.15 cannot write or read one."""

_SAVE_FORMAT = {"h5": "h5", "keras": "keras", "savedmodel": "tf"}


def save(model: Any, target: Path, format_: str) -> None:
    """Write a model with stock Keras; `format_` is `h5`, `keras` or `savedmodel`."""
    model.save(str(target), save_format=_SAVE_FORMAT[format_])
    if format_ == "keras":
        keras_archives.settle(target)
