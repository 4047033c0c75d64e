"""The importing worker; `interchange.protocol` says how it is spoken to."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from importer.migrate import migrate
from interchange.protocol import Say, run_worker


def prepare() -> Mapping[str, str]:
    """Import the framework and say which versions answer."""
    import keras
    import numpy
    import tensorflow

    return {
        "python": platform.python_version(),
        "tensorflow": tensorflow.__version__,
        "keras": keras.__version__,
        "numpy": numpy.__version__,
    }


def handle_migrate(request: Mapping[str, Any], say: Say) -> Mapping[str, Any]:
    """`import`: {bundle, target} -> changes, verification and weights of the `.keras` written to `target`."""
    return migrate(Path(request["bundle"]), Path(request["target"]), say)


if __name__ == "__main__":
    run_worker(prepare, {"import": handle_migrate})
