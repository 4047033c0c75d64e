"""HDF5: a whole model as `model.save` of Keras 2 wrote it, or its weights alone with an architecture from elsewhere."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exporter.load.from_architecture import restored
from exporter.load.request import Loader, LoadRequest
from exporter.restore import hdf5_weights, training_hdf5
from exporter.restore.account import Account
from exporter.restore.archive_file import groups_of
from exporter.restore.counted_layers import CountedLayers, groups_below
from exporter.restore.keras1 import Keras1Layers
from exporter.restore.layer_names import require_own_names
from exporter.restore.listed_layers import ListedLayers
from exporter.restore.numbered_layers import NumberedLayers
from exporter.restore.stored_training import StoredTraining
from exporter.restore.stored_weights import StoredWeights
from interchange.errors import Problem, refused
from translation.keras1_to_2.file_facts import backend_of, facts_of, is_keras_1
from translation.keras2_to_2_15.archive import Archive
from translation.keras2_to_runnable import Normalised, Tell

_THEANO = "these weights were trained with Theano, which stores the kernels of convolutions rotated"
_ARCHITECTURE = (
    "give the architecture that model.to_json() wrote with --architecture FILE.json: it says which layers these are, "
    "and what Theano means by padding='same'"
)


def load(request: LoadRequest, tell: Tell, account: Account) -> Any:
    """The model in an HDF5 file; see `Loader`."""
    import h5py

    with h5py.File(request.path, "r") as file:
        config = file.attrs["model_config"]
        architecture = json.loads(config.decode() if isinstance(config, bytes) else config)
        return _with_listed_layers(architecture, file.get("model_weights"), request, tell, account)


def load_weights(request: LoadRequest, tell: Tell, account: Account) -> Any:
    """The model of the request's architecture with the weights in an HDF5 file; see `Loader`."""
    import h5py

    architecture, part = request.architecture, request.part
    assert architecture is not None  # the scanner has refused weights without one
    if part is not None:
        text = f"only the weights of {part} are migrated: --part {part}"
        tell(Normalised("", "part", text, "original"))
    with h5py.File(request.path, "r") as file:
        group = hdf5_weights.layer_list(file)
        if group is None or part is not None:
            return restored(request, architecture, _of_layout(file, group, part), tell, account)
        model = _with_listed_layers(architecture, group, request, tell, account)
        require_own_names(architecture, hdf5_weights.layers(group))
        return model


def _with_listed_layers(
    architecture: Mapping[str, Any], group: Any, request: LoadRequest, tell: Tell, account: Account
) -> Any:
    """The model of an architecture of any Keras with the weights of a group that lists its layers, if there is one."""
    version = request.written_by or architecture.get("keras_version") or hdf5_weights.attribute(group, "keras_version")
    shapes = None if group is None else hdf5_weights.shapes(group)
    facts = facts_of(architecture, shapes, hdf5_weights.attribute(group, "backend"), version)
    old = is_keras_1(architecture)
    layers = Keras1Layers(group, facts) if old else ListedLayers(group, theano=facts.is_theano)
    return restored(request, architecture, layers, tell, account, facts)


def _of_layout(file: Any, group: Any, part: str | None) -> StoredWeights:
    """The weights in a file of Keras 2, whose `group` lists its layers unless it is None."""
    if group is not None:
        return ListedLayers(group, part)
    return CountedLayers(Archive.of({}, {}, groups_below(groups_of(file), part)), file)


@contextlib.contextmanager
def weights(path: Path, part: str | None) -> Iterator[StoredWeights]:
    """The weights in a file of any layout; see `Loader`.

    Raises `Failure(REFUSED)` for convolutions that Theano trained, and `UNREADABLE` for a file that lists what it does
    not hold.
    """
    import h5py

    with h5py.File(path, "r") as file:
        group = hdf5_weights.layer_list(file)
        if NumberedLayers.is_in(file):
            numbered = NumberedLayers(file)
            _refuse_theano(len(file[row.place].shape) > 2 for row in numbered.rows())
            yield numbered
            return
        if group is not None:
            hdf5_weights.layers(group)
            stored = list(hdf5_weights.shapes(group))
            backend = hdf5_weights.attribute(group, "backend") or backend_of([name for _, name, _ in stored])
            _refuse_theano((backend == "theano" and len(shape) > 2 for _, _, shape in stored), _ARCHITECTURE)
        yield _of_layout(file, group, part)


def _refuse_theano(are_turned: Iterator[bool], hint: str | None = None) -> None:
    if any(are_turned):
        raise refused([Problem("", "Theano", _THEANO)], _THEANO, hint)


def training(request: LoadRequest) -> contextlib.AbstractContextManager[StoredTraining | None]:
    """How the model in a file was compiled; see `Loader`."""
    return training_hdf5.opened(request.path)


LOADERS = {"h5": Loader(load, weights, training=training), "weights": Loader(load_weights, weights, selects_part=True)}
