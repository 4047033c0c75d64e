"""One whole-model HDF5 file looked at: what it says of itself, or all that speaks against loading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.errors import Failure, Problem, refused
from keras2to3.look import architecture, document, source
from keras2to3.look.source import unreadable

if TYPE_CHECKING:
    from keras2to3.look.contents import Contents

_WEIGHTS_ONLY = (
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
    from keras2to3.look import contents  # here, because h5py takes longer to import than most files to look at

    found = contents.read(path, size)
    parsed, problems = _decide(path, found)
    if problems:
        raise _refusal(path, problems)
    return Look(
        path=path,
        format="h5",
        saved_by={key: found.texts[key] for key in ("keras_version", "backend")},
        sha256=source.digest(path),
        architecture=parsed,
        training=_training(found.texts["training_config"]),
        has_optimizer="optimizer_weights" in found.members,
    )


def _decide(path: Path, found: Contents) -> tuple[dict[str, Any], list[Problem]]:
    """The parsed architecture, and all problems of the file; a Failure when it is no Keras 2 model at all."""
    if not found.texts:  # so absurd that it was not read to the end
        return {}, list(found.problems)
    _require_keras_2(path, found)
    _require_whole_model(path, found)
    text = found.texts["model_config"]
    try:
        parsed = document.parse(text) if text is not None else {}
    except document.NotWellFormedError as error:
        untrusted = Problem("", "model_config", f"the architecture cannot be trusted: {error}")
        return {}, [*found.problems, untrusted]
    if text is None:
        return {}, [*found.problems, Problem("", "model_config", "the architecture is no text")]
    return parsed, [*found.problems, *architecture.problems_of(parsed, found.elements)]


def _require_keras_2(path: Path, found: Contents) -> None:
    version = document.short(found.texts["keras_version"] or "")
    if version.startswith("3"):
        hint = "There is nothing to migrate: keras.saving.load_model opens it."
        raise unreadable(path, f"was saved by Keras {version} and opens in Keras 3 already", hint)


def _require_whole_model(path: Path, found: Contents) -> None:
    if "model_config" in found.attributes:
        if "model_weights" not in found.members:
            raise unreadable(path, "holds an architecture without weights", source.SAVE_WHOLE)
        return
    listed = any(key.startswith("layer_names") for key in found.attributes)
    if listed or found.members & {"model_weights", "layers", "_layer_checkpoint_dependencies"}:
        raise unreadable(path, "holds weights without an architecture", _WEIGHTS_ONLY)
    hint = "A Keras model saved as HDF5 has an attribute model_config at its root; this file has none."
    raise unreadable(path, "is HDF5, but no Keras file", hint)


def _training(text: str | None) -> dict[str, Any] | None:
    """The parsed training_config. It is told, never loaded, so what it names is no reason to refuse."""
    try:
        return None if text is None else document.parse(text)
    except document.NotWellFormedError:
        return None


def _refusal(path: Path, problems: Sequence[Problem]) -> Failure:
    what = "one part" if len(problems) == 1 else f"{len(problems)} parts"
    hint = "Each is named with its layer, the reason, and what would unblock it."
    return refused(problems, f"{path} holds {what} that must not or cannot be loaded.", hint)
