"""The command with workers that have no framework, over models that are texts: their results are the same texts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from proof.programs import ROOT

COUNT = 6
PATIENCE = 120


def write_models(folder: Path, edition: str) -> Mapping[str, bytes]:
    """Models of an edition, and what their results are."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(COUNT):
        (folder / f"m{number}.h5").write_text(f"{edition} of model {number}, " * 2_000)
    return {path.stem: path.read_bytes() for path in folder.iterdir()}


def start(place: Path, output: Path, *words: str) -> subprocess.Popen[str]:
    """Migrate `place/models` into a folder."""
    command = [sys.executable, "-m", "tests.support.fake_command", str(place / "payload"), "migrate", "models"]
    command += ["--root", "models", "--output-dir", str(output), *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=place, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def run(place: Path, output: Path, *words: str) -> tuple[int, str]:
    """Migrate to the end; the exit code, and what was told. Raises `TimeoutExpired`."""
    with start(place, output, *words) as process:
        try:
            _, lines = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, lines
