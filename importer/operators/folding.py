"""NumPy in the place of `keras.ops`, for operators on shapes and constants alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from importer.operators import sizes

# Where NumPy has another name for what `keras.ops` does.
_NAMES = {"convert_to_tensor": "asarray"}


class _Folding:
    """Functions of NumPy by their names in `keras.ops`; one that NumPy lacks is refused by name."""

    def __getattr__(self, name: str) -> Any:
        function = getattr(np, _NAMES.get(name, name), None)
        if function is None:
            raise ValueError(f"{name} of constants alone cannot be computed while the model is built")
        return function

    @staticmethod
    def cast(value: Any, dtype: str) -> Any:
        """Sizes stay what they are: they are whole numbers whatever they are called."""
        return value if sizes.is_open(value) else np.asarray(value).astype(dtype)


FOLDING: Any = _Folding()
