"""Assigns, reads, saves and loads large weights of Keras 3 without copies: TensorFlow takes their memory over.

Keras 3 copies a tensor three times on its way into a variable and once on its way out; with backends other than
TensorFlow it still does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from interchange.tensors import Array
from interchange.workers import memory


def assign(variable: Any, array: Array) -> None:
    """Assign an array, which nobody may write to any more."""
    variable.assign(_taken(array, str(variable.dtype)))


def shown(variable: Any) -> Array:
    """The numbers of a variable, without a copy if TensorFlow holds them; nobody may write to them."""
    if not _on_tensorflow():
        import keras

        return np.asarray(keras.ops.convert_to_numpy(variable))
    import tensorflow as tf

    return np.asarray(tf.convert_to_tensor(variable.value))


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


def _taken(array: Any, dtype: str) -> Any:
    """An array as a tensor of TensorFlow if it can be taken over, or the array."""
    if not _on_tensorflow():
        return array
    import tensorflow as tf

    return memory.as_tensor(tf, array, dtype)


def _taking(convert: Callable[..., Any]) -> Callable[..., Any]:
    """`convert_to_tensor` that takes an array over if it can be."""

    def convert_to_tensor(x: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
        taken = _taken(x, x.dtype.name if dtype is None else str(dtype)) if isinstance(x, np.ndarray) else x
        return convert(x, dtype, *args, **options) if taken is x else taken

    return convert_to_tensor


def _showing(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`convert_to_numpy` that reads a variable without a copy."""

    def convert_to_numpy(x: Any) -> Any:
        import keras

        return shown(x) if isinstance(x, keras.Variable) else convert(x)

    return convert_to_numpy


def _aligned(open_dataset: Callable[..., Any]) -> Callable[..., Any]:
    """`safe_get_h5_dataset` that reads a large array into memory that can be taken over."""

    def safe_get_h5_dataset(*args: Any, **options: Any) -> Any:
        dataset = open_dataset(*args, **options)
        if "dtype" in dataset.attrs or not memory.is_worth(dataset.shape, dataset.dtype.name):
            return dataset
        array = memory.zeros(dataset.shape, dataset.dtype.name)
        dataset.read_direct(array)
        return array

    return safe_get_h5_dataset
