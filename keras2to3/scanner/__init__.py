"""The scanner reads a model file without TensorFlow and decides whether Keras 2.15 may load it."""

from __future__ import annotations

from keras2to3.scanner.examine import examine, scan_model, scan_weights
from keras2to3.scanner.missing_classes import require_keras3_definitions
from keras2to3.scanner.scanned_file import ScannedFile, StoredTensor

__all__ = ["ScannedFile", "StoredTensor", "examine", "require_keras3_definitions", "scan_model", "scan_weights"]
