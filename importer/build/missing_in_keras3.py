"""Refuse a model that needs an operation or argument which an older Keras 3 does not have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from translation.keras3_minors.new_arguments import KNOWN, NEWER, OPERATIONS, is_older


@dataclass(frozen=True)
class Lacking:
    """An operation or argument that this Keras 3 does not have, and the first version that has it, if known."""

    name: str
    since: str | None

    def __str__(self) -> str:
        import keras

        return f"it needs {self.name}, which Keras {keras.__version__} does not have"

    @property
    def unblock(self) -> str:
        """The hint for the user."""
        if self.since:
            return f"use --keras {self.since} or a newer one"
        return "please report it" if is_newest() else "use the newest Keras, without --keras"


def is_newest() -> bool:
    """Whether this Keras 3 is as new as any that is known, so that upgrading does not help."""
    import keras

    return not is_older(keras.__version__, KNOWN)


def operation(error: AttributeError) -> Lacking | None:
    """The attribute of a Keras module that is missing, if an error is about one; other errors are our defects."""
    module = str(getattr(error.obj, "__name__", ""))
    if not module.startswith("keras."):
        return None
    path = f"{module.rpartition('keras.')[2].removeprefix('api.')}.{error.name}"
    return Lacking(f"keras.{path}", OPERATIONS.get(path.removeprefix("ops.")))


def argument(kind: str, class_name: str, config: Mapping[str, Any]) -> Lacking | None:
    """The first argument of a class that was added after this Keras 3."""
    import keras

    for since, classes in NEWER.items():
        for key in classes.get(f"keras.{kind}.{class_name}", {}):
            if key in config and is_older(keras.__version__, since):
                return Lacking(f"`{key}` of keras.{kind}.{class_name}", since)
    return None
