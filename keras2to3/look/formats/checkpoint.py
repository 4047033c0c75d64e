"""A checkpoint of TensorFlow, as `save_weights("name")` wrote it: an index, and shards beside it."""

from __future__ import annotations

from pathlib import Path

from interchange.errors import Problem
from keras2to3.look import source
from keras2to3.look.laws import Law
from keras2to3.look.readers import checkpoint
from keras2to3.look.readers.protobuf import MalformedError
from keras2to3.look.seen import Look


def examine(path: Path) -> Look:
    """Look at a checkpoint whose index is at `path`; a Failure (exit code 3) if it is damaged or lacks a shard."""
    if path.suffix != source.TABLE:
        raise source.unreadable(path, f"is the index of a checkpoint, but is not called NAME{source.TABLE}")
    problems: list[Problem] = []
    lost: list[str] = []
    try:
        tensors = tuple(checkpoint.tensors(path.parent, path.stem, problems, lost))
    except MalformedError as error:
        raise source.unreadable(path, f"is damaged: {error}", source.COPY_AGAIN) from error
    if lost:
        raise source.unreadable(path, f"is incomplete: {', '.join(lost)} is missing", source.COPY_AGAIN)
    if not tensors and not problems:
        problems.append(Law.FORM.broken("", path.name, "it holds no tensors"))
    files = [path, *source.shards(path)]
    return Look(
        path=path,
        format="checkpoint",
        saved_by={"keras_version": None, "backend": "tensorflow"},
        architecture=None,
        training=None,
        has_optimizer=any("OPTIMIZER_SLOT" in tensor.name for tensor in tensors),
        size=source.bytes_of(files),
        tensors=tensors,
        problems=tuple(problems),
    )
