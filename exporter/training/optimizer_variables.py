"""The variables of an optimizer in Keras 2.15: what each is, in the order in which files have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from translation.training import slots
from translation.training.matching import UnfitError
from translation.training.slots import Slot

ITERATIONS, LEARNING_RATE, U_PRODUCT = slots.SCALARS


@dataclass(frozen=True)
class OptimizerVariable:
    """One variable of an optimizer: its slot, its names in files, and the weight that it is kept for, if it is one.

    See `Wanted` for `optional` and `ordered`. Without a `variable` it is what Keras before 2.3 stores and nobody reads.
    """

    slot: Slot
    names: tuple[str, ...]
    variable: Any
    weight: Any = None
    optional: bool = False
    ordered: bool = True


def inner(optimizer: Any) -> Any:
    """The optimizer itself, or the one within a LossScaleOptimizer."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def is_legacy(optimizer: Any) -> bool:
    """Whether an optimizer is one of before Keras 2.11."""
    from keras.src.optimizers.legacy.optimizer_v2 import OptimizerV2

    return isinstance(optimizer, OptimizerV2)


def build(optimizer: Any, weights: Sequence[Any]) -> None:
    """Create the variables that an optimizer has for the weights it trains."""
    if is_legacy(optimizer):
        inner(optimizer)._create_all_weights(weights)
    else:
        inner(optimizer).build(weights)


def variables(optimizer: Any, weights: Sequence[Any]) -> list[OptimizerVariable]:
    """The variables of an optimizer that was built for `weights`, in the order in which Keras 2.15 stores them.

    Raises `UnfitError` for an optimizer of a class that is none of Keras's, which may keep anything.
    """
    own = inner(optimizer)
    name = next((kind.__name__ for kind in type(own).__mro__ if slots.slots_of(kind.__name__)), None)
    if name is None:
        raise UnfitError(f"what {type(own).__name__} keeps is known to its own code alone")
    found = (_legacy if is_legacy(own) else _new)(own, name, weights)
    return [*found, *_unordered(own), *_loss_scale(optimizer)]


def _new(own: Any, name: str, weights: Sequence[Any]) -> list[OptimizerVariable]:
    rows = {id(own._iterations): OptimizerVariable(ITERATIONS, ("iteration", "iterations"), own._iterations)}
    for slot in slots.slots_of(name):
        for weight, variable in zip(weights, getattr(own, slot.keras_2, ())):
            word = variable.name.split("/")[0]  # as m/dense/kernel:0
            rows[id(variable)] = OptimizerVariable(slot, (word,), variable, weight)
    if any(id(variable) not in rows for variable in own.variables):
        raise UnfitError(f"what {type(own).__name__} keeps is known to its own code alone")
    return [rows[id(variable)] for variable in own.variables]


# Keras before 2.3 did not count the steps of these.
_UNCOUNTED = ("RMSprop", "Adagrad", "Adadelta")
# What Keras before 2.3 stores in any case: the slot of an optimizer, and its names there.
_STORED_UNUSED = {"SGD": "momentum", "Adam": "vhat"}


def _legacy(own: Any, name: str, weights: Sequence[Any]) -> list[OptimizerVariable]:
    known = {slot.legacy: slot for slot in slots.slots_of(name) if slot.legacy}
    rows = {
        id(own.iterations): OptimizerVariable(
            ITERATIONS, ("iter", "iterations"), own.iterations, optional=name in _UNCOUNTED
        )
    }
    if name == "Nadam":
        names = ("momentum_cache", "m_schedule")
        rows[id(own._m_cache)] = OptimizerVariable(U_PRODUCT, names, own._m_cache, optional=True)
    for legacy in own.get_slot_names():
        for weight in weights:
            variable = own.get_slot(weight, legacy)
            rows[id(variable)] = OptimizerVariable(known[legacy], (legacy,), variable, weight)
    found = [rows[id(variable)] for variable in own.weights if id(variable) in rows]
    unused = _STORED_UNUSED.get(name)
    if unused is not None and unused not in own.get_slot_names():
        found += [OptimizerVariable(known[unused], (unused,), None, weight) for weight in weights]
    return found


def _unordered(own: Any) -> Iterator[OptimizerVariable]:
    """Numbers that a checkpoint alone has, by their names."""
    import tensorflow as tf

    rate = own._hyper["learning_rate"] if is_legacy(own) else own._learning_rate
    if isinstance(rate, tf.Variable):
        yield OptimizerVariable(LEARNING_RATE, ("learning_rate",), rate, optional=True, ordered=False)
    if not is_legacy(own) and hasattr(own, "_u_product"):
        yield OptimizerVariable(U_PRODUCT, ("u_product",), own._u_product, optional=True, ordered=False)


def _loss_scale(optimizer: Any) -> Iterator[OptimizerVariable]:
    state = getattr(optimizer, "_loss_scale", None)
    for slot in slots.LOSS_SCALE if hasattr(state, slots.LOSS_SCALE[0].keras_2) else ():
        yield OptimizerVariable(slot, (str(slot.legacy),), getattr(state, slot.keras_2), optional=True, ordered=False)
