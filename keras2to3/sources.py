"""Which models are meant: files, folders walked to the bottom, and patterns the shell left alone, each model once."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from interchange.errors import Exit, Failure, unreadable
from interchange.system_errors import told_by
from keras2to3.look.source import BUNDLE, SAVED_MODEL, SIGNATURE, TABLE, is_saved_model_without_graph

TEXTS = frozenset({".json", ".yaml", ".yml"})
"""How names of architectures end."""

_SUFFIXES = frozenset({".h5", ".hdf5", ".keras", ".model"})
_TF, _BUNDLE = ".tf", ".bundle"
_KIND = re.compile(r"\.(weights\w*|arch|ckpt)\Z")  # of a name without its suffix
_HEAD = 4096
# What `to_json` and `to_yaml` begin with, whose keys stand in any order or in that of the alphabet.
_ARCHITECTURE = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?\s*("?\{\s*)?\\?["']?(backend|build_config|class_name|config|keras_version|module)\\?["']?\s*:"""
)


@dataclass(frozen=True)
class Source:
    """A path that is to be migrated; `failure` says why there is nothing to migrate, where that is known already.

    `architecture` is the file that describes the model, where `path` holds its weights alone; `stem` is what the
    results are called.
    """

    path: Path
    failure: Failure | None = None
    architecture: Path | None = None
    stem: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "stem", self.stem or plain_stem(self.path))


def plain_stem(path: Path) -> str:
    """The name without endings that belong to the kind: `model` of `model.weights.h5` and of `model.arch.json`."""
    ends = path.suffix.lower() in (*_SUFFIXES, _TF) or not _is_folder(path)  # elsewhere a dot is a part of the name
    return _KIND.sub("", path.stem if ends else path.name)


def find(arguments: Iterable[Path], output_dir: Path | None) -> list[Source]:
    """Every source the arguments name, in their order. What a folder holds besides models is not meant.

    A file that is named is always a source, whatever it holds; a folder without a model is one that failed. What lies
    in `output_dir` is no source.
    """
    skip = os.path.realpath(output_dir) if output_dir else ""
    found: dict[str, Source] = {}
    for argument in arguments:
        for path in _expanded(argument):
            for source in _below(path, skip) if _is_folder(path) else [Source(path)]:
                found.setdefault(os.path.realpath(source.path), source)
    return list(found.values())


def _expanded(argument: Path) -> list[Path]:
    """What a pattern matches; a path that exists is no pattern, and one that matches nothing stays what it is.

    A checkpoint is several files, and called by what their names have in common.
    """
    index = Path(f"{argument}{TABLE}")
    if os.path.lexists(argument) or not glob.has_magic(str(argument)):
        return [index] if not os.path.lexists(argument) and os.path.lexists(index) else [argument]
    matches = sorted(glob.glob(str(argument), recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    return [Path(match) for match in matches] or [argument]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name no file system takes; reading it says why
        return False


def _below(folder: Path, skip: str) -> list[Source]:
    if folder.suffix == _BUNDLE and (folder / BUNDLE).is_file():  # one that is named is meant
        return [Source(folder)]
    errors: list[OSError] = []
    found = [Source(path) for path in _models(folder, skip, errors)]
    found += [Source(Path(error.filename), _closed(error)) for error in errors]
    endings = ", ".join(sorted(_SUFFIXES))
    hint = f"Files ending in {endings}, all HDF5 files, and architectures in JSON or YAML below it would be taken."
    return found or [Source(folder, Failure(Exit.UNREADABLE, f"{folder} is a folder without any model.", hint))]


def _models(folder: Path, skip: str, errors: list[OSError]) -> Iterator[Path]:
    """Models below a folder in the order of their names; hidden folders, `skip` and links to folders are passed by."""
    for parent, folders, files in os.walk(folder, onerror=errors.append):
        here = Path(parent)
        if here.suffix == _BUNDLE and BUNDLE in files:
            folders.clear()  # of ours: what a model was proven with
            continue
        if SAVED_MODEL in files or is_saved_model_without_graph(here):
            folders.clear()  # what lies below is part of it
            yield here
            continue
        folders[:] = sorted(name for name in folders if name[0] != "." and os.path.realpath(here / name) != skip)
        names = frozenset(files)
        yield from (here / name for name in sorted(files) if name[0] != "." and _is_model(here / name, names))


def _is_model(path: Path, siblings: frozenset[str]) -> bool:
    if path.suffix == ".keras" and f"{path.stem}.report.json" in siblings:
        return False  # a result of an earlier run
    if path.suffix.lower() in _SUFFIXES:
        return True
    head = _head(path)
    return head.startswith(SIGNATURE) or (path.suffix.lower() in TEXTS and _is_architecture(head))


def _is_architecture(head: bytes) -> bool:
    return _ARCHITECTURE.match(head) is not None and b"class_name" in head


def _head(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would block
            return b""
        with path.open("rb", buffering=0) as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def _closed(error: OSError) -> Failure:
    told = told_by(error)
    assert told is not None  # whatever walks a folder has asked the system
    return unreadable(told, Path(error.filename))
