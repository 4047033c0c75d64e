"""The static look: decide without TensorFlow whether Keras 2.15 may see a file at all (law 4 of the design)."""

from __future__ import annotations

from keras2to3.scanner.examine import examine, look, look_for_weights
from keras2to3.scanner.missing_classes import require_new
from keras2to3.scanner.scan import Look, StoredTensor

__all__ = ["Look", "StoredTensor", "examine", "look", "look_for_weights", "require_new"]
