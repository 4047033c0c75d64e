"""Weights alone and the architecture they belong to: the one the user names, or the one beside them by its name."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.scanner.containers import INDEX_SUFFIX, is_tfjs
from keras2to3.sources import TEXTS, Source, plain_stem

_WEIGHTS = frozenset({".h5", ".hdf5", INDEX_SUFFIX})
_ENDING = re.compile(r"[_-]weights\Z")  # of a name, where what stands before it is the model's
_HINT = "Select one with --architecture, in one run for each."
# What people write into the names of the two files besides the name of the model.
_WORDS = re.compile(
    r"(?i)architecture|arch|structure|topology|config|model|json|yaml|weights?|params?|parameters|checkpoint|ckpt|"
    r"trained|training|best|final|last|full|keras|tf|h5"
)
_COUNTS = re.compile(r"\d+|[ev]?\d+|epochs?|steps?|val|loss|acc|accuracy")
_PARTS = re.compile(r"[^\W_]+")
_CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])")

_Key = tuple[str, tuple[str, ...]]
Say = Callable[[str], None]


def paired(
    sources: Sequence[Source],
    is_weights: Callable[[Path], bool],
    architecture_of: Callable[[Path], Path | None] = lambda _: None,
    say: Say = lambda _: None,
) -> list[Source]:
    """The sources, each file of weights with its architecture, which is then no source of its own.

    `is_weights` tells whether a file holds weights alone: a whole model has its architecture, whatever lies beside it,
    and a text of its name is no second model, which `say` is told.
    `architecture_of` is what the user names for a source, which is then no source itself. Without one, a file of
    weights takes what lies in its folder under its name: `a.json`, `a.arch.json` or `a.yaml` for `a.weights.h5`,
    `a_weights.h5` or `a.h5`; else what has its name but for words as `model`, `architecture` and `best`, and for
    numbers of a training; else the only one beside the only weights.
    """
    named = {source.path: given for source in sources if (given := architecture_of(source.path)) is not None}
    if texts := set(map(os.path.realpath, named.values())):
        sources = [source for source in sources if os.path.realpath(source.path) not in texts] or sources
    if not named and not any(map(_is_text, sources)):
        return list(sources)
    own = {source.path: replace(source, architecture=named[source.path]) for source in sources if source.path in named}
    found = _with_neighbours([source for source in sources if source.path not in named], is_weights, say)
    own.update({source.path: source for source in found})
    return [own[source.path] for source in sources if source.path in own]


def _with_neighbours(sources: Sequence[Source], is_weights: Callable[[Path], bool], say: Say) -> Iterator[Source]:
    """The sources, each file of weights with the architecture that lies beside it."""
    weights = {source.path for source in sources if _may_be_weights(source) and is_weights(source.path)}
    alone = _only_ones(sources, weights)
    for key_of in (_named, _meant, _counted, lambda source: alone.get(source.path, (str(source.path), ()))):
        sources = _taken(sources, weights, key_of)
    return _without_described(sources, weights, say)


def _is_text(source: Source) -> bool:
    return source.path.suffix.lower() in TEXTS and not is_tfjs(source.path)


def _may_be_weights(source: Source) -> bool:
    return not source.failure and source.path.suffix.lower() in _WEIGHTS


def _named(source: Source) -> _Key:
    """Folder and name."""
    stem = plain_stem(source.path)
    return _folder(source.path), (stem if _is_text(source) else _ENDING.sub("", stem),)


def _meant(source: Source) -> _Key:
    """Folder and name without the words that say what kind of file it is."""
    stem = _CAPITALS.sub("_", plain_stem(source.path))
    words = (word.lower() for word in _PARTS.findall(stem))
    return _folder(source.path), tuple(word for word in words if not _WORDS.fullmatch(word))


def _counted(source: Source) -> _Key:
    """The same, of weights without what counts them, as `weights.05-0.32.h5` of a training."""
    folder, words = _meant(source)
    return folder, words if _is_text(source) else tuple(word for word in words if not _COUNTS.fullmatch(word))


def _only_ones(sources: Sequence[Source], weights: set[Path]) -> Mapping[Path, _Key]:
    """The text and the weights of each folder that has no other, with a key that they have in common."""
    texts, others = (
        Counter(_folder(path) for path in paths)
        for paths in ((source.path for source in sources if _is_text(source)), weights)
    )
    places = {source.path: _folder(source.path) for source in sources}
    return {path: (place, ()) for path, place in places.items() if texts[place] == others[place] == 1}


def _folder(path: Path) -> str:
    return os.path.realpath(path.parent)


def _taken(sources: Sequence[Source], weights: set[Path], key_of: Callable[[Source], _Key]) -> list[Source]:
    """The sources, in which weights without an architecture have taken the one of their key, and that is gone."""
    texts: dict[_Key, list[Path]] = defaultdict(list)
    for source in filter(_is_text, sources):
        texts[key_of(source)].append(source.path)
    found = [_with_text(one, texts.get(key_of(one), ())) if _is_alone(one, weights) else one for one in sources]
    taken = {source.architecture for source in found}
    return [source for source in found if source.path not in taken]


def _is_alone(source: Source, weights: set[Path]) -> bool:
    return source.path in weights and source.architecture is None and not source.failure


def _with_text(source: Source, near: Sequence[Path]) -> Source:
    if len(near) > 1:
        names = " and ".join(path.name for path in near)
        text = f"{source.path} holds weights only, and {names} could both be their architecture."
        return replace(source, failure=Failure(Exit.UNREADABLE, text, _HINT))
    return replace(source, architecture=near[0]) if near else source


def _without_described(sources: Sequence[Source], weights: set[Path], say: Say) -> Iterator[Source]:
    """The sources but for texts that have the name of a whole model beside them."""
    whole = {_meant(one): one.path for one in sources if not _is_text(one) and one.path not in weights}
    for source in sources:
        model = whole.get(_meant(source)) if _is_text(source) and not source.failure else None
        if model is None:
            yield source
        else:
            say(f"{source.path}: skipped, because it describes {model}, which is not a file of weights")
