"""What a page carries: its style and scripts, the libraries, and the policy that lets nothing else run."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
VENDOR = _HERE / "vendor"

_SOURCE_MAP = re.compile(r"//# sourceMappingURL=\S*")
_POLICY = (
    "default-src 'none'; img-src data:; style-src {styles}; script-src {scripts}; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Library:
    """A library as npm has it: its file below `vendor/`, and the text of its licence."""

    name: str
    version: str
    license: str
    file: str
    sha256: str
    license_file: str

    @property
    def script(self) -> str:
        """What a page holds of it; without the address of a map that a browser's tools would look for."""
        return _SOURCE_MAP.sub("", read(VENDOR / self.file))

    @property
    def license_text(self) -> str:
        """The text that has to accompany it."""
        return read(VENDOR / self.license_file)


@functools.cache
def libraries() -> Sequence[Library]:
    """Those of `vendor/manifest.json`, in the order in which they need each other."""
    return tuple(Library(**row) for row in json.loads(read(VENDOR / "manifest.json")))


def libraries_named(names: Iterable[str]) -> Sequence[Library]:
    """Some of them, in their order."""
    wanted = frozenset(names)
    return tuple(library for library in libraries() if library.name in wanted)


@functools.cache
def read(path: Path) -> str:
    """A text file of ours. Browsers turn carriage returns into line feeds, so that a digest would not fit."""
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def style() -> str:
    """All of our style sheets."""
    return "".join(read(path) for path in sorted((_HERE / "style").glob("*.css")))


def script(*names: str) -> str:
    """Some of our scripts as one block, so that their names stay their own."""
    return '"use strict";\n{\n' + "".join(read(_HERE / "scripts" / f"{name}.js") for name in names) + "}\n"


def policy(styles: Iterable[str], scripts: Iterable[str]) -> str:
    """The content security policy of a page that holds these texts, and nothing else that is run."""
    return _POLICY.format(styles=_digests(styles), scripts=_digests(scripts))


def _digests(texts: Iterable[str]) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts)
