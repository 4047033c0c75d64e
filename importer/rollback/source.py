"""Open the model that goes back: stock Keras 3 in safe mode, once nothing in its config rules that out."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.build.custom_objects import CustomObjects
from importer.rollback.obstacles import DEFINE, obstacles
from importer.save.save import read_back
from interchange.errors import Exit, Failure, Problem, failure_of, refused
from interchange.provenance import MEMBER
from interchange.text import said
from interchange.user_files.custom_objects import bare

_CONFIG = "config.json"
_SAVE = "Save the model with model.save('model.keras') of Keras 3."
_UNLOCATED = re.compile(r"(?:Could not (?:locate|find) (?:class|function)|Unknown \w+:) '([\w>.]+)'")


@dataclass(frozen=True)
class Archive:
    """What a `.keras` holds besides weights: its config as it is written, and its provenance, if it has any."""

    path: Path
    config: bytes
    provenance: bytes | None

    @classmethod
    def of(cls, path: Path) -> Archive:
        """The documents of a file. Raises `Failure(UNREADABLE)` for another format."""
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
                provenance = archive.read(MEMBER) if MEMBER in names else None
                return cls(path, archive.read(_CONFIG), provenance)
        except (zipfile.BadZipFile, KeyError) as error:
            text = f"{path.name} is no .keras that Keras 3 saved: {said(error)}"
            raise Failure(Exit.UNREADABLE, text, _SAVE) from error

    @property
    def architecture(self) -> Mapping[str, Any]:
        """The config of the model."""
        document: Mapping[str, Any] = json.loads(self.config)
        return document


@dataclass(frozen=True)
class Source:
    """A model that was opened; `uncompiled` says why it is not compiled although its file is."""

    model: Any
    archive: Archive
    uncompiled: str | None = None

    @property
    def is_compiled(self) -> bool:
        """Whether its file says how to compile it."""
        return bool(self.archive.architecture.get("compile_config"))


def opened(path: Path, own: CustomObjects) -> Source:
    """The model in a file, compiled if it is. Raises `Failure`: `REFUSED` naming all that rules out a way back."""
    archive = Archive.of(path)
    problems = list(obstacles(archive.architecture, own))
    if problems:
        count = len(problems)
        message = f"{count} thing{'s' * (count > 1)} in this model cannot go back to Keras 2.15; the first: "
        raise refused(problems, f"{message}{problems[0]}", problems[0].unblock)
    try:
        return Source(_read(path, own, is_compiled=True), archive)
    except Exception as error:  # noqa: BLE001  (whatever Keras raises of a model that it cannot compile)
        reason = said(error)
    try:
        return Source(_read(path, own, is_compiled=False), archive, f"Keras 3 cannot compile it: {reason}")
    except Exception as error:
        if failure_of(error).code is not Exit.INTERNAL:
            raise
        raise own.raised("", "from_config", error) or _unopened(path, error) from error


def _read(path: Path, own: CustomObjects, *, is_compiled: bool) -> Any:
    with own.scope():
        return read_back(path, dict(own.objects) or None, is_compiled)


def _unopened(path: Path, error: Exception) -> Failure:
    import keras

    if name := _UNLOCATED.search(str(error)):
        text = "neither Keras 3 nor a file of custom objects has it"
        problem = Problem("", bare(name[1]), text, unblock=DEFINE)
        return refused([problem], str(problem), DEFINE)
    _, told, text = str(error).rpartition("Exception encountered: ")
    text = f"Keras {keras.__version__} cannot open {path.name}: {' '.join(text.split()) if told else said(error)}"
    return Failure(Exit.UNREADABLE, text, "Open it with the Keras that saved it: --keras VERSION")
