"""Weights that come without their model: which stored tensor is for which variable, told by names and shapes alone."""

from __future__ import annotations

from importer.restore.matching.match import match
from importer.restore.matching.match_report import Match, Matching
from importer.restore.matching.tensor import Tensor

__all__ = ["Match", "Matching", "Tensor", "match"]
