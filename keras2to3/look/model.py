"""One whole-model HDF5 file looked at: read what it says of itself, or raise all that speaks against loading it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.errors import Failure, Problem, refused
from keras2to3.look import architecture, document, source
from keras2to3.look.source import unreadable

if TYPE_CHECKING:
    import h5py

_SAVE_WHOLE = (
    "Build the model in Keras 2 with the code that made it, call model.load_weights on this file, "
    "save the whole model with model.save('model.h5') and give that file."
)


@dataclass(frozen=True)
class Look:
    """What a file says of itself; nothing of it was executed, imported or fetched."""

    path: Path
    format: str
    saved_by: Mapping[str, str | None]
    sha256: str
    architecture: Mapping[str, Any]
    training: Mapping[str, Any] | None
    has_optimizer: bool


def look(path: Path) -> Look:
    """Look at a whole model that Keras 2 saved as HDF5.

    Raises a `Failure`: UNREADABLE for what is no such model, REFUSED with every problem found for one that
    Keras 2.15 must not load.
    """
    size = source.require_hdf5(path)
    import h5py  # here, because it takes longer to import than a usual file to look at

    try:
        # No lock: the file is only read, and may lie where locks are impossible.
        with h5py.File(path, "r", locking=False) as file:
            return _look_at(path, file, size)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        reason = document.short(str(error).splitlines()[0] if str(error) else type(error).__name__, 160)
        what = f"is damaged or cut short; HDF5 says: {reason.rstrip('.')}"
        raise unreadable(path, what, "Copy or download it again.") from error


def _look_at(path: Path, file: h5py.File, size: int) -> Look:
    from keras2to3.look import hdf5

    stored = hdf5.walk(file, size)
    # An attribute that breaks a law is not read.
    unsafe = {problem.key for problem in stored.problems if problem.layer == "" and problem.key}
    attributes = _Attributes(path, file, frozenset(unsafe))
    saved_by = {key: attributes.text(key) for key in ("keras_version", "backend")}
    _require_keras_2_model(path, file, saved_by["keras_version"])
    parsed, problems = _architecture(attributes)
    problems = stored.problems + problems + architecture.problems_of(parsed, stored.elements)
    if problems:
        raise _refusal(path, problems)
    training = _training(attributes)
    return Look(path, "h5", saved_by, source.digest(path), parsed, training, "optimizer_weights" in file)


@dataclass(frozen=True)
class _Attributes:
    """The texts at the root of a file."""

    path: Path
    file: h5py.File
    unsafe: frozenset[str]

    def text(self, key: str) -> str | None:
        """One attribute as text, whether h5py 2 or 3 wrote it; None if absent or no text."""
        if key in self.unsafe or key not in self.file.attrs:
            return None
        value = self.file.attrs[key]
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        return value if isinstance(value, str) else None


def _require_keras_2_model(path: Path, file: h5py.File, version: str | None) -> None:
    if (version or "").startswith("3"):
        hint = "There is nothing to migrate: keras.saving.load_model opens it."
        raise unreadable(path, f"was saved by Keras {version} and opens in Keras 3 already", hint)
    if "model_config" in file.attrs:
        return
    if any(key.startswith("layer_names") for key in file.attrs) or "model_weights" in file or "layers" in file:
        raise unreadable(path, "holds weights without an architecture", _SAVE_WHOLE)
    hint = "A Keras model saved as HDF5 has an attribute model_config at its root; this file has none."
    raise unreadable(path, "is HDF5, but no Keras file", hint)


def _architecture(attributes: _Attributes) -> tuple[dict[str, Any], list[Problem]]:
    """The parsed model_config, or why it cannot be trusted."""
    text = attributes.text("model_config")
    if text is None:
        return {}, [Problem("", "model_config", "the architecture is no text")]
    try:
        return document.parse(text), []
    except document.NotWellFormed as error:
        return {}, [Problem("", "model_config", f"the architecture cannot be trusted: {error}")]


def _training(attributes: _Attributes) -> dict[str, Any] | None:
    """The parsed training_config. It is told, never loaded, so what it names is no reason to refuse."""
    text = attributes.text("training_config")
    try:
        return None if text is None else document.parse(text)
    except document.NotWellFormed:
        return None


def _refusal(path: Path, problems: list[Problem]) -> Failure:
    what = "one part" if len(problems) == 1 else f"{len(problems)} parts"
    hint = "Each is named with its layer, the reason, and what would unblock it."
    return refused(problems, f"{path} is refused: {what} of it must not or cannot be loaded.", hint)
