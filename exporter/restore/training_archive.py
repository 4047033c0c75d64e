"""The training of a model in a `.keras` archive: its config says how it was compiled, its optimizer is numbered."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from exporter.restore.archive_file import CONFIG, TRAINING, groups_of, weights_of
from exporter.restore.stored_training import StoredTraining
from exporter.restore.training_hdf5 import tensor_of

_OPTIMIZER = "optimizer"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[StoredTraining | None]:
    """The training of the model in an archive, which is open meanwhile; None if it is not compiled.

    The tensors have numbers as names, so only their order tells which they are. Keras 2 stores none of an optimizer of
    before 2.11.
    """
    with zipfile.ZipFile(path) as file:
        config: Mapping[str, Any] | None = json.loads(file.read(CONFIG)).get(TRAINING)
        if config is None:
            yield None
            return
        with weights_of(file) as weights:
            yield _training(config, groups_of(weights).get(_OPTIMIZER, {}))


def _training(config: Mapping[str, Any], group: Mapping[str, Any]) -> StoredTraining:
    numbers = [str(number) for number in range(len(group))]
    if missing := [name for name in numbers if name not in group]:
        return StoredTraining(config, broken=f"the file does not hold number {missing[0]} of its optimizer")
    return StoredTraining(config, [tensor_of(group[name], name) for name in numbers])
