"""The static look: decide without TensorFlow whether Keras 2.15 may see a file at all (law 4 of the design)."""

from __future__ import annotations

from keras2to3.look.model import Look, look

__all__ = ["Look", "look"]
