"""A checkpoint of TensorFlow, as `save_weights("name")` wrote it: an index, and shards beside it."""

from __future__ import annotations

from pathlib import Path

from interchange.errors import Problem
from keras2to3.scanner import containers, model_files, non_models
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import checkpoint
from keras2to3.scanner.readers.protobuf import MalformedError
from keras2to3.scanner.scanned_file import ScannedFile


def examine(path: Path) -> ScannedFile:
    """Scan the checkpoint whose index is at `path`; a Failure (exit code 3) if it is damaged or lacks a shard."""
    if path.suffix != containers.INDEX_SUFFIX:
        raise non_models.unreadable(
            path, f"is the index of a checkpoint, but is not called NAME{containers.INDEX_SUFFIX}"
        )
    problems: list[Problem] = []
    lost: list[str] = []
    try:
        tensors = tuple(checkpoint.tensors(path.parent, path.stem, problems, lost))
    except MalformedError as error:
        raise non_models.unreadable(path, f"is damaged: {error}", non_models.COPY_AGAIN) from error
    if lost:
        raise non_models.unreadable(path, f"is incomplete: {', '.join(lost)} is missing", non_models.COPY_AGAIN)
    if not tensors and not problems:
        problems.append(Policy.FORM.violation("", path.name, "it holds no tensors"))
    files = [path, *containers.checkpoint_shards(path)]
    return ScannedFile(
        path=path,
        format="checkpoint",
        saved_by={"keras_version": None, "backend": "tensorflow"},
        architecture=None,
        training=None,
        has_optimizer=any("OPTIMIZER_SLOT" in tensor.name for tensor in tensors),
        size=model_files.total_size(files),
        tensors=tensors,
        problems=tuple(problems),
    )
