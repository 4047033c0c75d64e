"""What an attack would write, and what it would read: both prove that it never did."""

from __future__ import annotations

import base64
import marshal
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

SECRET = "canary-7f3a-not-yours"
KERNEL = (4, 3)
_COPIES = 64


@dataclass(frozen=True)
class Canary:
    """A folder with secrets, in which nothing new may ever appear.

    `code` is the payload as a Lambda carries it, marshalled and in base64. It only runs in the Python that made it.
    """

    folder: Path
    code: str = ""

    @property
    def mark(self) -> Path:
        """A file that exists if and only if something was executed."""
        return self.folder / "executed"

    @property
    def secret(self) -> Path:
        """A text no model may read."""
        return self.folder / "secret.txt"

    @property
    def secret_h5(self) -> Path:
        """The same text as the numbers of a dataset `kernel`."""
        return self.folder / "secret.h5"

    @property
    def payload(self) -> str:
        """The source of a function that leaves the mark and returns its input."""
        return f"lambda x: (__import__('io').open({str(self.mark)!r}, 'w').write('executed'), x)[1]"

    @property
    def function(self) -> list[Any]:
        """The payload as a layer's config holds it."""
        return [self.code, None, None]


def make(folder: Path, code: str | None = None) -> Canary:
    """Write the secrets into a fresh folder; `code` is what another Python made of the payload."""
    folder.mkdir(parents=True)
    bare = Canary(folder)
    text = (SECRET * _COPIES).encode()
    bare.secret.write_bytes(text)
    with h5py.File(bare.secret_h5, "w") as file:
        file["kernel"] = np.frombuffer(text[:48], "float32").reshape(KERNEL)
    return Canary(folder, code or base64.b64encode(marshal.dumps(eval(bare.payload).__code__)).decode())


def traces(folder: Path) -> list[Path]:
    """Files below a folder that hold the secret, as text or as the bytes of a weight, also within archives."""
    return [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in _content(path)]


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    return content
