"""NumPy in the place of `keras.ops`, for operators on shapes and constants alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from importer.operators import sizes

# Where NumPy has another name for what `keras.ops` does.
_NAMES = {"convert_to_tensor": "asarray"}

# What NumPy does to sizes as to any objects: it moves them, or adds and multiplies them.
_OF_SIZES = frozenset(
    """
    add subtract multiply floor_divide mod negative prod sum take reshape concatenate stack expand_dims squeeze flip
    transpose tile repeat roll append ravel convert_to_tensor broadcast_to
""".split()
)


class _Folding:
    """Functions of NumPy by their names in `keras.ops`; one that NumPy lacks is refused by name.

    Those that cannot work on numbers known only at run time are handed to `keras.ops` after all.
    """

    def __getattr__(self, name: str) -> Any:
        def folded(*args: Any, **kwargs: Any) -> Any:
            if name not in _OF_SIZES and sizes.is_open(args):
                return _at_run_time(name, args, kwargs)
            function = getattr(np, _NAMES.get(name, name), None)
            if function is None:
                raise ValueError(f"{name} of constants alone cannot be computed while the model is built")
            return function(*args, **kwargs)

        return folded

    @staticmethod
    def cast(value: Any, dtype: str) -> Any:
        """Sizes stay what they are as whole numbers, whatever those are called; otherwise they become tensors."""
        if not sizes.is_open(value):
            return np.asarray(value).astype(dtype)
        return value if "int" in dtype else _at_run_time("cast", (value, dtype), {})

    @staticmethod
    def unstack(value: Any, num: int | None = None, axis: int = 0) -> Any:  # noqa: ARG004  (as in keras.ops)
        """Along an axis; NumPy has no such function before 2.1."""
        return list(np.moveaxis(np.asarray(value), axis, 0))


def _at_run_time(name: str, args: Any, kwargs: Any) -> Any:
    from keras import ops

    return getattr(ops, name)(*(sizes.as_tensor(arg) if sizes.is_open(arg) else arg for arg in args), **kwargs)


FOLDING: Any = _Folding()
