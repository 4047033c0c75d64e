"""What a worker sees of the machine and of the user's shell."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# What a worker sees of the user's shell: nothing that changes a result, and nothing that is a secret.
_WANTED = ("LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONDONTWRITEBYTECODE")

# Of every worker, on every machine and beside however many others: sums depend in their last digits on how many threads
# share them. What more cores are for is more workers.
THREADS = 2


def isolation(folder: Path, path: Sequence[str]) -> dict[str, Any]:
    """A cleaned environment and a process group of its own, so that Ctrl-C reaches the command only.

    Python imports from `path` before it does from its own places.
    """
    environment = {key: os.environ[key] for key in _WANTED if key in os.environ}
    environment.update(
        PATH=os.defpath,
        HOME=str(folder),
        PYTHONPATH=os.pathsep.join(path),
        PYTHONNOUSERSITE="1",
        KERAS_HOME=str(folder / "keras-home"),  # a user's keras.json may change floatx
        CUDA_VISIBLE_DEVICES="-1",
        TF_CPP_MIN_LOG_LEVEL="2",
        TF_ENABLE_ONEDNN_OPTS="0",  # the same kernels on both sides
        HDF5_USE_FILE_LOCKING="FALSE",  # a source is only read, and may be locked by somebody else
        TMPDIR=str(folder),
        **dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), str(THREADS)),
    )
    return {"env": environment, "cwd": folder, "start_new_session": True}
