"""The options of `env`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from keras2to3.options.commands import Display


@dataclass(frozen=True)
class EnvironmentOptions:
    """Options of `env`: an action on the environments of these names.

    `keras` and `tensorflow` are the versions for Keras 3; None is the version in the lock. `all` removes also those
    that are current. `file` is an offline set.
    """

    action: str
    names: tuple[str, ...] = ()
    keras: Optional[str] = None
    tensorflow: Optional[str] = None
    all: bool = False
    file: Optional[Path] = None
    display: Display = field(default_factory=Display)
