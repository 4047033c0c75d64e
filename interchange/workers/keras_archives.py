"""`.keras` files with the same bytes every time: without the time of writing, and without addresses in memory."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

CONFIG, METADATA = "config.json", "metadata.json"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip entry can have, so that archives do not depend on when they were written."""

_DATE = "1980-01-01@00:00:00"
_CHUNK = 2**20


def settle(path: Path) -> None:
    """Write an archive anew with settled documents and the earliest time for each member."""
    settled = path.with_name(f"settled-{path.name}")
    rewrite(path, settled, {})
    settled.replace(path)


def rewrite(path: Path, target: Path, documents: dict[str, Any]) -> None:
    """Copy an archive, with other `documents` in place of those of the same name."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in sorted(old.namelist()):
            with old.open(name) as reader, new.open(zipfile.ZipInfo(name, EPOCH), "w", force_zip64=True) as writer:
                if name in documents or name in (CONFIG, METADATA):
                    writer.write(document(documents[name] if name in documents else json.loads(reader.read())))
                else:
                    shutil.copyfileobj(reader, writer, _CHUNK)


def document(facts: Any) -> bytes:
    """A document as it is written."""
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
