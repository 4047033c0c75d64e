"""HDF5: a whole model as Keras 2 saved it (`h5`), or its weights alone (`weights`)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from interchange.errors import Problem
from keras2to3.scanner import architecture, non_models, training_config
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import hdf5_file, json_document
from keras2to3.scanner.readers.file_slice import FileSlice
from keras2to3.scanner.readers.hdf5_file import Contents
from keras2to3.scanner.scanned_file import KERAS_0, ScannedFile, is_of_keras_3

_VARIABLES = "vars"  # what holds those of a layer since Keras 2.12, in a class of one's own below its attributes
NUMBERED = "nb_layers"
"""The attribute of weights that Keras before 1.0 has saved, as `layer_0/param_0`."""
_TRAINING = "training_config"


def examine(path: Path, size: int) -> ScannedFile:
    """Scan an HDF5 file of `size` bytes; a Failure (exit code 3) if it is damaged or not written by Keras."""
    try:
        contents = hdf5_file.read(FileSlice.of(path, size))
    except hdf5_file.DamagedError as error:
        raise non_models.unreadable(path, str(error), "Copy or download it again.") from error
    parsed, problems = _architecture(contents)
    by_keras_3 = is_of_keras_3(contents.texts.get("keras_version"))
    training = training_config.NOT_COMPILED
    if _TRAINING in contents.attributes:
        training = training_config.of_text(contents.texts[_TRAINING], _TRAINING, by_keras_3)
    return ScannedFile(
        path=path,
        format=_format(path, contents),
        saved_by={key: contents.texts.get(key) for key in ("keras_version", "backend")} | _of_first_versions(contents),
        architecture=parsed,
        training=training.config,
        unreadable_training=training.unreadable,
        has_optimizer="optimizer_weights" in contents.members,
        has_weights="model_weights" in contents.members,
        size=size,
        tensors=contents.tensors,
        problems=(*contents.problems, *problems, *training.problems),
    )


def _of_first_versions(contents: Contents) -> dict[str, str | None]:
    """Weights whose layers are only numbered were written by Keras before 1.0."""
    return {"keras_version": KERAS_0} if NUMBERED in contents.attributes else {}


def _format(path: Path, contents: Contents) -> str:
    if "model_config" in contents.attributes or not contents.texts:  # so absurd that it was not read to the end
        return "h5"
    listed = any(key.startswith("layer_names") for key in contents.attributes)
    counted = any(re.split(r"[/\\]", name)[-1] == _VARIABLES for name in contents.groups)
    if (
        listed
        or counted
        or NUMBERED in contents.attributes
        or contents.members & {"model_weights", "layers", "_layer_checkpoint_dependencies"}
    ):
        return "weights"
    if contents.problems:  # what hides its root is refused for that
        return "h5"
    hint = "A Keras model saved as HDF5 has an attribute model_config at its root; this file has none."
    raise non_models.unreadable(path, "is HDF5, but no Keras file", hint)


def _architecture(contents: Contents) -> tuple[dict[str, Any] | None, list[Problem]]:
    if "model_config" not in contents.attributes:
        return None, []
    text = contents.texts["model_config"]
    if text is None:
        return None, [Policy.FORM.violation("", "model_config", "the architecture is not text")]
    try:
        parsed = json_document.parse(text)
    except json_document.NotWellFormedError as error:
        return None, [error.policy.violation("", "model_config", f"the architecture is unsafe: {error}")]
    return parsed, architecture.problems_of(
        parsed, contents.elements, is_of_keras_3(contents.texts.get("keras_version"))
    )
