"""Our own bundle: its reader checks all of it, and its architecture is checked as any other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from interchange import manifest
from interchange.bundle import Bundle
from interchange.errors import Failure, Problem
from interchange.manifest import TensorRow
from interchange.tensors import DTYPES, STRING
from keras2to3.scanner import architecture, model_files
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import chunks
from keras2to3.scanner.readers.json_document import MAX_CHARACTERS, short
from keras2to3.scanner.scanned_file import ScannedFile, StoredTensor, no_blocks

# The policy behind a rule of docs/bundle-format.md; the other rules are about its form.
_LAWS = {
    **dict.fromkeys((5,), Policy.NAMES),
    **dict.fromkeys((1, 6), Policy.OTHER_FILES),
    **dict.fromkeys((7, 8, 9, 13, 18), Policy.PROMISES),
    **dict.fromkeys((14, 15, 16), Policy.MEMBERS),
}


def examine(path: Path) -> ScannedFile:
    """Scan a bundle folder."""
    problems: list[Problem] = []
    bundle = _opened(path, problems)
    config = _document(bundle, "architecture.json", problems)
    training = _document(bundle, "training.json", problems)
    tensors = tuple(_tensor(bundle, row) for row in bundle.manifest.tensors) if bundle else ()
    if config is not None:
        problems += architecture.problems_of(config, sum(math.prod(tensor.shape) for tensor in tensors))
    problems += [] if training is None else architecture.problems_of_training(training, "training.json")
    source_facts = bundle.manifest.source if bundle else {}
    saved_by = source_facts.get("saved_by")
    return ScannedFile(
        path=path,
        format="bundle",
        saved_by=saved_by if isinstance(saved_by, dict) else {"keras_version": None, "backend": None},
        architecture=config,
        training=training,
        has_optimizer=bundle is not None and "optimizer.npz" in bundle.manifest.files,
        size=sum(file.stat().st_size for file in model_files.files_of(path)),
        tensors=tensors,
        problems=tuple(problems),
    )


def _opened(path: Path, problems: list[Problem]) -> Bundle | None:
    try:
        return Bundle.open(path)
    except Failure as failure:
        policy = _LAWS.get(failure.detail.get("rule", 0), Policy.FORM)
        name = short(failure.detail.get("file", manifest.NAME))
        problems.append(policy.violation("", "bundle", failure.message, "file", name, failure.hint or ""))
        return None


def _document(bundle: Bundle | None, name: str, problems: list[Problem]) -> dict[str, Any] | None:
    if bundle is None or name not in bundle.manifest.files:
        return None
    if (size := bundle.manifest.files[name].size) > MAX_CHARACTERS:
        problems.append(
            Policy.LIMITS.violation("", "bundle", f"it has {size:,} bytes, more than any model needs", "file", name)
        )
        return None
    try:
        value = bundle.json(name)
    except Failure as failure:
        problems.append(Policy.FORM.violation("", "bundle", failure.message, "file", name))
        return None
    return value if isinstance(value, dict) else None


def _tensor(bundle: Bundle, row: TensorRow) -> StoredTensor:
    layer = row.facts.get("layer") or []
    parts = [row.file.removesuffix(".npz"), *(layer if isinstance(layer, list) else [layer])]
    name = "/".join(str(part) for part in (*parts, row.facts.get("variable", row.id)))
    size = math.prod(row.shape) * DTYPES[row.dtype].itemsize
    blocks = no_blocks if row.dtype == STRING else lambda: _blocks(bundle, row)
    return StoredTensor(name, row.shape, row.dtype, size, blocks)


def _blocks(bundle: Bundle, row: TensorRow) -> Iterator[np.ndarray[Any, Any]]:
    numbers = bundle.read(row)
    for piece in chunks.of(row.shape, numbers.dtype.itemsize):
        yield numbers[piece]
