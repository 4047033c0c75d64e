"""Put the stored state of an optimizer into its variables in Keras 2.15, and name these for the bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.restore.account import Account
from exporter.restore.stored_training import StoredTensor, StoredTraining
from exporter.training import optimizer_variables
from exporter.training.optimizer_variables import ITERATIONS, U_PRODUCT, OptimizerVariable
from interchange.error_text import cause
from interchange.weight_key import WeightKey
from translation.training import matching, nadam, slots
from translation.training.matching import UnfitError, Wanted

_UNREADABLE = (KeyError, OSError, ValueError)  # what h5py and TensorFlow raise at a damaged tensor

_NOTHING = (
    "the file does not store the state of its optimizer (if the model was never trained, there is none, and nothing is "
    "lost)"
)

_MOST_STEPS = 1 << 62  # after twice as many the next one is negative


SlotKey = tuple[str, "WeightKey | None"]
"""The name of a slot, and the key of the weight it is kept for, if it is one."""


def restore(model: Any, training: StoredTraining, account: Account) -> None:
    """Assign every variable of a compiled model's optimizer from the tensor of the file that is its own.

    Raises `UnfitError` if one is missing, surplus or of another form; then the variables have no defined values.
    """
    if training.broken is not None:
        raise UnfitError(training.broken)
    if not training.tensors:
        raise UnfitError(_NOTHING)
    rows = optimizer_variables.variables(model.optimizer, model.trainable_variables)
    keys = keys_of(model)
    names = _names(model, training, account, keys)
    once = [row for row in rows if row.weight is None]
    keeps = any(row.weight is not None and row.variable is not None for row in rows)
    is_new = keeps and len(training.tensors) <= len(once)
    if is_new:
        rows = once  # Keras makes the others with the first step, as they are made here
    wanted = [_wanted(row, keys) for row in rows]
    pairs = matching.matched(wanted, [tensor.stored for tensor in training.tensors], names)
    for number, place in pairs.items():
        _assign(rows[number], training.tensors[place])
    read = {rows[number].slot for number in pairs}
    for row in rows:
        if row.slot is U_PRODUCT and U_PRODUCT not in read:
            row.variable.assign(_u_product(model))
    if is_new and (made := int(optimizer_variables.inner(model.optimizer).iterations.numpy())):
        raise UnfitError(f"the file stores nothing that its optimizer keeps for weights, after {made} steps")


def _u_product(model: Any) -> float:
    """The product of Nadam after the steps that its optimizer has made; no file but a SavedModel has it."""
    own = optimizer_variables.inner(model.optimizer)
    steps, beta_1 = int(own.iterations.numpy()), np.asarray(own.beta_1)
    if not (beta_1.dtype.kind == "f" and 0 <= beta_1 < 1):
        raise UnfitError(f"its momentum decays by {beta_1}, which is none")
    if optimizer_variables.is_legacy(own):
        return nadam.u_product(float(beta_1), steps, own._initial_decay)
    if model.run_eagerly:
        return nadam.u_product(float(beta_1), steps)
    return nadam.u_product_of_graph(float(beta_1), steps, len(model.trainable_variables))


def keys_of(model: Any) -> Mapping[int, WeightKey]:
    """The key in the bundle of every weight of a model, by the identity of its variable."""
    return {identity(variable): WeightKey(path, name) for path, name, variable in description.variables(model)}


def rows(model: Any) -> Iterator[tuple[Mapping[str, Any], np.ndarray]]:
    """What the optimizer of a compiled model keeps, with the facts of each tensor in the bundle."""
    return ((facts, np.asarray(variable.value())) for facts, variable in kept(model))


def kept(model: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """The variables that the optimizer of a compiled model keeps, with the facts of each in the bundle."""
    keys = keys_of(model)
    for row in optimizer_variables.variables(model.optimizer, model.trainable_variables):
        if row.variable is not None and not is_unused(row, model.optimizer):
            yield facts_of(row, keys), row.variable


def slot_of(facts: Mapping[str, Any]) -> SlotKey:
    """What tells a variable of an optimizer from all others, by its facts in the bundle."""
    return facts["slot"], WeightKey.from_facts(facts) if "layer" in facts else None


def facts_of(row: OptimizerVariable, keys: Mapping[int, WeightKey]) -> Mapping[str, Any]:
    """What a bundle says of a variable of an optimizer."""
    return {"slot": row.slot.name, **({} if row.weight is None else keys[identity(row.weight)].to_facts())}


def is_unused(row: OptimizerVariable, optimizer: Any) -> bool:
    """Whether it is the momentum of an SGD without any, which stays zero."""
    own = optimizer_variables.inner(optimizer)
    return row.slot in slots.SLOTS["SGD"] and row.weight is not None and getattr(own, "momentum", None) == 0


def _names(
    model: Any, training: StoredTraining, account: Account, keys: Mapping[int, WeightKey]
) -> Mapping[str, Sequence[str]]:
    """The names by which the stored tensors tell each trained weight, by the weight as it is shown."""
    sources = [(variable, account.source(variable)) for variable in model.trainable_variables]
    if others := [variable for variable, source in sources if source is None]:
        text = f"the file has {_shown(others[0], keys)} in another form, and what its optimizer keeps as well"
        raise UnfitError(text)
    return {_shown(variable, keys): training.names.get(source or "", ()) for variable, source in sources}


def _wanted(row: OptimizerVariable, keys: Mapping[int, WeightKey]) -> Wanted:
    shape = None if row.variable is None else tuple(row.variable.shape)
    weight = None if row.weight is None else _shown(row.weight, keys)
    return Wanted(row.names, shape, weight, row.optional, row.ordered)


def _shown(variable: Any, keys: Mapping[int, WeightKey]) -> str:
    key = keys[identity(variable)]
    return "/".join((*key.path, key.name))


def _assign(row: OptimizerVariable, tensor: StoredTensor) -> None:
    try:
        value = np.asarray(tensor.read())
    except _UNREADABLE as error:
        raise UnfitError(f"{tensor.stored.name} cannot be read: {cause(error)}") from error
    if row.slot is ITERATIONS:
        _require_countable(value)
    row.variable.assign(_as(row.variable.dtype.as_numpy_dtype, value, tensor.stored.name))


def _require_countable(steps: np.ndarray) -> None:
    if steps < 0:
        raise UnfitError(f"the file says that the optimizer made {steps} steps")
    if steps > _MOST_STEPS:
        text = f"the file says that the optimizer made {int(steps):,} steps, and no optimizer counts on from there"
        raise UnfitError(text)


def _as(dtype: Any, value: np.ndarray, name: str) -> np.ndarray:
    """A value in the dtype of its variable, if that changes no number."""
    if np.can_cast(value.dtype, dtype, "safe"):
        return value.astype(dtype)
    with np.errstate(all="ignore"):
        cast = value.astype(dtype)
        same = np.array_equal(cast.astype(value.dtype), value, equal_nan=value.dtype.kind == "f")
        if not same or (cast < 0).any() != (value < 0).any():
            raise UnfitError(f"{name} is {value.dtype}, which {np.dtype(dtype)} cannot hold")
    return cast


def identity(variable: Any) -> int:
    """The identity of a variable, also in the wrapper that mixed precision puts around it."""
    return id(variable.handle)
