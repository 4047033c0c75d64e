"""Save Keras 2 models that functions build, for the scripts of this folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any


def save_all(models: Mapping[str, Callable[[Any], Any]], folder: Path, names: Sequence[str] = ()) -> None:
    """Save each, or those of these names, as `<folder>/<name>.h5`, with the same weights every time."""
    import keras

    for name in names or models:
        keras.backend.clear_session()
        keras.utils.set_random_seed(len(name))
        models[name](keras).save(folder / f"{name}.h5", include_optimizer=False)


def randomise(net: Any) -> None:
    """Weights that are no zeros and ones; all are positive, as a variance must be."""
    import numpy as np

    random = np.random.default_rng(2015)
    for variable in net.weights:
        if variable.dtype.is_floating:
            variable.assign(random.uniform(0.1, 0.9, variable.numpy().shape))
