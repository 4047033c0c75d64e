"""`NAME.report.html`: a report for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Optional

from interchange.messages.details import Details
from keras2to3.reports.html import assets, changes, measures, pages, picture, provenance, verdict, weights
from keras2to3.reports.html.kinds import kind_of
from keras2to3.reports.report import Report

_GRAPHS = (
    "d3-color", "d3-dispatch", "d3-drag", "d3-ease", "d3-interpolate", "d3-selection", "d3-timer", "d3-transition",
    "d3-zoom", "@dagrejs/dagre",
)  # fmt: skip


def render(report: Report, details: Optional[Details] = None, name: str = "NAME.report.json") -> bytes:
    """A page about one source, the same bytes for the same facts but those of `timing`, which it does not tell.

    `details` are what the command knows beyond the report; without them there are no pictures and charts. `name` is the
    file of the report.
    """
    kind, sides = kind_of(report), picture.sides(details, report)
    table = weights.table(report, details)
    shown = _sections(report, details, sides, table)
    context = {
        "title": _title(report),
        "report": report,
        "verification": report.verification,
        "verdict": verdict.verdict_of(report),
        "kind": kind,
        "groups": changes.groups(report.changes, kind.meanings),
        "sides": sides,
        "legend": picture.legend(sides, report),
        "charts": measures.charts(details, kind.axes),
        "layers": measures.layers(details, report.verification),
        "reference": kind.reference[report.verification.reference] if report.verification else "",
        "steps": measures.steps(report.verification.training if report.verification else None),
        "weights": table,
        "provenance": provenance.provenance_of(report, name),
        "sections": shown,
    }
    data = _data(report, details, sides)
    charts = measures.LIBRARIES if _has_charts(details) else ()
    libraries = assets.libraries_named([*charts, *(_GRAPHS if sides else ())])
    scripts = (
        "tables",
        *(("charts",) if charts else ()),
        *(("layout", "graph", "model") if sides else ()),
    )
    return pages.page("report.html", context, data, libraries, scripts)


def _title(report: Report) -> str:
    source = report.source
    return str(source.get("name") or PurePosixPath(str(source.get("path") or "")).stem or "model")


def _has_charts(details: Details | None) -> bool:
    return details is not None and bool(details.outputs or details.layers)


def _data(report: Report, details: Details | None, sides: Sequence[picture.Side]) -> dict[str, Any]:
    if details is None:
        return {}
    return {
        "graphs": picture.graph_data(details, report, sides) if sides else {},
        "outputs": [measures.chart_data(pairs, report.verification, kind_of(report).axes) for pairs in details.outputs],
        "layers": measures.layer_data(details) if details.layers else None,
    }


def _sections(
    report: Report, details: Details | None, sides: Sequence[picture.Side], table: weights.Table
) -> Sequence[tuple[str, str]]:
    """The identifiers and titles of the sections that have something to say, in order."""
    verification = report.verification
    present = (
        ("error", "What went wrong", report.error),
        ("changes", "What changed", report.changes or report.output),
        ("model", "The model", sides),
        ("outputs", "Outputs compared", verification and verification.reference != "weights"),
        ("layers", "Layer by layer", details and (details.layers or details.no_layers)),
        ("training", "Further training", report.training or (verification and verification.training)),
        ("lambdas", "Recovered functions", verification and verification.recovered),
        ("weights", "Weights", table.rows or report.weights),
        ("provenance", "Provenance", True),
    )
    return [(key, title) for key, title, has_content in present if has_content]
