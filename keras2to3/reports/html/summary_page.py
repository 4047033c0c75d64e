"""`summary.html`: all sources of a folder of results for people, with links to their reports.

That of a run with shards counts all of them, and lists the first that have no result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import quote

from interchange.errors import Exit
from interchange.text import counted
from keras2to3.reports.html import pages
from keras2to3.reports.html.filters import ratio_of
from keras2to3.reports.statuses import in_order

_ENDING, _PAGE = ".json", ".html"


@dataclass(frozen=True)
class Row:
    """A source: its status, where its report is as a page, what was measured, and what was said of it."""

    name: str
    source: str
    status: str
    link: Optional[str]
    max_abs: Optional[float]
    share: Optional[float]
    message: str


def render_summary(document: Mapping[str, Any]) -> bytes:
    """A page of the rows of `summary.json`, as it lies beside it.

    A row may have `max_abs` and `tolerance`, those of the output that came closest to failing.
    """
    rows = [_row(row) for row in document["sources"]]
    return _page(rows, Counter(row.status for row in rows), document, None)


def render_totals(document: Mapping[str, Any], failed: int) -> bytes:
    """A page of the `summary.json` of a run with shards, whose list has the first of the `failed` rows."""
    return _page([_row(row) for row in document["failed"]], Counter(document["counts"]), document, failed)


def _page(rows: Sequence[Row], counts: Mapping[str, int], document: Mapping[str, Any], failed: Optional[int]) -> bytes:
    listed = Counter(row.status for row in rows)
    context = {
        "rows": rows,
        "statuses": [(status, counts[status]) for status in in_order(counts)],
        "listed": [(status, listed[status]) for status in in_order(listed)],
        "failed": failed,
        "run": document.get("run") or {},
        "shards": document.get("shards"),
        "sentence": _sentence(counts),
        "exit_code": document.get("exit_code"),
        "meaning": _meaning(document.get("exit_code")),
    }
    return pages.page("summary.html", context, {}, (), ("tables",))


def _row(row: Mapping[str, Any]) -> Row:
    difference = row.get("max_abs")
    share = ratio_of(difference, row.get("tolerance"))
    source = str(row.get("source") or "")
    name, status = str(row.get("name") or source), str(row["status"])
    return Row(name, source, status, _link(row), difference, share, str(row.get("message") or ""))


def _link(row: Mapping[str, Any]) -> Optional[str]:
    """The page of a report relative to the summary, from the name of the results, or None if it has no report."""
    report, name = row.get("report"), row.get("name")
    if not report or not name:
        return None
    return link_to(str(report), str(name))


def link_to(report: str, name: str) -> str:
    """The page of a report, whose results have this name, relative to what lies above them."""
    file = report.replace("\\", "/").rpartition("/")[2].removesuffix(_ENDING) + _PAGE
    folder = name.replace("\\", "/").rpartition("/")[0]
    return quote(f"./{folder}/{file}" if folder else f"./{file}", safe="/.", errors="surrogateescape")


def _sentence(counts: Mapping[str, int]) -> str:
    parts = [f"{counts[status]:,} {status}" for status in in_order(counts)]
    return f"{counted(sum(counts.values()), 'source')}: {', '.join(parts)}." if parts else "No sources."


def _meaning(code: Any) -> str:
    try:
        return Exit(code).meaning
    except ValueError:
        return ""
