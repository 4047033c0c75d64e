"""Write a `.keras` that is the same bytes every time, and read it back as a stranger would."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

# The time of the oldest zip entry there can be: an archive must not tell when it was written.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_DATE = "1980-01-01@00:00:00"


def save(model: Any, path: Path) -> None:
    """Save with stock Keras, then settle the only two things that change from run to run."""
    draft = path.with_name(f"draft-{path.name}")
    model.save(draft)
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            with (
                source.open(name) as reader,
                target.open(zipfile.ZipInfo(name, _EPOCH), "w", force_zip64=True) as writer,
            ):
                if name == "metadata.json":
                    writer.write(_settled(reader.read()))
                else:
                    while chunk := reader.read(2**24):
                        writer.write(chunk)
    draft.unlink()


def _settled(metadata: bytes) -> bytes:
    facts = json.loads(metadata)
    facts["date_saved"] = _DATE
    return json.dumps(facts).encode()


def read_back(path: Path) -> Any:
    """Open the written file with stock Keras, safe mode on and nothing of ours registered."""
    import keras

    return keras.saving.load_model(path, compile=False, safe_mode=True)
