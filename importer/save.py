"""Write a `.keras` that is the same bytes every time, and read it back as a stranger would."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

# The time of the oldest zip entry there can be: an archive must not tell when it was written.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DATE = "1980-01-01@00:00:00"


def save(model: Any, path: Path) -> None:
    """Save with stock Keras, then settle what changes from run to run: times, and addresses in memory."""
    draft = path.with_name(f"draft-{path.name}")
    model.save(draft)
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            with (
                source.open(name) as reader,
                target.open(zipfile.ZipInfo(name, _EPOCH), "w", force_zip64=True) as writer,
            ):
                if name.endswith(".json"):
                    facts = json.loads(reader.read())
                    writer.write(json.dumps(_settled(facts, {})).encode())
                else:
                    shutil.copyfileobj(reader, writer, 2**24)
    draft.unlink()


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


def read_back(path: Path) -> Any:
    """Open the written file with stock Keras, safe mode on and nothing of ours registered."""
    import keras

    return keras.saving.load_model(path, compile=False, safe_mode=True)
