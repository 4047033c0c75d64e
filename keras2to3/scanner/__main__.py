"""`python -m keras2to3.scanner`: the process that reads files nobody vouches for."""

from __future__ import annotations

from collections.abc import Mapping

from interchange.protocol import run_worker, versions


def _prepare() -> Mapping[str, str]:
    return versions("h5py", "numpy")


if __name__ == "__main__":
    from keras2to3.scanner.handlers import HANDLERS

    run_worker(_prepare, HANDLERS)
