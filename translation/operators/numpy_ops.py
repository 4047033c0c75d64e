"""NumPy instead of `keras.ops`, for operators on shapes and constants only."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import size_minmax, sizes

# Functions of `keras.ops` that have another name in NumPy.
_NAMES = {"convert_to_tensor": "asarray"}

# Functions of NumPy that work on arrays of `Size`s: they move, add or multiply elements.
_OF_SIZES = frozenset(
    """
    add subtract multiply floor_divide mod negative prod sum take reshape concatenate stack expand_dims squeeze flip
    transpose tile repeat roll append ravel convert_to_tensor broadcast_to where
""".split()
)
# Functions that NumPy lacks.
_OWN = {"rsqrt": lambda x: 1 / np.sqrt(x), "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
_PAIRED = {"maximum": size_minmax.larger, "minimum": size_minmax.smaller}


class _NumpyOps:
    """NumPy's functions by their names in `keras.ops`; ValueError for one that NumPy lacks.

    Functions that cannot compute with a `Size` fall back to `keras.ops`.
    """

    def __getattr__(self, name: str) -> Any:
        def folded(*args: Any, **kwargs: Any) -> Any:
            if sizes.is_dynamic(args):
                if name in _PAIRED:
                    return _PAIRED[name](*args)
                if name not in _OF_SIZES:
                    args = tuple(map(_settled, args))
                    if sizes.is_dynamic(args):
                        return _at_run_time(name, args, kwargs)
            function = _OWN.get(name) or getattr(np, _NAMES.get(name, name), None)
            if function is None:
                raise ValueError(f"{name} of constants alone cannot be computed while the model is built")
            return function(*args, **kwargs)

        return folded

    @staticmethod
    def cast(value: Any, dtype: str) -> Any:
        """`Size`s stay as they are in any integer dtype; in others they become tensors."""
        if not sizes.is_dynamic(value):
            return np.asarray(value).astype(dtype)
        return value if "int" in dtype else _at_run_time("cast", (value, dtype), {})

    @staticmethod
    def ones_like(value: Any, dtype: str | None = None) -> Any:
        """As in NumPy, also for arrays of `Size`s."""
        return np.ones(np.shape(value), dtype or _dtype_of(value))

    @staticmethod
    def zeros_like(value: Any, dtype: str | None = None) -> Any:
        """As in NumPy, also for arrays of `Size`s."""
        return np.zeros(np.shape(value), dtype or _dtype_of(value))

    @staticmethod
    def unstack(value: Any, num: int | None = None, axis: int = 0) -> Any:  # noqa: ARG004  (as in keras.ops)
        """Along an axis; NumPy has no such function before 2.1."""
        return list(np.moveaxis(np.asarray(value), axis, 0))


def _settled(value: Any) -> Any:
    """An array of sizes as numbers if all are known; anything else as it is."""
    if not sizes.is_dynamic(value):
        return value
    numbers = [sizes.resolved(each) for each in np.asarray(value, object).flat]
    return value if sizes.is_dynamic(numbers) else np.array(numbers, "int32").reshape(np.shape(value))


def _dtype_of(value: Any) -> Any:
    """Sizes are whole numbers."""
    kind = np.asarray(value).dtype
    return "int32" if kind.kind == "O" else kind


def _at_run_time(name: str, args: Any, kwargs: Any) -> Any:
    from keras import ops

    return getattr(ops, name)(*(sizes.as_tensor(arg) if sizes.is_dynamic(arg) else arg for arg in args), **kwargs)


NUMPY_OPS: Any = _NumpyOps()
