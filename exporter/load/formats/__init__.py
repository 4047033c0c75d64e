"""One module for each source format, which registers its loaders under the names that the scanner gives formats."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.load.formats import checkpoint, h5, keras, saved_model, text, tfjs
from exporter.load.request import Loader

_MODULES = (checkpoint, h5, keras, saved_model, text, tfjs)

LOADERS: Mapping[str, Loader] = {name: loader for module in _MODULES for name, loader in module.LOADERS.items()}
"""The loader of each format."""
