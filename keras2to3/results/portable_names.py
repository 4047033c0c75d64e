"""Names of results that are valid on every file system: other characters are percent-encoded, and can be decoded."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from keras2to3.formats import KERAS, SERVING

HIDDEN = ".keras2to3"
"""The folder in the output folder that runs work in; results are never in it."""

LONGEST = 220
"""Bytes of a name without its ending; file systems allow 255, of which `.report.failed.html` needs 19."""

_FORBIDDEN = frozenset('<>:"\\|?*')
_PLAIN = re.compile(r'[^\x00-\x1f<>:"\\|?*\x7f-\U0010ffff]*')
_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, what turns the direction of text, line ends
_AMBIGUOUS = re.compile(r"%(?=[0-9A-Fa-f]{2}|~)")  # would be read as an encoding, or as the mark of a digest
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])[ ]*(\.|\Z)", re.IGNORECASE)
# `.h5` covers `.weights.h5`.
_ENDINGS = (KERAS.ending, ".h5", SERVING.ending, ".bundle", ".json", ".html", ".py")
_DIGEST = 32  # hexadecimal digits of a SHA-256 that replace the rest of a name


def stem(name: str) -> str:
    """The name of a result without its ending, different for different names; every ending may be added."""
    return _shortened(_encoded(name))


def folder(name: str) -> str:
    """The name of a folder, which is none that a result beside it could have."""
    text = _encoded(name)
    for ending in _ENDINGS:
        if text.lower().endswith(ending):
            text = f"{text[: -len(ending)]}%2E{text[1 - len(ending) :]}"
    return _shortened(text)


def key(name: str) -> str:
    """A key that is equal for two names that some file system treats as the same."""
    if name.isascii():  # as nearly all are: what is below comes to the same, and takes ten times as long
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _encoded(name: str) -> str:
    text = _AMBIGUOUS.sub("%25", name)
    text = text if _PLAIN.fullmatch(text) else "".join(map(_letter, text))
    if _RESERVED.match(text) or key(text) == HIDDEN:
        text = _percent(text[0]) + text[1:]
    if text[-1:] in (".", " "):
        text = text[:-1] + _percent(text[-1])
    return text


def _letter(letter: str) -> str:
    return _percent(letter) if letter in _FORBIDDEN or unicodedata.category(letter) in _CATEGORIES else letter


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))


def _shortened(text: str) -> str:
    """A name that is too long keeps its beginning, and a digest replaces the rest."""
    content = text.encode("utf-8")
    if len(content) <= LONGEST:
        return text
    mark = f"%~{hashlib.sha256(content).hexdigest()[:_DIGEST]}"
    return content[: LONGEST - len(mark)].decode("utf-8", "ignore") + mark
