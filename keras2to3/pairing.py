"""Weights alone and the architecture they belong to: the one the user names, or the one beside them by its name."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.sources import TEXTS, Source, plain_stem

_WEIGHTS = frozenset({".h5", ".hdf5"})
_ENDING = re.compile(r"[_-]weights\Z")  # of a name, where what stands before it is the model's
_HINT = "Say which one with --architecture, one run for each."

_Key = tuple[str, str]


def paired(
    sources: Sequence[Source], is_weights: Callable[[Path], bool], architecture: Path | None = None
) -> list[Source]:
    """The sources, each file of weights with its architecture, which is then no source of its own.

    `is_weights` tells whether a file holds weights alone: a whole model has its architecture, whatever lies beside it.
    An `architecture` that the user names is that of every source. Without one, a file of weights takes what lies in
    its folder under its name: `a.json`, `a.arch.json` or `a.yaml` for `a.weights.h5`, `a_weights.h5` or `a.h5`.
    """
    if architecture is not None:
        others = [source for source in sources if not _is_same(source.path, architecture)]
        return [replace(source, architecture=architecture) for source in others or sources]
    texts = _texts(sources)
    found = [_with_text(source, texts, is_weights) for source in sources]
    taken = {source.architecture for source in found}
    return [source for source in found if source.path not in taken]


def _is_same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _texts(sources: Sequence[Source]) -> Mapping[_Key, Sequence[Path]]:
    found: dict[_Key, list[Path]] = defaultdict(list)
    for source in sources:
        if source.path.suffix.lower() in TEXTS:
            found[_key(source.path, plain_stem(source.path))].append(source.path)
    return found


def _key(path: Path, stem: str) -> _Key:
    return os.path.realpath(path.parent), stem


def _with_text(source: Source, texts: Mapping[_Key, Sequence[Path]], is_weights: Callable[[Path], bool]) -> Source:
    stem = _ENDING.sub("", plain_stem(source.path))
    near = texts.get(_key(source.path, stem), ())
    if source.failure or source.path.suffix.lower() not in _WEIGHTS or not near or not is_weights(source.path):
        return source
    if len(near) > 1:
        names = " and ".join(path.name for path in near)
        text = f"{source.path} holds weights alone, and {names} could both be their architecture."
        return replace(source, failure=Failure(Exit.UNREADABLE, text, _HINT))
    return replace(source, architecture=near[0])
