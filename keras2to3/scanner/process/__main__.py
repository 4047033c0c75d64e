"""`python -m keras2to3.scanner.process`: the process that reads untrusted files."""

from __future__ import annotations

from collections.abc import Mapping

from interchange import json_floats
from interchange.protocol import run_worker, versions


def _prepare() -> Mapping[str, str]:
    """No reader is imported before a file needs it: an architecture in JSON does not wait for HDF5."""
    return versions()


if __name__ == "__main__":
    from keras2to3.scanner.process.handlers import HANDLERS

    run_worker(_prepare, HANDLERS, json_floats.finite)
