"""`keras.ops` as operators use it: with sums that broadcast, and the same dtype on every backend.

Some functions return another dtype on JAX or PyTorch.
"""

from __future__ import annotations

from typing import Any

from translation.operators.broadcast_add import add

# Functions whose dtype depends on the backend for integers or float64, as measured on Keras 3.15.
_UNSTEADY = frozenset(
    """
    angle arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil clip cos cosh cumprod cumsum divide_no_nan dot
    erfinv floor floor_divide i0 linspace logaddexp matmul maximum mean minimum nextafter norm prod sin sinh sum tan
    tanh tensordot trace var
""".split()
)
# Dtypes that every backend returns alike.
_SURE = frozenset({"float32", "bool"})


class _PortableOps:
    """Functions of `keras.ops` by name; a cast follows those whose dtype depends on the backend."""

    add = staticmethod(add)

    def __getattr__(self, name: str) -> Any:
        from keras import ops

        function = getattr(ops, name)
        return _steady(function) if name in _UNSTEADY else function


def _steady(function: Any) -> Any:
    def called(*args: Any, **kwargs: Any) -> Any:
        from keras import ops

        result = function(*args, **kwargs)
        return result if str(result.dtype) in _SURE else ops.cast(result, result.dtype)

    return called


PORTABLE_OPS: Any = _PortableOps()
