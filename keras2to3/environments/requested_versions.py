"""The versions of Keras 3 and TensorFlow for the importer, if the user wants others than those in the newest lock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from keras2to3 import install_paths

NEWEST, OLDEST = "keras3", "keras3-oldest"
"""The environments of Keras 3 that have a lock."""

# Each supported TensorFlow with the oldest Keras 3 for it; newer ones need that of the last.
PAIRS = {"2.18": "3.5", "2.19": "3.5", "2.20": "3.10", "2.21": "3.12"}
OLDEST_TENSORFLOW, OLDEST_KERAS = next(iter(PAIRS.items()))

_VERSION = re.compile(r"\d+\.\d+(\.\d+)?")


@dataclass(frozen=True)
class Target:
    """Versions such as `3.8`, the latest 3.8, or `3.8.0`, exactly this one; None is the version in the lock."""

    keras: str | None = None
    tensorflow: str | None = None

    def problem(self) -> str | None:
        """Why these versions do not work together, and which would; None if they do."""
        oldest = OLDEST_TENSORFLOW
        if self.tensorflow and release(self.tensorflow) < release(oldest):
            return f"--tensorflow {self.tensorflow}: {oldest} is the oldest that serves"
        needed = self._lock_for_tensorflow()
        if self.keras and not release(needed) <= release(self.keras) < (4,):
            return f"--keras {self.keras}: TensorFlow {self.tensorflow or oldest} needs a Keras 3 from {needed} on"
        return None

    def environment(self) -> tuple[str, tuple[str, ...]]:
        """The name of the environment to build, and the requirements that replace those in its lock."""
        if self.tensorflow is None:
            for name in (NEWEST, OLDEST):
                if self.keras is None or _fits(self.keras, locked_version(name, "keras")):
                    return name, ()
        keras = (self.keras and f"keras=={_pin(self.keras)}",)
        return NEWEST, tuple(filter(None, (*keras, *self._tensorflow())))

    def _lock_for_tensorflow(self) -> str:
        named = release(self.tensorflow or OLDEST_TENSORFLOW)
        return [keras for tensorflow, keras in PAIRS.items() if release(tensorflow) <= named][-1]

    def _tensorflow(self) -> Sequence[str]:
        """The requirements for TensorFlow, whose package differs by platform."""
        if self.tensorflow is None or _fits(self.tensorflow, locked_version(NEWEST, "tensorflow-cpu")):
            return ()
        return [
            re.sub(r"==\S+", f"=={_pin(self.tensorflow)}", line)
            for line in (install_paths.payload() / "envs" / f"{NEWEST}.in").read_text(encoding="utf-8").splitlines()
            if line.startswith("tensorflow")
        ]


def version(text: str) -> str:
    """Raises ValueError for an invalid version."""
    if not _VERSION.fullmatch(text):
        raise ValueError(f"{text!r} is not a version such as 3.8 or 3.8.0")
    return text


def locked_version(name: str, package: str) -> str:
    """The version of a package in the lock of an environment."""
    text = (install_paths.payload() / "envs" / f"{name}.lock").read_text(encoding="utf-8")
    match = re.search(rf"^{re.escape(package)}==([\w.]+)", text, re.MULTILINE)
    assert match, package
    return match[1]


def _pin(text: str) -> str:
    return text if text.count(".") == 2 else f"{text}.*"


def _fits(wanted: str, version: str) -> bool:
    return version == wanted or version.startswith(f"{wanted}.")


def release(text: str) -> tuple[int, ...]:
    """The first two numbers of a version, which decide compatibility; also of a nightly build such as `3.16.0.dev1`.

    Nothing of what is no version.
    """
    match = re.match(r"(\d+)\.(\d+)", text)
    return tuple(map(int, match.groups())) if match else ()
