"""A launcher that raises no walls and says it has: what a worker could do where the kernel keeps it from nothing."""

from __future__ import annotations

import json
import os
import sys

RESTRICTIONS = ("filesystem", "network", "processes", "memory", "cpu", "file_size")

if __name__ == "__main__":
    channel, module = int(sys.argv[2]), sys.argv[3]
    told = {"event": "box", "held": dict.fromkeys(RESTRICTIONS, "nothing"), "missing": {}, "not_granted": {}}
    os.write(channel, json.dumps(told).encode("ascii") + b"\n")
    os.execv(sys.executable, [sys.executable, "-m", module, "--channel", str(channel)])
