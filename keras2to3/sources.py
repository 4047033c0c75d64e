"""Which models are meant: files, folders walked to the bottom, and patterns the shell left alone, each model once."""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from interchange.errors import Exit, Failure, unreadable
from interchange.system_errors import told_by
from keras2to3.formats import ENDINGS, KERAS, RESULT_ENDINGS
from keras2to3.options.exclusion import Exclusion
from keras2to3.options.path_patterns import PathPattern
from keras2to3.reports.report import sealed
from keras2to3.scanner.containers import (
    BUNDLE,
    INDEX_SUFFIX,
    SAVED_MODEL,
    SIGNATURE,
    is_checkpoint,
    is_saved_model_without_graph,
    is_tfjs,
)

Wanted = Callable[[Path], bool]

TEXTS = frozenset({".json", ".yaml", ".yml"})
"""How names of architectures end."""

REPORT = ".report.json"
"""How the report of a result is called besides its name."""

_TF, _BUNDLE = ".tf", ".bundle"
_ENDS = ENDINGS | {_TF}
_KIND = re.compile(r"\.(weights\w*|arch|ckpt)\Z")  # of a name without its suffix
_HEAD = 4096
# What `to_json` and `to_yaml` begin with, whose keys stand in any order or in that of the alphabet.
_ARCHITECTURE = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?\s*("?\{\s*)?\\?["']?(backend|build_config|class_name|config|keras_version|module)\\?["']?\s*:"""
)
# What stands there in a text of Keras 0.3 and 1, of Python 2 in any order, besides its class and config.
_OLD_ARCHITECTURE = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?\s*"?\{\s*\\?"(name|layers|loss|optimizer|class_mode|metrics|nodes|theano_mode|trainable|"""
    rb"""sample_weight_mode|input_\w+|output_\w+)\\?"\s*:"""
)
_KEYS = [re.compile(rb"""\\?"%s\\?"\s*:""" % key) for key in (b"class_name", b"config")]


@dataclass(frozen=True)
class Source:
    """A path that is to be migrated; `failure` says why there is nothing to migrate, where that is known already.

    `architecture` is the file that describes the model, where `path` holds its weights alone. `base` is the folder that
    was named, or the part of a pattern before its first wildcard; the file's own folder where the file was named.
    `is_pattern` marks a pattern that matches nothing, for which there is no result to name.
    """

    path: Path
    failure: Failure | None = None
    architecture: Path | None = None
    base: Path | None = None
    is_pattern: bool = False

    @property
    def stem(self) -> str:
        """What its results are called, without folder and ending."""
        return plain_stem(self.path)


def plain_stem(path: Path) -> str:
    """The name without endings that belong to the kind: `model` of `model.weights.h5` and of `model.arch.json`."""
    path = path if path.name else Path(os.path.abspath(path))  # noqa: PTH100  (`.` has no name, and links stay)
    ends = path.suffix.lower() in _ENDS or not _is_folder(path)  # elsewhere a dot is a part of the name
    name = path.stem if ends else path.name
    return _KIND.sub("", name) or name


def find(
    arguments: Iterable[Path],
    output_dir: Path | None,
    wanted: Wanted | None = None,
    exclude: Sequence[PathPattern] = (),
) -> list[Source]:
    """Every source the arguments name, in their order. What a folder holds besides models is not meant.

    A file that is named is always a source, whatever it holds; a folder without a model is one that failed. What lies
    in `output_dir`, or matches `exclude`, is no source unless it is named itself. What is named twice has the outermost
    of its bases. `wanted` tells of a file in a folder whether it is meant; by default every model is that is no result
    of ours.
    """
    skip = Exclusion.of(output_dir, exclude)
    found: dict[str, Source] = {}
    real = RealPaths()
    for source in (source for argument in arguments for source in _named(argument, skip, wanted)):
        place = real.of(source.path)
        found[place] = _outermost(found[place], source) if place in found else source
    return list(found.values())


