"""The floor: what a worker cannot do without, and what it fills by it."""

from __future__ import annotations

import importlib
import json
import sys

from bench.memory import peak

if __name__ == "__main__":
    for name in sys.argv[1:]:
        importlib.import_module(name)
    print(json.dumps({"peak": peak()}))
