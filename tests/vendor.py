"""Bring the libraries of the HTML reports from npm: nox -s vendor -- [--upgrade].

Without `--upgrade` the versions of the manifest are brought again, and nothing may differ.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.support.paths import ROOT

VENDOR = ROOT / "keras2to3" / "reports" / "html" / "vendor"
# In the order in which they need each other.
NAMES = (
    "@dagrejs/dagre", "d3-array", "d3-color", "d3-dispatch", "d3-ease", "d3-format", "d3-selection", "d3-time",
    "d3-timer", "d3-drag", "d3-interpolate", "d3-time-format", "d3-axis", "d3-scale", "d3-transition", "d3-zoom",
)  # fmt: skip
PERMISSIVE = {"MIT", "ISC", "BSD-3-Clause"}


def packed(wanted: str) -> tarfile.TarFile:
    """A package as npm has it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", wanted], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        return tarfile.open(fileobj=io.BytesIO(archive.read_bytes()))


def content(archive: tarfile.TarFile, member: str) -> bytes:
    file = archive.extractfile(f"package/{member}")
    assert file is not None, member
    return file.read()


def vendored(name: str, version: str) -> dict[str, str]:
    """Write one library and its licence, and return its row of the manifest."""
    archive, short = packed(f"{name}@{version}"), name.rpartition("/")[2]
    about = json.loads(content(archive, "package.json"))
    assert about["license"] in PERMISSIVE, (name, about["license"])
    script = content(archive, f"dist/{short}.min.js")
    file, license_file = f"{short}.min.js", f"licenses/{short}.txt"
    (VENDOR / file).write_bytes(script)
    (VENDOR / license_file).write_bytes(content(archive, "LICENSE"))
    return {
        "name": name,
        "version": about["version"],
        "license": about["license"],
        "file": file,
        "sha256": hashlib.sha256(script).hexdigest(),
        "license_file": license_file,
    }


def main(words: list[str]) -> None:
    manifest = VENDOR / "manifest.json"
    (VENDOR / "licenses").mkdir(parents=True, exist_ok=True)
    pinned = {row["name"]: row for row in json.loads(manifest.read_text())} if manifest.exists() else {}
    fresh = "--upgrade" in words
    rows = [vendored(name, "latest" if fresh or name not in pinned else pinned[name]["version"]) for name in NAMES]
    changed = [row["name"] for row in rows if row != pinned.get(row["name"])]
    manifest.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"changed: {', '.join(changed) or 'nothing'}")
    if changed and not fresh and pinned:
        sys.exit("npm has other files than the manifest tells")


if __name__ == "__main__":
    main(sys.argv[1:])
