"""Scan a path: find its format, read it, and list every reason against loading it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, Problem, reading
from interchange.hints import way_out_of_all
from interchange.user_files.replacements import Replacement
from keras2to3.scanner import (
    containers,
    model_files,
    non_models,
    policies,
    quantization,
    separate_architecture,
    unsupported,
)
from keras2to3.scanner.graph_alone import is_graph_alone, is_on_trial
from keras2to3.scanner.location import REBUILD
from keras2to3.scanner.missing_classes import find_missing
from keras2to3.scanner.scanned_file import ScannedFile
from keras2to3.scanner.unknown_classes import UnknownModelClass, UnknownObject, is_defined, merge_by_object


def examine(path: Path) -> ScannedFile:
    """Everything that can be read safely, with all problems.

    Raises a Failure: UNREADABLE for what is no model, REFUSED for a file of which hardly anything is stored.
    """
    with reading(path):
        container, size = containers.container_of(path)
        if text := model_files.missing_content(path):
            raise _refusal(
                path, [policies.Policy.PROMISES.violation("", path.name, text, instead=non_models.COPY_AGAIN)]
            )
        return _EXAMINERS[container](path, size)


# Each imports its format when needed: importing h5py takes longer than scanning most files.


def _hdf5(path: Path, size: int) -> ScannedFile:
    from keras2to3.scanner.formats import h5

    return h5.examine(path, size)


def _zip(path: Path, size: int) -> ScannedFile:
    from keras2to3.scanner.formats import keras, npz
    from keras2to3.scanner.readers import zip_archive, zip_members

    try:
        archive = zip_archive.read(path, size)
    except zip_members.BrokenArchiveError as error:
        raise non_models.not_a_model(path) from error
    if keras.CONFIG in archive.members:
        return keras.examine(archive, size)
    if any(name.endswith(".npy") for name in archive.members):
        return npz.examine(archive, size)
    if archive.problems:
        return keras.examine(archive, size)
    raise non_models.unreadable(
        path, f"is a zip archive without {keras.CONFIG}: no `.keras` file", non_models.SAVE_WHOLE
    )


def _json(path: Path, size: int) -> ScannedFile:
    from keras2to3.scanner.formats import text, tfjs

    if containers.is_tfjs(path):
        return tfjs.examine(path, size)
    return text.examine(path, size, "json", text.parse_json)


def _yaml(path: Path, size: int) -> ScannedFile:
    from keras2to3.scanner.formats import text
    from keras2to3.scanner.readers import yaml

    return text.examine(path, size, "yaml", yaml.parse)


def _checkpoint(path: Path, _: int) -> ScannedFile:
    from keras2to3.scanner.formats import checkpoint

    return checkpoint.examine(path)


def _saved_model(path: Path, _: int) -> ScannedFile:
    from keras2to3.scanner.formats import saved_model

    return saved_model.examine(path)


def _bundle(path: Path, _: int) -> ScannedFile:
    from keras2to3.scanner.formats import bundle

    return bundle.examine(path)


_EXAMINERS = {
    "hdf5": _hdf5,
    "zip": _zip,
    "json": _json,
    "yaml": _yaml,
    "checkpoint": _checkpoint,
    "savedmodel": _saved_model,
    "bundle": _bundle,
}


def scan_model(
    path: Path,
    trust: bool = False,
    replaced: Collection[Replacement] = (),
    architecture: Path | None = None,
    defined: Collection[str] = (),
) -> ScannedFile:
    """Scan a model before it is migrated; `trust` lifts the policies that can be lifted.

    Classes and functions named in `defined`, which a user's file defines, are no problem.

    The `architecture` belongs to a file of weights alone, and is scanned as strictly.

    The bytecode of a Lambda that is `replaced` is neither interpreted nor run, so it is no problem.

    Raises a `Failure`, in this order: USAGE for an invalid architecture, or one given for a file that has its own;
    REFUSED for what is unsafe; UNREADABLE for a format that is not migrated; REFUSED for what Keras 2.15 cannot
    load.
    """
    scanned = (
        examine(path) if architecture is None else separate_architecture.combine(examine(path), examine(architecture))
    )
    free = _replaced_layers(scanned, replaced)
    problems = [
        each
        for each in scanned.problems
        if not (policies.concerns_replaced_layer(each, free) or is_defined(each, defined))
    ]
    scanned = replace(scanned, problems=tuple(problems))
    unsupported.require_keras_2(scanned)
    # What Keras 2.15 lacks does not matter to a file of Keras 3.
    remaining = [
        each
        for each in problems
        if not (trust and policies.is_lifted_by_trust(each)) and (each.policy or not scanned.is_of_keras_3)
    ]
    remaining = quantization.merge_quantized_layers(
        [each for each in remaining if not (is_on_trial(scanned) and isinstance(each, UnknownModelClass))]
    )
    unsafe = any(problem.policy for problem in remaining)
    if not unsafe:
        unsupported.require_whole_model(scanned)
    # A graph alone is served without Keras 2.15, so what Keras 2.15 cannot load does not matter there.
    if unsafe or (remaining and not is_graph_alone(scanned)):
        # The missing classes are listed unless the file violates a policy by more than the module of a user's class.
        hostile = any(
            problem.policy and (not isinstance(problem, UnknownObject) or problem.needs_all) for problem in remaining
        )
        raise _refusal(path, remaining, () if hostile else find_missing(scanned, defined))
    return scanned


def scan_weights(path: Path) -> ScannedFile:
    """Scan a file of which only the weights are read; what Keras 2.15 cannot load, or `--trust` lifts, is ignored.

    Raises a `Failure`: REFUSED for what is
    unsafe all the same, UNREADABLE for a file that holds no weights.
    """
    scanned = examine(path)
    standing = [problem for problem in scanned.unsafe if not policies.is_lifted_by_trust(problem)]
    if standing:
        raise _refusal(path, standing)
    if not (scanned.source_format.has_weights and (scanned.has_weights or scanned.format == "weights")):
        hint = "Give a .h5, .weights.h5, .keras or .index that Keras has saved."
        raise non_models.unreadable(path, "holds no weights that could be given to another model", hint)
    return replace(scanned, has_weights=True)


def _replaced_layers(scanned: ScannedFile, replaced: Collection[Replacement]) -> Collection[str]:
    """The paths of the layers that are replaced; none in a file of Keras 3, where layers cannot be replaced."""
    if not replaced or scanned.is_of_keras_3:
        return ()
    from keras2to3.dry_run import replaced_layers

    return replaced_layers.names(scanned.architecture, replaced)


def _refusal(path: Path, problems: Sequence[Problem], lacking: Sequence[Mapping[str, Any]] = ()) -> Failure:
    problems = merge_by_object(problems)
    what = "one part" if len(problems) == 1 else f"{len(problems)} parts"
    hint = way_out_of_all(problems, REBUILD)
    first = f"{problems[0].layer or path.name} ({problems[0].class_name})"
    named = f"{first}, {problems[0].value}" if problems[0].value else first
    message = f"{path} holds {what} that must not or cannot be loaded; the first: {named}."
    return Failure(Exit.REFUSED, message, hint, tuple(problems), {"missing": list(lacking)} if lacking else {})
