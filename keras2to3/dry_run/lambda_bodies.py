"""Interprets bodies of Lambda layers in the dry run, with tensors of unknown shapes and values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bytecode.refusals import Refused, Unknown
from interchange.errors import Problem
from translation.config_tree import objects
from translation.lambdas.bodies import at_inference, interpret, interpret_mask, is_body, unblock
from translation.tf_allowlist import allows_symbol

# Functions that call those that are passed to them, with so many arguments, while the model is built.
_CALLING = {"cond": 0, "keras.backend.switch": 0, "map_fn": 1, "vectorized_map": 1, "keras.backend.map_fn": 1}
_DTYPES = ("float32", "int32", "string")


class Tensor:
    """A tensor that a layer is called on."""


class _Anything:
    """The result of a function, or the shape of a tensor: a tensor, several, or none."""


@dataclass
class _Backend:
    """A backend of tensors with a dtype only; `refuse` says why one of the two workers refuses a function by name."""

    refuse: Callable[[str], str | None]
    dtype: str
    guessed: bool = False  # whether a value was treated as a tensor that may be none
    asked: bool = False  # whether the body has asked for the dtype

    def is_tensor(self, value: Any) -> bool:
        self.guessed = self.guessed or isinstance(value, _Anything)
        return isinstance(value, (Tensor, _Anything))

    def call(self, symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if text := self.refuse(symbol):
            raise Unknown(f"tf.{symbol} {text}", symbol)
        for function in filter(callable, (*args, *kwargs.values()) if symbol in _CALLING else ()):
            function(*(_Anything() for _ in range(_CALLING[symbol])))
        return _Anything()

    def attribute(self, _: Any, name: str) -> Any:
        if name not in ("shape", "dtype"):
            raise Refused(f"the attribute {name} of a tensor", name)
        self.asked = self.asked or name == "dtype"
        return self.dtype if name == "dtype" else _Anything()

    def method(self, tensor: Any, name: str, _: Sequence[Any], __: Mapping[str, Any]) -> Any:
        """Ragged tensors have one method that is supported; others have none."""
        if name == "to_tensor":
            return _Anything()
        self.is_tensor(tensor)
        raise Refused(f"the method {name} of a tensor", name)


def refusals(architecture: Any, own: Collection[str] = ()) -> dict[str, Problem]:
    """The problem of each Lambda, by its path, whose body is refused whatever the shapes and values of its inputs.

    The values of the user's `own` names are unknown.
    """
    lambdas = (each for each in objects(architecture, closed={"Lambda"}) if each.class_name == "Lambda")
    reasons = {
        each.path: refusal(each.config, _counts(each.entry.get("inbound_nodes")), own)
        for each in lambdas
        if is_body(each.config.get("function"))
    }
    return {path: _problem(path, reason) for path, reason in reasons.items() if reason}


def refusal(config: Mapping[str, Any], inputs: Sequence[int], own: Collection[str] = ()) -> Refused | None:
    """Why the body is refused by one of the two workers, as far as that needs no shapes; None if it may be supported.

    `inputs` has for each call how many tensors the layer is given; without any, both one and two are tried.
    """
    for refuse in (_of_keras_2, _of_keras_3):
        for counts in [[count] for count in inputs] or [[1, 2]]:
            reasons = [_certain(config, refuse, count, own) for count in counts]
            if all(reasons):
                return reasons[0]
    return None


def _certain(
    config: Mapping[str, Any], refuse: Callable[[str], str | None], count: int, own: Collection[str]
) -> Refused | None:
    """Why it is refused for so many inputs, whatever their dtype and with or without masks."""
    reason = None
    for masked in (True, False):
        for dtype in _DTYPES:
            backend = _Backend(refuse, dtype)
            reason = _interpreted(config, backend, count, masked, own)
            if reason is None:
                return None
            if not backend.asked:
                break
    return reason


def _of_keras_2(symbol: str) -> str | None:
    allowed = allows_symbol(symbol) or allows_symbol(f"compat.v1.{symbol}")
    return None if allowed else "is not a function of tensors only"


def _of_keras_3(symbol: str) -> str | None:
    from translation import operators

    known = symbol in operators.table() or f"compat.v1.{symbol}" in operators.table()
    return None if known else "has no counterpart yet"


def _interpreted(
    config: Mapping[str, Any], backend: _Backend, count: int, masked: bool, own: Collection[str]
) -> Refused | None:
    """Why the body, or that of the mask, is refused for certain."""
    inputs: Any = Tensor() if count == 1 else [Tensor() for _ in range(count)]
    masks: Any = (_Anything() if count == 1 else [_Anything() for _ in range(count)]) if masked else None
    body, mask = config["function"], config.get("mask")
    names = {name: _Anything() for name in own}
    try:
        interpret(body, inputs, {**(config.get("arguments") or {}), **at_inference(body, masks)}, backend, names)
        if mask is not None:
            interpret_mask(mask, inputs, masks, backend, names)
    except Refused as refused:
        return refused if isinstance(refused, Unknown) or not backend.guessed else None
    return None


def _problem(path: str, reason: Refused) -> Problem:
    text = f"its body cannot be translated: {reason}"
    return Problem(path, "Lambda", text, "function", reason.name, unblock(path.rpartition("/")[2]))


def _counts(nodes: Any) -> list[int]:
    """How many inputs each call of a layer has, if the architecture says so."""
    calls = nodes if isinstance(nodes, list) else []
    return [len(call) for call in calls if isinstance(call, list) and all(isinstance(one, list) for one in call)]
