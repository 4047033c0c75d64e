"""Whether what the importer has written is what a result may be: a model of Keras 3 in which no code lies.

What it computes the importer alone has compared; that it is a plain file and keeps every law is seen here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from interchange.custom_objects import MODULE
from interchange.errors import Exit, Failure
from keras2to3 import install_paths
from keras2to3.results import collect
from keras2to3.results.plan import SERVING
from keras2to3.user_files.custom_objects import CustomFiles

_LAYER = Path("importer", "graph_alone", "served_model.py")
Sound = Callable[[Path], Mapping[str, Any]]
"""What the scanner says of a result."""
_FORMATS = {".keras": "keras", ".weights.h5": "weights"}


class NotOursError(Exception):
    """The importer has left something that it never writes; the message says what."""


def accept(draft: Path, result: Path, copy_source: Callable[[Path], None], sound: Sound) -> str:
    """Copy a draft to where no worker writes, and look at the copy; returns its SHA-256. Raises NotOursError.

    What serves a SavedModel is made of the source and of a file of ours, so nothing is taken from the draft.
    """
    if draft.suffix == SERVING:
        return _serve(result, copy_source)
    try:
        sha256 = collect.file(draft.parent, draft.name, result)
    except collect.NotPlainError as error:
        raise NotOursError(f"{error} in place of its result") from error
    _require_sound(result, _FORMATS[draft.name.removeprefix("model")], sound)
    return sha256


def require_known(needs: Mapping[str, Any] | None, customs: CustomFiles) -> None:
    """Raise NotOursError unless what a result needs is the user's own file: its users are told to import that."""
    own = {customs.new.customs.name.removesuffix(".py"), MODULE} if customs.new else set()
    if needs and needs["module"] not in own:
        raise NotOursError(f"that its result needs {needs['module']}")


def _serve(result: Path, copy_source: Callable[[Path], None]) -> str:
    from keras2to3.scanner.containers import digest_folder

    result.mkdir()
    copy_source(result / "saved_model")
    shutil.copyfile(install_paths.payload() / _LAYER, result / _LAYER.name)
    return digest_folder(result)


def _require_sound(result: Path, format_: str, sound: Sound) -> None:
    """Raise NotOursError unless the scan passes the file, in which the user's own classes may be named."""
    try:
        found = sound(result)
    except Failure as failure:
        if failure.code in (Exit.ENVIRONMENT, Exit.INTERRUPTED):
            raise
        raise NotOursError(f"no model: {failure.message.removeprefix(f'{result} ')}") from failure
    if found["broken"] or found["format"] != format_:
        what = f"that breaks the policy {found['broken']}" if found["broken"] else f"in the format {found['format']}"
        raise NotOursError(f"a model {what}")
