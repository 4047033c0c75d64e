"""The two ways of a round trip with all that is known of each, for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from interchange.messages.details import Details
from interchange.messages.verification import Verification
from keras2to3.reports.report import Report
from keras2to3.reports.round_trip import Leg, RoundTrip


@dataclass(frozen=True)
class Way:
    """One way of a source: what `roundtrip.json` has of it, its report, and what the page of that shows besides."""

    leg: Leg
    report: Optional[Report] = None
    details: Optional[Details] = None

    @property
    def verification(self) -> Verification | None:
        """What was compared, if anything was."""
        return self.report.verification if self.report else None


@dataclass(frozen=True)
class Trip:
    """A source with both of its ways; `back` is None if there was none."""

    facts: RoundTrip
    there: Way
    back: Optional[Way]
