"""Match the tensors of a weight file to the variables of a model by names and shapes."""

from __future__ import annotations

from importer.restore.matching.match import match
from importer.restore.matching.match_report import Match, Matching
from importer.restore.matching.tensor import Tensor

__all__ = ["Match", "Matching", "Tensor", "match"]
