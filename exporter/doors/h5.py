"""HDF5: a whole model as `model.save` of Keras 2 wrote it."""

from __future__ import annotations

import json
from typing import Any

from exporter.architecture import readable
from exporter.build import build
from exporter.doors.source import Source
from exporter.normalise import Tell
from exporter.weights import restore


def load(source: Source, tell: Tell) -> Any:
    """The model in an HDF5 file; see `exporter.doors.load`."""
    import h5py

    with h5py.File(source.path, "r") as file:
        config = file.attrs["model_config"]
        architecture = json.loads(config.decode() if isinstance(config, bytes) else config)
        model = build(readable(architecture, tell, source.replaced), source.trust)
        restore(file.get("model_weights"), model)
    return model
