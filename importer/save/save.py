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
from translation.keras3_minors import new_arguments

# The earliest time that a zip entry can have, so that archives do not depend on when they were written.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DATE = "1980-01-01@00:00:00"
_CHUNK = 2**20
_CONFIG, _METADATA = "config.json", "metadata.json"


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
            if name == _METADATA:
                _write(target, name, _written(json.loads(part.read_bytes())))
            elif name == _CONFIG:
                config = _written(new_arguments.plain(json.loads(part.read_bytes())))
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
    return archive.open(zipfile.ZipInfo(name, _EPOCH), "w", force_zip64=True)


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    with _opened(archive, name) as writer:
        writer.write(data)


def _files(folder: Path) -> Iterator[Path]:
    """In an order that depends on their names alone."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def config_of(path: Path) -> Any:
    """The architecture in a `.keras`."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(_CONFIG))


def saved_by(path: Path) -> str | None:
    """The Keras version in a file; None if there is none."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            version = (
                json.loads(archive.read(_METADATA)).get("keras_version") if _METADATA in archive.namelist() else None
            )
    else:
        import h5py

        with h5py.File(path, "r") as file:
            version = file.attrs.get("keras_version")
    return version if isinstance(version, str) else None


def with_config(path: Path, config: Any, target: Path) -> None:
    """Copy a `.keras` with another architecture, and without anything that changes from run to run."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in sorted(old.namelist()):
            with old.open(name) as reader, _opened(new, name) as writer:
                if name in (_CONFIG, _METADATA):
                    writer.write(_written(config if name == _CONFIG else json.loads(reader.read())))
                else:
                    shutil.copyfileobj(reader, writer, _CHUNK)


def _written(facts: Any) -> bytes:
    return json.dumps(_settled(facts, {})).encode()


def _settled(value: Any, numbers: dict[int, int]) -> Any:
    """The value with a fixed date, and shared objects numbered in their order.

    Keras takes their addresses for numbers; an entry that `numbers` has seen before gets the same one again.
    """
    if isinstance(value, list):
        return [_settled(item, numbers) for item in value]
    if not isinstance(value, dict):
        return value
    settled = {key: _settled(item, numbers) for key, item in value.items()}
    if "date_saved" in settled:
        settled["date_saved"] = _DATE
    if "shared_object_id" in settled:
        settled["shared_object_id"] = numbers.setdefault(settled["shared_object_id"], len(numbers) + 1)
    return settled


def read_back(path: Path, custom_objects: Mapping[str, Any] | None = None, is_compiled: bool = False) -> Any:
    """Open the written file with stock Keras, safe mode on and nothing of ours registered; it may need the user's.

    Keras compiles it if the file holds a model that `is_compiled`.
    """
    import keras

    with zero_copy.uncopied():
        return keras.saving.load_model(path, custom_objects, compile=is_compiled, safe_mode=True)
