"""A scanner for which some files are too much: what a source is called decides what happens."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interchange import json_floats
from interchange.protocol import run_worker
from keras2to3.scanner.process.handlers import bounded
from keras2to3.scanner.process.messages import ScanResult

PASSED = ScanResult("h5", {}, True, False, False, False, False, False, False, {})


def scan(request: Mapping[str, Any]) -> dict[str, Any]:
    name = Path(request["path"]).stem
    if name == "slow":
        time.sleep(1.5)
    if name == "endless":
        time.sleep(60)
    if name == "deadly":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "hungry":
        raise MemoryError
    if name == "deep":
        return scan(request)
    return PASSED.to_json()


if __name__ == "__main__":
    run_worker(lambda: {"h5py": "3"}, {"scan": bounded(scan)}, json_floats.finite)
