"""Calls of operators on symbolic tensors of Keras 3, and the structures of tensors that such calls take and give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from importer.masks import strip
from translation import operators
from translation.operators import constants, sizes
from translation.operators.numpy_ops import NUMPY_OPS
from translation.operators.portable_ops import PORTABLE_OPS
from translation.operators.random.noise_source import NoiseSource
from translation.operators.symbolic import is_symbolic

# If these have nothing to do, TensorFlow returns their very input, with its mask.
_RETURNING = frozenset(
    "cast dtypes.cast keras.backend.cast keras.backend.cast_to_floatx saturate_cast dtypes.saturate_cast "
    "convert_to_tensor compat.v1.convert_to_tensor compat.v1.to_float compat.v1.to_double compat.v1.to_int32 "
    "compat.v1.to_int64".split()
)


def call(name: str, positional: Sequence[Any], named: Mapping[str, Any], source: NoiseSource | None = None) -> Any:
    """The result of the operator `name`: symbolic tensors, or plain values and sizes if no argument is a tensor.

    As in Keras 2, masks are dropped, unless the operator returns its very input. Random numbers come from `source`.
    Raises ValueError where the call is not supported.
    """
    operator = operators.table()[name]
    bound = operators.bound(operator, positional, named)
    values = bound.arguments
    masked = dict(values)
    values.update({key: unmasked(value) for key, value in values.items()})
    tensors = list(_tensors([values.get(key) for key in operator.tensors]))
    near = next(_tensors(list(values.values())), None)
    dtype = tensors[0].dtype if tensors else None
    for key in operator.tensors & values.keys():
        values[key] = _folded(values[key]) if near is None else as_tensor(values[key], dtype, near)
        if operator.examples and key not in operator.lists and _is_list_of_tensors(values[key]):
            values[key] = PORTABLE_OPS.stack(values[key])
    first = source if operator.draws else NUMPY_OPS if near is None else PORTABLE_OPS
    result = operator.build(first, *bound.args, **bound.kwargs)
    as_given = [masked[key] for key, value in values.items() if value is result] if name in _RETURNING else []
    return as_given[0] if as_given else result


def _is_list_of_tensors(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(map(is_symbolic, value))


def _folded(value: Any) -> Any:
    """A constant as TensorFlow reads it, as a NumPy array; shapes and structures of several values as they are."""
    if type(value) is float:  # and not NumPy's, which keeps its own dtype
        return np.float32(value)
    return constants.array(value) if isinstance(value, (list, tuple)) and not _holds_arrays(value) else value


def _holds_arrays(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_arrays, value))
    return isinstance(value, (np.ndarray, sizes.Size))


def as_tensors(structure: Any) -> Any:
    """The structure with sizes and shapes as tensors."""
    if isinstance(structure, Mapping):
        return {key: as_tensors(item) for key, item in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [as_tensors(item) for item in structure]
    return as_tensor(structure)


def in_graph(structure: Any, tensors: Iterable[Any]) -> Any:
    """The inputs of a layer; if all are constants, they are placed into the graph of the other tensors."""
    near = next((tensor for tensor in tensors if is_symbolic(tensor) and str(tensor.dtype) != "string"), None)
    if near is None or any(True for _ in _tensors(structure)):
        return structure
    from keras import tree

    return tree.map_structure(lambda value: constants.placed(value, near), structure)


def as_tensor(value: Any, dtype: str | None = None, near: Any = None) -> Any:
    """Lists of numbers and sizes as tensors; tensors and plain scalars as they are.

    A large constant becomes a weight of the graph that `near`, a symbolic tensor, belongs to.
    """
    from keras import ops

    if isinstance(value, (list, tuple)) and any(True for _ in _tensors(value)):
        return [as_tensor(item, dtype, near) for item in value]
    if isinstance(value, np.generic) and near is not None:
        return value.item()  # beside a tensor a number of NumPy's has the dtype of the tensor, as one of Python's
    if sizes.is_dynamic(value):
        return sizes.as_tensor(value)
    if isinstance(value, (list, tuple, np.ndarray)):
        constant = constants.tensor(constants.array(value, dtype), near)
        narrow = dtype == "bfloat16" and near is not None
        return ops.cast(constants.placed(constant, near), dtype) if narrow else constant
    return value


def unmasked(value: Any) -> Any:
    """The structure with tensors without masks."""
    if isinstance(value, Mapping):
        return {key: unmasked(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [unmasked(item) for item in value]
    return strip(value) if is_symbolic(value) else value


def _tensors(value: Any) -> Iterator[Any]:
    """The symbolic tensors in a structure."""
    if is_symbolic(value):
        yield value
    elif isinstance(value, Mapping):
        yield from _tensors(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
