"""Large weights go between files and variables without copies: TensorFlow takes their memory over, and shows its own.

Keras 3 copies a tensor three times on its way into a variable, and once more on its way out; with other backends than
TensorFlow's it goes on doing so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from interchange import memory
from interchange.tensors import Array


def assign(variable: Any, array: Array) -> None:
    """Give a variable the numbers of an array, which nobody may write to any more."""
    variable.assign(tensor(array) if _can_be_taken(array, str(variable.dtype)) else array)


def shown(variable: Any) -> Array:
    """The numbers of a variable, where they lie if TensorFlow holds them; nobody may write to them."""
    if not _on_tensorflow():
        import keras

        return np.asarray(keras.ops.convert_to_numpy(variable))
    import tensorflow as tf

    return np.asarray(tf.convert_to_tensor(variable.value))


def tensor(array: Array) -> Any:
    """The tensor of TensorFlow that an aligned array becomes; nobody may write to the array any more."""
    import tensorflow as tf

    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


@contextlib.contextmanager
def uncopied() -> Iterator[None]:
    """Within, Keras saves and loads large weights without copies, where it knows the functions that make them."""
    if not _on_tensorflow():
        yield
        return
    from keras.src import backend
    from keras.src.backend.tensorflow import core
    from keras.src.saving import saving_lib

    places = {
        (core, "convert_to_tensor"): _taking,
        (backend, "convert_to_numpy"): _showing,
        (saving_lib, "safe_get_h5_dataset"): _aligned,
    }
    known = {place: getattr(*place) for place in places if hasattr(*place)}
    try:
        for (module, name), function in known.items():
            setattr(module, name, places[module, name](function))
        yield
    finally:
        for (module, name), function in known.items():
            setattr(module, name, function)


def _on_tensorflow() -> bool:
    import keras

    return bool(keras.backend.backend() == "tensorflow")


def _can_be_taken(array: Any, dtype: str) -> bool:
    fits = isinstance(array, np.ndarray) and array.dtype.name == dtype and memory.is_worth(array.shape, dtype)
    return fits and memory.is_aligned(array) and _on_tensorflow()


def _taking(convert: Callable[..., Any]) -> Callable[..., Any]:
    """Into a tensor: an array that can be taken over is."""

    def convert_to_tensor(x: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
        taken = isinstance(x, np.ndarray) and _can_be_taken(x, x.dtype.name if dtype is None else str(dtype))
        return tensor(x) if taken else convert(x, dtype, *args, **options)

    return convert_to_tensor


def _showing(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Out of a variable: its numbers are looked at where they lie."""

    def convert_to_numpy(x: Any) -> Any:
        import keras

        return shown(x) if isinstance(x, keras.Variable) else convert(x)

    return convert_to_numpy


def _aligned(open_dataset: Callable[..., Any]) -> Callable[..., Any]:
    """Out of HDF5: what is large is read into memory that can be taken over."""

    def safe_get_h5_dataset(*args: Any, **options: Any) -> Any:
        dataset = open_dataset(*args, **options)
        if "dtype" in dataset.attrs or not memory.is_worth(dataset.shape, dataset.dtype.name):
            return dataset
        array = memory.zeros(dataset.shape, dataset.dtype.name)
        dataset.read_direct(array)
        return array

    return safe_get_h5_dataset
