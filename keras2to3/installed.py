"""What an environment holds, asked of its metadata: importing TensorFlow to learn its version takes seconds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

from keras2to3 import installers

_SECONDS = 60
# Names under which the wheels of a module come, where it is not the module's own.
_WHEELS = {"tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-cpu-aws", "tensorflow-macos")}
_ASK = """
import importlib.metadata, json, platform, sys
found = {"python": platform.python_version()}
for module, wheels in json.loads(sys.argv[1]).items():
    for wheel in wheels:
        try:
            found.setdefault(module, importlib.metadata.version(wheel))
        except importlib.metadata.PackageNotFoundError:
            pass
print(json.dumps(found))
"""


def versions(python: Path, modules: Collection[str]) -> Mapping[str, str]:
    """The versions of Python and of those modules that are there; nothing if it cannot be asked."""
    wheels = {module: _WHEELS.get(module, (module,)) for module in modules}
    try:
        done = installers.ask((str(python), "-I", "-c", _ASK, json.dumps(wheels)), _SECONDS)
        found: Mapping[str, str] = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return {}
    return found
