"""A model that Keras 3 saved: whether this Keras 3 opens it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from importer.construct import first_line
from importer.save import read_back
from interchange.errors import Exit, Failure
from interchange.protocol import Say

_HINT = "It is between two versions of Keras 3: open the file with the one that saved it, and save it again."


def open_(path: Path, say: Say) -> Mapping[str, Any]:
    """Open it as a stranger would; raises `Failure(UNREADABLE)` with Keras's own words where that fails."""
    import keras

    keras.backend.clear_session()
    say(f"opening it with Keras {keras.__version__}")
    try:
        read_back(path)
    except Exception as error:  # whatever Keras raises of a file it cannot read
        message = f"was saved by Keras 3, and Keras {keras.__version__} cannot open it: {first_line(error)}"
        raise Failure(Exit.UNREADABLE, message, _HINT) from error
    return {}
