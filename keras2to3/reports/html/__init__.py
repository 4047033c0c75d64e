"""Reports and summaries as pages that need nothing but themselves: no network, no other file."""

from keras2to3.reports.html.report_page import render
from keras2to3.reports.html.round_trip_page import render_round_trips
from keras2to3.reports.html.summary_page import render_summary, render_totals

__all__ = ["render", "render_round_trips", "render_summary", "render_totals"]
