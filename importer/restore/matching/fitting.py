"""Match the tensors of one stored layer to the variables of a layer, which may be of another but equivalent kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from importer.restore.matching.tensor import Tensor
from translation.layer_names import numbered

Tensors = Mapping[str, Tensor]
_RECURRENT = ("kernel", "recurrent_kernel", "bias")
_DENSE = ("kernel", "bias")
# Names of weights that Keras 3 has changed.
_RENAMED = {"depthwise_kernel": "kernel"}


@dataclass(frozen=True)
class Recasting:
    """How a stored tensor is transformed into the value of a variable, in words and in NumPy."""

    text: str
    forward: Callable[[np.ndarray], np.ndarray]


Fit = Mapping[str, tuple[str, Recasting | None]]
"""The role of the tensor and its transformation, by the role of the variable."""


def renamed(role: str) -> str:
    """The name in Keras 3 of a weight of Keras 2."""
    return _RENAMED.get(role, role)


def direct(stored: Tensors, wanted: Tensors) -> Fit | None:
    """A match of equal roles and shapes; None if there is none."""
    roles = _roles(stored, wanted)
    if roles is None or any(stored[mine].shape != wanted[role].shape for role, mine in roles.items()):
        return None
    if not all(_alike(stored[mine].dtype, wanted[role].dtype) for role, mine in roles.items()):
        return None
    return {role: (mine, _cast(stored[mine].dtype, wanted[role].dtype)) for role, mine in roles.items()}


def known(stored: Tensors, wanted: Tensors) -> Fit | None:
    """A match of layers of different kinds; None if there is none."""
    found = (rule(stored, wanted) for rule in (_cudnn, _pointwise))
    return next((fit for fit in found if fit is not None), None)


def _roles(stored: Tensors, wanted: Tensors) -> Mapping[str, str] | None:
    """The roles of the tensors by those of the variables; TensorFlow numbers repeated names."""
    for plain in (str, lambda role: numbered(role)[0], renamed):
        mine = {plain(role): role for role in stored}
        if mine.keys() == wanted.keys() and len(mine) == len(stored):
            return {role: mine[role] for role in wanted}
    return None


def _alike(mine: str, wanted: str) -> bool:
    return mine == wanted or {_family(mine), _family(wanted)} == {"float"}


def _family(dtype: str) -> str:
    return "float" if "float" in dtype else dtype


def _cast(mine: str, wanted: str) -> Recasting | None:
    return None if mine == wanted else Recasting(f"{mine} rounded to {wanted}", lambda array: array)


def _ordered(tensors: Tensors, roles: tuple[str, ...]) -> list[Tensor] | None:
    """The tensors of exactly these roles, which some files only number."""
    counted = tuple(map(str, range(len(roles))))
    keys = next((keys for keys in (roles, counted) if tensors.keys() == set(keys)), None)
    return None if keys is None else [tensors[key] for key in keys]


def _cudnn(stored: Tensors, wanted: Tensors) -> Fit | None:
    """CuDNNGRU and CuDNNLSTM: as Keras 2.15 reads them, the kernels of each gate transposed, the biases in two halves.

    Source: `_convert_rnn_weights` in saving/legacy/hdf5_format.py. A GRU must be one with `reset_after`.
    """
    mine, theirs = _ordered(stored, _RECURRENT), _ordered(wanted, _RECURRENT)
    if mine is None or theirs is None or any(a.shape != b.shape for a, b in zip(mine[:2], theirs[:2])):
        return None
    if len(mine[1].shape) != 2:
        return None
    units, width = mine[1].shape
    if mine[2].shape != (2 * width,) or width not in (3 * units, 4 * units):
        return None
    gates = width // units
    if theirs[2].shape != ((2, width) if gates == 3 else (width,)):
        return None
    name = "CuDNNGRU" if gates == 3 else "CuDNNLSTM"
    bias = (
        Recasting(f"{name}: the two halves one below the other", lambda array: array.reshape(2, -1))
        if gates == 3
        else Recasting(f"{name}: the sum of the two halves", lambda array: np.sum(np.split(array, 2), axis=0))
    )
    recastings = (
        Recasting(f"{name}: the kernel of each gate in the other order", lambda array: _by_gate(array, gates, _turned)),
        Recasting(f"{name}: the kernel of each gate transposed", lambda array: _by_gate(array, gates, np.transpose)),
        bias,
    )
    return _joined(stored, wanted, mine, theirs, recastings)


def _by_gate(array: np.ndarray, gates: int, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return np.hstack([function(kernel) for kernel in np.hsplit(array, gates)])


def _turned(kernel: np.ndarray) -> np.ndarray:
    return kernel.T.reshape(kernel.shape, order="F")


def _pointwise(stored: Tensors, wanted: Tensors) -> Fit | None:
    """Dense, and a convolution of one element: the same matrix."""
    for roles in (_DENSE, _DENSE[:1]):
        mine, theirs = _ordered(stored, roles), _ordered(wanted, roles)
        if mine is None or theirs is None or not _same_matrix(mine[0].shape, theirs[0].shape):
            continue
        if mine[-1].shape != theirs[-1].shape and len(roles) == 2:
            continue
        return _joined(stored, wanted, mine, theirs, (_reshaped(theirs[0].shape), None)[: len(roles)])
    return None


def _reshaped(shape: tuple[int, ...]) -> Recasting:
    text = "the matrix of Dense and of a convolution of one element"
    return Recasting(text, lambda array: array.reshape(shape))


def _same_matrix(mine: tuple[int, ...], theirs: tuple[int, ...]) -> bool:
    ranks = {len(mine), len(theirs)}
    kernels = (mine[:-2], theirs[:-2])
    return len(ranks) == 2 and 2 in ranks and mine[-2:] == theirs[-2:] and all(math.prod(k) == 1 for k in kernels)


def _joined(
    stored: Tensors,
    wanted: Tensors,
    mine: list[Tensor],
    theirs: list[Tensor],
    recastings: tuple[Recasting | None, ...],
) -> Fit | None:
    if any(a.dtype != b.dtype for a, b in zip(mine, theirs)):
        return None
    names = {id(tensor): role for tensors in (stored, wanted) for role, tensor in tensors.items()}
    return {names[id(b)]: (names[id(a)], recasting) for a, b, recasting in zip(mine, theirs, recastings)}
