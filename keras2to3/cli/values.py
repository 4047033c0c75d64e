"""Converters for the arguments of the command; argparse reports those that are invalid."""

from __future__ import annotations

import argparse
import math
import shutil
import threading
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from interchange.user_files.builders import Builder
from interchange.user_files.replacements import Replacement
from keras2to3 import policy
from keras2to3.environments import builder, requested_versions
from keras2to3.options.path_patterns import PathPattern
from keras2to3.options.places import Cluster
from keras2to3.sandbox import GIB, RESTRICTIONS
from keras2to3.user_files import custom_objects
from keras2to3.user_files.custom_objects import DefinitionsFile
from translation import keras_releases

_Read = TypeVar("_Read")
_BEGINNINGS = {"junit": b"<?xml", "sarif": b"{", "gitlab": b"[", "metrics": b"# HELP keras2to3_"}

# Modules that read a file are imported when their argument is used, which is rare.


def environment(text: str) -> str:
    """The name of an environment that has a lock."""
    if text not in builder.PYTHONS:
        raise argparse.ArgumentTypeError(f"{text!r} is not an environment: choose from {', '.join(builder.PYTHONS)}")
    return text


def version(text: str) -> str:
    """The version of a package."""
    return _argument(requested_versions.version, text)


def cluster(text: str) -> Cluster:
    """The cluster that runs shards."""
    return _argument(Cluster.of, text)


def author(text: str) -> str:
    """The version of Keras that wrote the sources."""
    if keras_releases.author(text) is None:
        raise argparse.ArgumentTypeError(
            f"{text} is not a version of Keras such as 2.2.4, or of its TensorFlow such as tf-2.1"
        )
    return text


def python(text: str) -> Path:
    """The absolute path of a program. Links stay, because a virtual environment is found by the path of its link."""
    program = shutil.which(text)
    if program is None:
        raise argparse.ArgumentTypeError(f"{text} is not a program")
    return Path(program).absolute()


def folder(text: str) -> Path:
    """The path of a folder."""
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return Path(text)


def origin(text: str) -> Path:
    """The path of a `.keras` that `migrate` wrote, which a report may name."""
    if not text.endswith(".json"):
        return _file(Path(text))
    from keras2to3.reports.report import Report

    try:
        output = Report.from_bytes(Path(text).read_bytes()).output
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text} is no report of migrate: {error}") from None
    if output is None:
        raise argparse.ArgumentTypeError(f"{text} names no result")
    beside = Path(text).with_name(Path(output.path).name)
    return _file(beside if beside.is_file() else Path(output.path))


def _file(path: Path) -> Path:
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{path} is not a file")
    return path


def pattern(text: str) -> PathPattern:
    """A pattern for paths that are excluded, relative to the current folder."""
    return _argument(lambda given: PathPattern.of(given, Path()), text)


def file(text: str) -> Path:
    """The path of a file."""
    return _file(Path(text))


def part(text: str) -> str:
    """The name of a model within another, or a path of such names."""
    if not all(text.split("/")):
        raise argparse.ArgumentTypeError(f"{text!r} does not name a model: write encoder, or outer/encoder")
    return text


def samples(text: str) -> Path:
    """The path of a NumPy archive; its arrays are read when the model is known."""
    try:
        with zipfile.ZipFile(text) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise argparse.ArgumentTypeError(f"{text} is not an .npz file: {getattr(error, 'strerror', error)}") from None
    if not names or not all(name.endswith(".npy") for name in names):
        raise argparse.ArgumentTypeError(f"{text} is not an .npz file: write one with numpy.savez")
    return Path(text)


def replacements(texts: Sequence[str]) -> tuple[Replacement, ...]:
    """The user's replacements, each for its own layer."""
    from keras2to3.dry_run import replaced_layers

    by_layer: dict[str, Replacement] = {}
    for text in texts:
        replacement = _argument(replaced_layers.parse, text)
        if replacement.layer in by_layer:
            raise argparse.ArgumentTypeError(f"{replacement.layer} is replaced twice")
        by_layer[replacement.layer] = replacement
    return tuple(by_layer.values())


def custom_objects_file(text: str) -> DefinitionsFile:
    """A user's file with the names that it defines."""
    return _argument(custom_objects.parse, text)


def architecture(text: str) -> Path | Builder:
    """A function if the part before the last colon ends in `.py`, else the path of an architecture."""
    if not (text.endswith(".py") or text.rpartition(":")[0].endswith(".py")):
        return Path(text)
    from keras2to3.user_files import functions

    return _argument(functions.builder, text)


def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Each new variable with the stored tensor for it."""
    from keras2to3.cli import weight_map

    return _argument(lambda name: weight_map.read(Path(name)), text)


def allowed(text: str) -> tuple[str, ...]:
    """Rules for failures that are allowed."""
    return _rules(text, policy.ALLOW)


def failing(text: str) -> tuple[str, ...]:
    """Rules for verified results that fail."""
    return _rules(text, policy.FAIL_ON)


def _rules(text: str, kind: str) -> tuple[str, ...]:
    return _argument(lambda words: tuple(rule.text for rule in policy.rules([words], kind)), text)


def document(option: str) -> Callable[[str], Path]:
    """The path of a file that is written; a file of another kind is not replaced."""
    begins = _BEGINNINGS[option]

    def read(text: str) -> Path:
        path = Path(text)
        if path.is_dir():
            raise argparse.ArgumentTypeError(f"{text} is a folder: name a file")
        try:
            content = _head(path, len(begins)) if path.is_file() else b""
        except OSError as error:
            raise argparse.ArgumentTypeError(f"{text} cannot be written: {error.strerror}") from None
        if content and content != begins:
            raise argparse.ArgumentTypeError(f"{text} exists, and is of another kind: name another file")
        return path

    return read


def _head(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "architecture": architecture,
    "replace": replacements,
    "custom_objects": custom_objects_file,
    "custom_objects_3": custom_objects_file,
    "map": pairs,
    "inputs": samples,
    "origin": origin,
}
"""Options that name files, which are read after all words are parsed. It takes packages that nox's Python lacks."""


def tolerance(text: str) -> float:
    """A tolerance, absolute or relative."""
    return _number(text, lambda value: value >= 0, "finite number from 0 on")


def seconds(text: str) -> float:
    """A duration in seconds."""
    return _number(text, lambda value: 0 < value <= threading.TIMEOUT_MAX, "number of seconds above 0")


def count(text: str) -> int:
    """A whole number from 1 on."""
    return int(_number(text, lambda value: value >= 1 and value.is_integer(), "whole number from 1 on"))


def number(text: str) -> int:
    """A whole number from 0 on."""
    return int(_number(text, lambda value: value >= 0 and value.is_integer(), "whole number from 0 on"))


def gibibytes(text: str) -> int:
    """A number of GiB, in bytes."""
    return int(_number(text, lambda value: 0 < value < 1 << 20, "number of GiB above 0") * GIB)


def restrictions(text: str) -> tuple[str, ...]:
    """Names of sandbox restrictions, separated by commas."""
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in RESTRICTIONS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not a restriction: choose from {', '.join(RESTRICTIONS)}")
    return names


def _argument(read: Callable[[str], _Read], text: str) -> _Read:
    """The result of `read`; a ValueError becomes the message that argparse prints."""
    try:
        return read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _number(text: str, fits: Callable[[float], bool], what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and fits(value)):
        raise argparse.ArgumentTypeError(f"{text!r} is no {what}")
    return value