class RealPaths:
    """Paths with every link followed; the links above a file are followed once for all files of a folder."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}

    def of(self, path: Path) -> str:
        """The real path."""
        text = str(path)
        return os.path.realpath(text) if os.path.islink(text) else self.location(text)  # noqa: PTH114  (of many)

    def location(self, path: str) -> str:
        """The path in its real folder, whatever it leads to itself."""
        parent, slash, name = path.rpartition("/")
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        if parent not in self._folders:
            self._folders[parent] = os.path.join(os.path.realpath(parent or slash), "")  # noqa: PTH118
        return f"{self._folders[parent]}{name}"


def _outermost(first: Source, again: Source) -> Source:
    if first.base and again.base and len(again.base.absolute().parts) < len(first.base.absolute().parts):
        return replace(first, base=again.base)
    return first


def _named(argument: Path, skip: Exclusion, wanted: Wanted | None) -> list[Source]:
    """What one argument names. A path that exists is no pattern.

    A checkpoint is several files, and called by what their names have in common.
    """
    index = Path(f"{argument}{INDEX_SUFFIX}")
    if os.path.lexists(argument) or not glob.has_magic(str(argument)):
        return _at(index if not os.path.lexists(argument) and os.path.lexists(index) else argument, skip, wanted)
    base = _before_wildcards(argument)
    matches = sorted(glob.glob(str(argument), recursive=True))  # noqa: PTH207  (Path.glob takes no absolute pattern)
    paths = [path for path in map(Path, matches) if not skip.omits(path, base)]
    paths = [path for path in paths if not (skip.output and wanted is None and _is_ours(path))]
    found = [replace(source, base=base) for path in paths for source in _at(path, skip, wanted)]
    return found or [Source(argument, _unmatched(argument), base=base, is_pattern=True)]


def _before_wildcards(pattern: Path) -> Path:
    parts = itertools.takewhile(lambda part: not glob.has_magic(part), pattern.parts)
    return Path(*parts)


def _at(path: Path, skip: Exclusion, wanted: Wanted | None) -> list[Source]:
    return _below(path, skip, wanted) if _is_folder(path) else [Source(path, base=path.parent)]


def _unmatched(pattern: Path) -> Failure:
    hint = "Check the pattern; it is relative to the current folder. Results and hidden files do not count."
    return Failure(Exit.UNREADABLE, f"{pattern} matches no file.", hint)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name no file system takes; reading it says why
        return False


def _below(folder: Path, skip: Exclusion, wanted: Wanted | None) -> list[Source]:
    if folder.suffix == _BUNDLE and (folder / BUNDLE).is_file():  # one that is named is meant
        return [Source(folder)]
    errors: list[OSError] = []
    paths = _models(folder, skip, errors) if wanted is None else _files(folder, skip, errors, wanted)
    found = [Source(path, base=folder) for path in paths]
    found += [Source(Path(error.filename), _closed(error), base=folder) for error in errors]
    endings = ", ".join(sorted(ENDINGS))
    hint = f"Sources are files ending in {endings}, HDF5 files, checkpoints, and architectures in JSON or YAML."
    nothing = Failure(Exit.UNREADABLE, f"{folder} is a folder without any model.", hint)
    return found or [Source(folder, nothing, base=folder)]


def _models(folder: Path, skip: Exclusion, errors: list[OSError]) -> Iterator[Path]:
    """Models below a folder in the order of their names; links to folders are passed by."""
    for parent, folders, files in os.walk(folder, onerror=errors.append):
        here = Path(parent)
        if here.suffix == _BUNDLE and BUNDLE in files:
            folders.clear()  # of ours: what a model was proven with
            continue
        if SAVED_MODEL in files or is_saved_model_without_graph(here):
            folders.clear()  # what lies below is part of it
            yield here
            continue
        reports = {name for name in files if name.endswith(REPORT)}
        folders[:] = sorted(name for name in folders if not skip.skips(here / name, folder))
        folders[:] = [name for name in folders if not (_has_report(name, reports) and is_result(here / name))]
        for path in _visible(here, files, skip, folder):
            if not (_has_report(path.name, reports) and is_result(path)) and _is_model(path):
                yield path


def _files(folder: Path, skip: Exclusion, errors: list[OSError], wanted: Wanted) -> Iterator[Path]:
    """Files below a folder that are wanted, in the order of their names."""
    for parent, folders, files in os.walk(folder, onerror=errors.append):
        here = Path(parent)
        folders[:] = sorted(name for name in folders if not skip.skips(here / name, folder))
        yield from filter(wanted, _visible(here, files, skip, folder))


def _visible(here: Path, files: Sequence[str], skip: Exclusion, top: Path) -> Iterator[Path]:
    """The files of a folder that are not hidden or excluded, in the order of their names."""
    some = here / "some"  # `with_name` parses nothing, which would be most of the time that a file takes here
    paths = (some.with_name(name) for name in sorted(files) if name[0] != ".")
    return (path for path in paths if not skip.has(path, top)) if skip.patterns else paths


def is_archive(path: Path) -> bool:
    """Whether a file is called as those that Keras 3 saves, results of ours among them."""
    return path.suffix.lower() == KERAS.ending


def _is_model(path: Path) -> bool:
    if path.suffix.lower() in ENDINGS:
        return True
    if path.suffix == INDEX_SUFFIX:
        return is_checkpoint(path)
    head = _head(path)
    if is_tfjs(path):
        return True
    return head.startswith(SIGNATURE) or (path.suffix.lower() in TEXTS and _is_architecture(head))


def _is_ours(path: Path) -> bool:
    """Whether a path that a pattern matches is a result or a part of one, or a bundle."""
    return any(
        is_result(part) or (part.suffix == _BUNDLE and (part / BUNDLE).is_file()) for part in (path, *path.parents)
    )


def is_result(path: Path) -> bool:
    """Whether an earlier run has written this, as the report beside it tells."""
    report = _report_of(path.name)
    return report is not None and _tells_of(path.with_name(report), path.name)


def _has_report(name: str, reports: Container[str]) -> bool:
    """Whether a report is among those of its folder, which saves asking for that of every file."""
    return bool(reports) and _report_of(name) in reports


def _report_of(name: str) -> str | None:
    """The name of the report, if this may be a result."""
    ending = next((ending for ending in RESULT_ENDINGS if name.endswith(ending)), None)
    return None if ending is None else f"{name.removesuffix(ending)}{REPORT}"


def _tells_of(report: Path, name: str) -> bool:
    try:
        output = sealed(report.read_bytes())["output"]
        return output is not None and Path(output["path"]).name == name
    except (OSError, ValueError, LookupError, TypeError):  # none, or none of ours
        return False


def _is_architecture(head: bytes) -> bool:
    if _ARCHITECTURE.match(head) is not None and b"class_name" in head:
        return True
    return _OLD_ARCHITECTURE.match(head) is not None and all(key.search(head) for key in _KEYS)


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
