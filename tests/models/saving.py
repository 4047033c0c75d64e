"""Save Keras 2 models that functions build, for the scripts of this folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from exporter.keras2 import gpu_kernels, recurrent_loops


def build_quickly() -> None:
    """Let this process build recurrent layers as the exporter does, in a third of the time.

    A file with a config and weights is the same, bit for bit; a SavedModel, which has a graph, is not.
    """
    gpu_kernels.use_cpu_kernels()
    recurrent_loops.trace_one_step()


def save_all(models: Mapping[str, Callable[[Any], Any]], folder: Path, names: Sequence[str] = ()) -> None:
    """Save each, or those of these names, as `<folder>/<name>.h5`, with the same weights every time."""
    import keras

    build_quickly()
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
