"""The pages beside `report.json` and `summary.json`: their names, which of them are ours, and what they are made of.

A page ends in two comments: what it shows beyond its report, so that it can be made again, and a digest of all before.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
import stat
import traceback
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange import strictjson
from interchange.messages.details import Details

if TYPE_CHECKING:
    from keras2to3.reports.report import Report
    from keras2to3.reports.ways import Trip

_DETAILS = re.compile(rb"<!-- details ([A-Za-z0-9+/=]*) -->\n\Z")
_SEAL = b"<!-- keras2to3 %s -->\n"
_SEALED = re.compile(rb"<!-- keras2to3 [0-9a-f]{64} -->\n\Z")
_SEAL_LENGTH = len(_SEAL % (b"0" * 64))
_MOST = 64 << 20  # bytes of details that are read again
_BROKEN = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>keras2to3</title></head>
<body><h1>This page could not be made</h1><p>Please report it, with this text. {} has all facts.</p>
<pre>{}</pre></body></html>
"""


def beside(document: Path) -> Path:
    """The page of a report or summary."""
    return document.with_suffix(".html")


def of_report(report: Report, details: Details | None, name: str) -> bytes:
    """The page of a report, whose file has this name."""
    from keras2to3.reports.html import render  # late: the templates take longer to load than most of ours

    shown = b"" if details is None else base64.b64encode(zlib.compress(strictjson.dump(details.to_json()), 9))
    return _sealed(_made(lambda: render(report, details, name), "The report") + b"<!-- details %s -->\n" % shown)


def of_summary(document: bytes) -> bytes:
    """The page of a `summary.json`."""
    from keras2to3.reports.html import render_summary

    return _sealed(_made(lambda: render_summary(strictjson.parse(document)), "summary.json"))


def of_totals(document: Mapping[str, Any], failed: int) -> bytes:
    """The page of the `summary.json` of a run with shards, with the first of its `failed` rows."""
    from keras2to3.reports.html import render_totals

    return _sealed(_made(lambda: render_totals(document, failed), "summary.json"))


def of_round_trips(trips: Sequence[Trip], exit_code: int) -> bytes:
    """The page of a `roundtrip.json`."""
    from keras2to3.reports.html import render_round_trips

    return _sealed(_made(lambda: render_round_trips(trips, exit_code), "roundtrip.json"))


def details_of(page: Path) -> Details | None:
    """What a page shows beyond its report; None if there is none, or it is no page of ours."""
    content = _content(page)
    found = None if content is None else _DETAILS.search(content)
    if found is None or not found[1]:
        return None
    unpacked = zlib.decompressobj().decompress(base64.b64decode(found[1]), _MOST)
    return Details.from_json(strictjson.parse(unpacked))


def is_ours(page: Path) -> bool:
    """Whether there is a page that keras2to3 has written, as it was written."""
    return _content(page) is not None


def is_sealed(whole: bytes) -> bool:
    """Whether this is the content of a page that keras2to3 has written, as it was written."""
    return _unsealed(whole) is not None


def may_write(page: Path) -> bool:
    """Whether a page may be written here: to a free path, or over one of ours."""
    return not os.path.lexists(page) or is_ours(page)


def lost(page: Path, error: OSError) -> str:
    """A warning about a page that could not be written, beside a document that was."""
    reason = error.strerror or str(error)
    return f"warning: {page} is missing: {reason}; run again when there is room, or pass --no-html"


def _made(render: Callable[[], bytes], source: str) -> bytes:
    """A page; a defect of ours in it costs the page, and no model that was verified."""
    try:
        return render()
    except Exception:  # noqa: BLE001  (whatever it is, the page says so)
        text = _BROKEN.format(source, html.escape(traceback.format_exc()))
        return text.encode("utf-8", "backslashreplace")


def _sealed(content: bytes) -> bytes:
    return content + _SEAL % hashlib.sha256(content).hexdigest().encode("ascii")


def _content(page: Path) -> bytes | None:
    """What a page of ours holds before its digest; None for any other file."""
    try:
        if not stat.S_ISREG(page.lstat().st_mode):
            return None
        return _unsealed(page.read_bytes())
    except OSError:
        return None


def _unsealed(whole: bytes) -> bytes | None:
    content = whole[:-_SEAL_LENGTH]
    return content if _SEALED.search(whole[-_SEAL_LENGTH:]) and _sealed(content) == whole else None
