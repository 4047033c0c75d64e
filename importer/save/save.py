"""Write a `.keras` with the same bytes every time, and load it again with stock Keras."""

from __future__ import annotations

import contextlib
import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from importer.restore import zero_copy
from importer.save.fresh_slots import unstored
from importer.save.provenance import Sealed
from interchange import provenance
from interchange.workers import keras_archives
from interchange.workers.keras_archives import CONFIG, EPOCH, METADATA
from translation.keras3_minors import new_arguments

_CHUNK = 2**20


def save(model: Any, path: Path, *, is_fresh: bool = False, sealed: Sealed | None = None) -> None:
    """Save with stock Keras, then replace what changes from run to run: times, and addresses in memory.

    What older minors of Keras 3 do not know, and do without, is left out. The slots of an optimizer that `is_fresh`
    take no room. The file tells the provenance that is `sealed` with its config, if there is one.
    Keras writes the parts into a folder first: into an archive it would write the weights from memory, twice over.
    """
    parts = path.with_name(f"parts-{path.stem}")
    with zero_copy.uncopied(), unstored() if is_fresh else contextlib.nullcontext():
        model.save(parts, zipped=False)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for part in _files(parts):
            name = part.relative_to(parts).as_posix()
            if name == METADATA:
                _write(target, name, keras_archives.document(json.loads(part.read_bytes())))
            elif name == CONFIG:
                config = keras_archives.document(new_arguments.plain(json.loads(part.read_bytes())))
                _write(target, name, config)
                if sealed is not None:
                    _write(target, provenance.MEMBER, sealed(config))
            else:
                with part.open("rb") as reader, _opened(target, name) as writer:
                    shutil.copyfileobj(reader, writer, _CHUNK)
            part.unlink()  # so that no more than one copy of the weights lies there for long
    shutil.rmtree(parts)


def _opened(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A new member, to be written."""
    return archive.open(zipfile.ZipInfo(name, EPOCH), "w", force_zip64=True)


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    with _opened(archive, name) as writer:
        writer.write(data)


def _files(folder: Path) -> Iterator[Path]:
    """In an order that depends on their names alone."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def config_of(path: Path) -> Any:
    """The architecture in a `.keras`."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(CONFIG))


def saved_by(path: Path) -> str | None:
    """The Keras version in a file; None if there is none."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            version = (
                json.loads(archive.read(METADATA)).get("keras_version") if METADATA in archive.namelist() else None
            )
    else:
        import h5py

        with h5py.File(path, "r") as file:
            version = file.attrs.get("keras_version")
    return version if isinstance(version, str) else None


def with_config(path: Path, config: Any, target: Path) -> None:
    """Copy a `.keras` with another architecture, and without anything that changes from run to run."""
    keras_archives.rewrite(path, target, {CONFIG: config})


def read_back(path: Path, custom_objects: Mapping[str, Any] | None = None, is_compiled: bool = False) -> Any:
    """Open the written file with stock Keras, safe mode on and nothing of ours registered; it may need the user's.

    Keras compiles it if the file holds a model that `is_compiled`.
    """
    import keras

    with zero_copy.uncopied():
        return keras.saving.load_model(path, custom_objects, compile=is_compiled, safe_mode=True)
