"""Bodies of Lambda layers in the dry run: followed on tensors of which nothing is known, as far as that goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bytecode.refusals import Refused, Unknown
from interchange.errors import Problem
from translation.config_tree import objects
from translation.lambdas.bodies import at_inference, follow, follow_mask, is_body, unblock
from translation.tf_allowlist import allows_symbol

# They call what they are given with so many arguments, while the model is built.
_CALLING = {"cond": 0, "keras.backend.switch": 0, "map_fn": 1, "vectorized_map": 1, "keras.backend.map_fn": 1}
_DTYPES = ("float32", "int32", "string")


class Tensor:
    """A tensor that a layer is called on."""


class _Anything:
    """What a function gives, or the shape of a tensor: one tensor, several, or none."""


@dataclass
class _Backend:
    """Tensors that only have a dtype, and the rule by which the side that is asked refuses a function by name."""

    refuse: Callable[[str], str | None]
    dtype: str
    guessed: bool = False  # whether something was taken for a tensor that may be none
    asked: bool = False  # whether the dtype has mattered

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
        """A tensor has no methods that are followed but one if it is ragged; what else has this is not known here."""
        if name == "to_tensor":
            return _Anything()
        self.is_tensor(tensor)
        raise Refused(f"the method {name} of a tensor", name)


def refusals(architecture: Any, own: Collection[str] = ()) -> dict[str, Problem]:
    """The problem of each Lambda, by its path, whose body is refused whatever the shapes and values of its inputs.

    What stands behind the user's `own` names is not known.
    """
    lambdas = (each for each in objects(architecture, closed={"Lambda"}) if each.class_name == "Lambda")
    found = {
        each.path: refusal(each.config, _counts(each.entry.get("inbound_nodes")), own)
        for each in lambdas
        if is_body(each.config.get("function"))
    }
    return {path: _problem(path, reason) for path, reason in found.items() if reason}


def refusal(config: Mapping[str, Any], inputs: Sequence[int], own: Collection[str] = ()) -> Refused | None:
    """Why a recovered body is refused by one side or the other, as far as that needs no shape; None if it may do.

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
    """Why it is refused on so many inputs, whatever their dtype and whether they have masks."""
    reason = None
    for masked in (True, False):
        for dtype in _DTYPES:
            backend = _Backend(refuse, dtype)
            reason = _followed(config, backend, count, masked, own)
            if reason is None:
                return None
            if not backend.asked:
                break
    return reason


def _of_keras_2(symbol: str) -> str | None:
    allowed = allows_symbol(symbol) or allows_symbol(f"compat.v1.{symbol}")
    return None if allowed else "is no function of tensors alone"


def _of_keras_3(symbol: str) -> str | None:
    from translation import operators

    known = symbol in operators.table() or f"compat.v1.{symbol}" in operators.table()
    return None if known else "has no counterpart yet"


def _followed(
    config: Mapping[str, Any], backend: _Backend, count: int, masked: bool, own: Collection[str]
) -> Refused | None:
    """Why the body, or that of the mask, is refused for certain."""
    inputs: Any = Tensor() if count == 1 else [Tensor() for _ in range(count)]
    masks: Any = (_Anything() if count == 1 else [_Anything() for _ in range(count)]) if masked else None
    body, mask = config["function"], config.get("mask")
    names = {name: _Anything() for name in own}
    try:
        follow(body, inputs, {**(config.get("arguments") or {}), **at_inference(body, masks)}, backend, names)
        if mask is not None:
            follow_mask(mask, inputs, masks, backend, names)
    except Refused as refused:
        return refused if isinstance(refused, Unknown) or not backend.guessed else None
    return None


def _problem(path: str, reason: Refused) -> Problem:
    text = f"its body cannot be translated: {reason}"
    return Problem(path, "Lambda", text, "function", reason.name, unblock(path.rpartition("/")[2]))


def _counts(nodes: Any) -> list[int]:
    """How many tensors each call of a layer is given, where its architecture tells."""
    calls = nodes if isinstance(nodes, list) else []
    return [len(call) for call in calls if isinstance(call, list) and all(isinstance(one, list) for one in call)]
