"""A checkpoint of TensorFlow: `save_weights("name")`, or a `tf.train.Checkpoint` of one or several models."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from exporter.load.from_architecture import restored
from exporter.load.request import Loader, LoadRequest
from exporter.restore.account import Account
from exporter.restore.checkpoint import CheckpointWeights
from translation.keras2_to_runnable import Normalised, Tell


def load(request: LoadRequest, tell: Tell, account: Account) -> Any:
    """The model of the request's architecture with the weights in a checkpoint; see `Loader`."""
    assert request.architecture is not None  # the scanner has refused weights without one
    checkpoint = CheckpointWeights(request.path.with_suffix(""), request.part, complete=True)
    model = restored(request, request.architecture, checkpoint, tell, account)
    for name in dict.fromkeys(other.split("/")[0] for other in checkpoint.others()):
        tell(Normalised("", "part", f"{name} of the checkpoint is left out: --part {request.part}", "original"))
    return model


def weights(path: Path, part: str | None) -> contextlib.AbstractContextManager[CheckpointWeights]:
    """The weights in a checkpoint, which may hold other models as well; see `Loader`."""
    return contextlib.nullcontext(CheckpointWeights(path.with_suffix(""), part, complete=False))


LOADERS = {"checkpoint": Loader(load, weights, selects_part=True)}
