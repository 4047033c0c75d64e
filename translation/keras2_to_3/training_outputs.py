"""Which loss, weight and metrics belong to which output: Keras 3 takes fewer ways to say it than Keras 2.15."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from translation.keras2_to_3.configs import plain


@dataclass(frozen=True)
class Outputs:
    """The outputs of a model in their order, by their names in Keras 2.15 (`before`).

    `keys` are their keys where the model returns a dict, in the same order. What their names are in Keras 3 does not
    matter, for what belongs to an output is found by its place.
    """

    before: tuple[str, ...]
    keys: tuple[str, ...] | None = None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What Keras puts before the names of the metrics of each output: nothing if there is only one."""
        return self.before if len(self.before) > 1 else ("",)

    def arranged(self, given: Any) -> list[Any]:
        """What stands for each output, where one thing is given for all of them, a list, or a dict by name."""
        given = plain(given)
        if isinstance(given, Mapping) and "class_name" not in given:
            names = self.keys if self.keys and set(given) <= set(self.keys) else self.before
            return list(given.values()) if len(names) == 1 else [given.get(name) for name in names]
        if isinstance(given, list):
            return [*given, *[None] * (len(self.before) - len(given))]
        return [given] * len(self.before)

    def packed(self, values: Sequence[Any]) -> Any:
        """The values as Keras 3 takes them for outputs like these; None where every one is None."""
        if all(value is None for value in values):
            return None
        if self.keys is not None:
            return dict(zip(self.keys, values))
        return list(values) if len(self.before) > 1 else values[0]

    def unpacked(self, packed: Any) -> list[Any]:
        """The values for each output of a structure that `packed` has made."""
        if packed is None:
            return [None] * len(self.before)
        if self.keys is not None:
            return [packed[key] for key in self.keys]
        return list(packed) if len(self.before) > 1 else [packed]


ONE = Outputs(("output_1",))
"""The output of a model that has one; a dict is then read by whatever name it has."""


def outputs_of(layers: Iterable[str], keys: Sequence[str] | None = None) -> Outputs:
    """The outputs of a model that are those of these layers, by the names that Keras 2.15 gives them."""
    names: list[str] = []
    counts: dict[str, int] = {}
    for layer in layers:
        name = layer
        while name in names:
            count = counts.get(layer, 1)
            name, counts[layer] = f"{layer}_{count}", count + 1
        names.append(name)
    return Outputs(tuple(names), None if keys is None else tuple(keys))


def each(function: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
    """What a function makes of each value that is not None."""
    return [None if value is None else function(value) for value in values]


def each_weight(given: Any, outputs: Outputs) -> list[float | None]:
    """The weight of each loss: one where Keras 2.15 has none, unless it has none at all."""
    weights = outputs.arranged(given)
    if all(weight is None for weight in weights):
        return [None] * len(outputs.before)
    return [1.0 if weight is None else float(weight) for weight in weights]


def per_output(given: Any, outputs: Outputs) -> list[list[Any]]:
    """The metrics of each output: a list without lists in it stands for each of them."""
    given = plain(given)
    if isinstance(given, list) and not any(isinstance(item, list) or _is_dict(item) for item in given):
        return [_flat(given) for _ in outputs.before]
    if len(outputs.before) == 1:
        given = list(given.values()) if _is_dict(given) else given
        return [_flat(given)]
    return [_flat(item) for item in outputs.arranged(given)]


def _is_dict(value: Any) -> bool:
    return isinstance(value, Mapping) and "class_name" not in value


def _flat(value: Any) -> list[Any]:
    """All metrics in a structure, in their order, without None."""
    if isinstance(value, list):
        return [metric for item in value for metric in _flat(item)]
    return [] if value is None else [value]
