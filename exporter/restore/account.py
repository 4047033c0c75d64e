"""What is read of a file, and into which variable: every variable of a model came from it, and all that it stores went.

Whoever loads a model notes both sides as it goes; nothing that nobody has noted is ever compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from exporter.describe import description
from exporter.keras2.lookup_layers import stands_in_config
from interchange.errors import Exit, Failure, Problem

_HINT = "save architecture and weights of one and the same model again with model.save()"
_SHOWN = 3

DRAWN = "(drawn)"
"""What stands for the name of a tensor where there is none."""


class Account:
    """Names are those of the file, as `dense/kernel:0` or `layers/dense/vars/0`."""

    def __init__(self) -> None:
        self._stored: dict[str, None] = {}
        self._used: set[str] = set()
        self._read: dict[int, tuple[str, ...]] = {}

    def stores(self, names: Iterable[str]) -> None:
        """The file has tensors of these names, besides those of training."""
        self._stored |= dict.fromkeys(names)

    def uses(self, names: Iterable[str]) -> None:
        """These tensors are told in the architecture, as a vocabulary is, or nothing depends on them."""
        self._used.update(names)

    def reads(self, variable: Any, names: Iterable[str]) -> None:
        """A variable has been given what is stored under these names."""
        self._read[_key(variable)] = tuple(names)
        self._used.update(self._read[_key(variable)])

    def draws(self, model: Any) -> None:
        """The weights of a model are meant to be drawn: its file is an architecture alone."""
        for *_, variable in _variables(model):
            self.reads(variable, [DRAWN])

    def unused(self) -> list[Problem]:
        """What is stored and nothing was made of."""
        names = [name for name in self._stored if name not in self._used]
        return [Problem(name, "weights", "is stored and belongs to no layer") for name in names]

    def unread(self, model: Any) -> list[Problem]:
        """The variables of a model that nothing of the file has become."""
        text = "the file stores no tensor of this name for it, so Keras would initialize it at random"
        return [
            Problem("/".join(path), type(layer).__name__, text, "weight", name)
            for path, layer, name, variable in _variables(model)
            if not self._read.get(_key(variable))
        ]

    def check(self, model: Any) -> None:
        """Raise `Failure(WEIGHTS)` that lists what was not read and what was not used."""
        require_none([*self.unread(model), *self.unused()])


def require_none(problems: list[Problem], hint: str = _HINT) -> None:
    """Raise `Failure(WEIGHTS)` with all that does not fit, if anything does not."""
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        text = "; ".join(map(str, problems[:_SHOWN]))
        raise Failure(Exit.WEIGHTS, f"the weights do not fit the architecture: {text}{more}", hint, tuple(problems))


def _variables(model: Any) -> Iterator[tuple[tuple[str, ...], Any, str, Any]]:
    """Every variable that answers depend on: its path, its layer, its name and itself.

    What a metric has counted is of training, and what a lookup knows is told in its config.
    """
    met = {_key(variable) for metric in description.metrics(model) for variable in metric.weights}
    for path, layer in description.layers(model):
        own = list(description.own_variables(layer))
        if not stands_in_config(layer):
            yield from ((path, layer, name, variable) for name, variable in own if _key(variable) not in met)
        met.update(_key(variable) for _, variable in own)
    for variable in model.weights:  # what lies in no attribute of a layer
        if _key(variable) not in met:
            yield (), model, variable.name, variable


def _key(variable: Any) -> int:
    """What two objects for one variable have in common: mixed precision puts one around another."""
    return id(variable.handle)
