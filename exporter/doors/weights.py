"""HDF5 with weights alone, as `model.save_weights` of Keras 2 wrote it, and an architecture from elsewhere."""

from __future__ import annotations

from typing import Any

from exporter.architecture import readable
from exporter.build import build
from exporter.doors.source import Source
from exporter.normalise import Tell
from exporter.weights import restore
from interchange.errors import Exit, Failure


def load(source: Source, tell: Tell) -> Any:
    """The model of an architecture with the weights of the file; see `exporter.doors.load`."""
    import h5py

    assert source.architecture is not None  # the look has refused weights without one
    model = build(readable(source.architecture, tell, source.replaced), source.trust)
    with h5py.File(source.path, "r") as file:
        restore(_stored(file, source), model)
    return model


def _stored(file: Any, source: Source) -> Any:
    """The group that lists its layers: the root, or where a whole model has it."""
    for group in (file, file.get("model_weights", {})):
        if any(name.startswith("layer_names") for name in getattr(group, "attrs", ())):
            return group
    text = f"{source.path.name} lists no layers: it was written in the layout of `.weights.h5`, which is not read yet"
    raise Failure(Exit.UNREADABLE, text, "Write it with model.save_weights('model.h5') in Keras 2.")
