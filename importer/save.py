"""Write a `.keras` that is the same bytes every time, and read it back as a stranger would."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# The time of the oldest zip entry there can be: an archive must not tell when it was written.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DATE = "1980-01-01@00:00:00"
_CHUNK = 2**20


def save(model: Any, path: Path) -> None:
    """Save with stock Keras, then settle what changes from run to run: times, and addresses in memory.

    Keras writes the parts into a folder first: into an archive it would write the weights from memory, twice over.
    """
    parts = path.with_name(f"parts-{path.stem}")
    model.save(parts, zipped=False)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for part in _files(parts):
            info = zipfile.ZipInfo(part.relative_to(parts).as_posix(), _EPOCH)
            with part.open("rb") as reader, target.open(info, "w", force_zip64=True) as writer:
                if part.suffix == ".json" and part.parent == parts:
                    writer.write(json.dumps(_settled(json.loads(reader.read()), {})).encode())
                else:
                    shutil.copyfileobj(reader, writer, _CHUNK)
            part.unlink()  # so that no more than one copy of the weights lies there for long
    shutil.rmtree(parts)


def _files(folder: Path) -> Iterator[Path]:
    """In an order that depends on their names alone."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _settled(value: Any, numbers: dict[int, int]) -> Any:
    """The value with one date for all, and shared objects numbered in the order in which they come.

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


def read_back(path: Path, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """Open the written file with stock Keras, safe mode on and nothing of ours registered; it may need the user's."""
    import keras

    return keras.saving.load_model(path, custom_objects, compile=False, safe_mode=True)
