"""Run the cells of a notebook in a kernel of this Python, and write it with what they print: SOURCE TARGET."""

from __future__ import annotations

import sys

import nbformat
from nbclient import NotebookClient


def main(source: str, target: str) -> None:
    """Run them in the current folder; the first cell that fails ends it."""
    notebook = nbformat.read(source, as_version=4)
    NotebookClient(notebook, timeout=900, kernel_name="python3").execute()
    nbformat.write(notebook, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
