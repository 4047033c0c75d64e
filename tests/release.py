"""Build the sdist and the wheel, check both, and try the wheel in an environment of its own: nox -s release.

The Python that runs this has virtualenv; `--tools` is the python of the environment `release`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from keras2to3.environments.installers import cleaned_environ, python_of
from tests.support.paths import ROOT

EXAMPLE = "code_or_prose.h5"
_ALIKE = "W002"  # files that are alike: each library in the page of a report has its license, and many have the same


def run(*command: str | Path, folder: Path) -> str:
    """What a program prints; a program that fails ends this one with its output."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env={**cleaned_environ(), "PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\nended with exit status {done.returncode}:\n{done.stdout}")
    return done.stdout


def build(tools: Path, folder: Path) -> list[Path]:
    """The sdist, and the wheel that is built from the sdist alone, in an empty folder."""
    run(tools, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, folder=ROOT)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return [sdist, wheel]


def check(tools: Path, built: Sequence[Path]) -> None:
    """Check the metadata and the contents of both."""
    folder = built[0].parent
    run(tools, "-m", "twine", "check", "--strict", *built, folder=folder)
    run(tools, "-m", "check_wheel_contents", "--ignore", _ALIKE, built[-1], folder=folder)


def install(wheel: Path, folder: Path, packages: Sequence[Path] | None = None) -> Path:
    """A new environment with the wheel: its python. Its dependencies are in folders of `packages`, or installed."""
    run(sys.executable, "-m", "virtualenv", "--no-periodic-update", folder, folder=folder.parent)
    python = python_of(folder)
    alone = ["--no-deps"] if packages is not None else []
    run(python, "-m", "pip", "install", "--quiet", *alone, wheel, folder=folder)
    if packages is not None:
        (site,) = [*folder.glob("lib/python*/site-packages"), *folder.glob("Lib/site-packages")]
        (site / "dependencies.pth").write_text("\n".join(map(str, packages)) + "\n")
    return python


def use(python: Path, folder: Path) -> str:
    """Run the installed command outside of the clone: its version, its help, and the check of the example."""
    command = python.with_name("keras2to3.exe" if sys.platform == "win32" else "keras2to3")
    shutil.copy(ROOT / "examples" / EXAMPLE, folder)
    printed = [run(command, words, folder=folder) for words in ("--version", "--help")]
    printed.append(run(command, "check", EXAMPLE, folder=folder))
    printed.append(run(python, "-I", "-c", "import keras2to3; print(keras2to3.__file__)", folder=folder))
    return "".join(printed)


def main() -> None:
    """Do all of it, and leave the sdist and the wheel in the output folder."""
    parser = argparse.ArgumentParser(prog="nox -s release --", description=__doc__)
    parser.add_argument("--tools", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--output-dir", type=Path, default=ROOT / "dist", help="folder for both (default: dist)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "dist").mkdir()
        print("Building the sdist, and the wheel from it ...")
        built = build(options.tools, folder / "dist")
        print("Checking both with twine and check-wheel-contents ...")
        check(options.tools, built)
        print("Installing the wheel with its dependencies in an empty environment, and running it ...")
        print(use(install(built[-1], folder / "environment"), folder), end="")
        options.output_dir.mkdir(parents=True, exist_ok=True)
        for path in built:
            os.replace(shutil.copy(path, options.output_dir / f".{path.name}"), options.output_dir / path.name)
            print(options.output_dir / path.name)


if __name__ == "__main__":
    main()
