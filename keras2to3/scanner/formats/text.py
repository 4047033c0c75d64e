"""An architecture alone, as `model.to_json()` and, in older Keras, `model.to_yaml()` gave it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from keras2to3.scanner import architecture, non_models
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import json_document
from keras2to3.scanner.readers.json_document import NotJSONError, NotWellFormedError
from keras2to3.scanner.scanned_file import ScannedFile

ELEMENTS = 1 << 28
"""How many numbers a layer may need whose weights lie elsewhere: a gigabyte of float32."""


def examine(path: Path, size: int, format_: str, parse: Callable[[str], Mapping[str, Any]]) -> ScannedFile:
    """Scan an architecture of `size` bytes of text; a Failure (exit code 3) if it is something else."""
    config, problems = None, []
    try:
        config = parse(text_of(path, size))
        problems = architecture.problems_of(config, ELEMENTS)
    except NotJSONError as error:
        raise non_models.not_a_model(path) from error
    except NotWellFormedError as error:
        problems = [error.policy.violation("", format_, f"the architecture is unsafe: {error}")]
    if config is not None and not {"class_name", "config"} <= config.keys():
        raise non_models.not_a_model(path)
    saved_by = {key: (config or {}).get(key) for key in ("keras_version", "backend")}
    return ScannedFile(
        path=path,
        format=format_,
        saved_by={key: value if isinstance(value, str) else None for key, value in saved_by.items()},
        architecture=config,
        training=None,
        has_optimizer=False,
        has_weights=False,
        size=size,
        problems=tuple(problems),
    )


def parse_json(text: str) -> Mapping[str, Any]:
    """Parse one JSON object, or a JSON string that holds one: `json.dump(model.to_json(), file)` writes that.

    Raises NotWellFormedError.
    """
    if not text.lstrip().startswith('"'):
        return json_document.parse(text)
    try:
        return json_document.parse(json.loads(text))
    except ValueError as error:
        raise error if isinstance(error, NotWellFormedError) else NotJSONError(f"it is not JSON: {error}") from None


def text_of(path: Path, size: int) -> str:
    """The text of a file of `size` bytes. Raises NotWellFormedError."""
    if size > json_document.MAX_CHARACTERS:
        raise NotWellFormedError(f"it has {size:,} bytes, more than any model needs", Policy.LIMITS)
    with path.open("rb") as file:
        return json_document.decoded(file.read(json_document.MAX_CHARACTERS))
