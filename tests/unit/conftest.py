"""What the unit tests share."""

from __future__ import annotations

from tests.support.scanner_in_process import scan_here

__all__ = ["scan_here"]
