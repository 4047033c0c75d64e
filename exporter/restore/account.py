"""The account of a restored model: every variable was read from the file, and every tensor of the file was read.

Each loader records both sides, and what neither list has is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from exporter.describe import description
from exporter.keras2.lookup_layers import stands_in_config
from interchange.errors import Exit, Failure, Problem

HINT = "save architecture and weights of one and the same model again with model.save()"
_SHOWN = 3

DRAWN = "(drawn)"
"""The name in the account for weights that an initializer draws."""


class Account:
    """Which tensors a file has, and which of them became which variable.

    Names are those of the file, such as `dense/kernel:0` or `layers/dense/vars/0`.
    """

    def __init__(self) -> None:
        self._stored: dict[str, None] = {}
        self._used: set[str] = set()
        self._read: dict[int, tuple[str, ...]] = {}
        self._converted: set[int] = set()

    def stores(self, names: Iterable[str]) -> None:
        """Record the names of all tensors in the file, without those of training."""
        self._stored |= dict.fromkeys(names)

    def uses(self, names: Iterable[str]) -> None:
        """Record tensors that need no variable: the architecture has them too, or no output depends on them."""
        self._used.update(names)

    def reads(self, variable: Any, names: Iterable[str]) -> None:
        """Record the tensors that a variable was read from."""
        self._read[_key(variable)] = tuple(names)
        self._used.update(self._read[_key(variable)])

    def converts(self, variables: Iterable[Any]) -> None:
        """Record variables that have another form than the tensors they were read from."""
        self._converted.update(map(_key, variables))

    def source(self, variable: Any) -> str | None:
        """The one tensor of the file that a variable is equal to; None if there is none."""
        names = self._read.get(_key(variable), ())
        return names[0] if len(names) == 1 and _key(variable) not in self._converted else None

    def draws(self, model: Any) -> None:
        """Record that the weights of a model are those of its initializers: its file is an architecture alone."""
        for *_, variable in _variables(model):
            self.reads(variable, [DRAWN])

    def include(self, other: Account) -> None:
        """Record all that another account has."""
        self._stored |= other._stored
        self._used |= other._used
        self._read |= other._read
        self._converted |= other._converted

    def unused(self) -> list[Problem]:
        """The tensors of the file that became no variable."""
        names = [name for name in self._stored if name not in self._used]
        return [Problem(name, "weights", "is stored and belongs to no layer") for name in names]

    def unread(self, model: Any) -> list[Problem]:
        """The variables of a model that were not read from the file."""
        text = "the file stores no tensor of this name for it, so Keras would initialize it at random"
        return [
            Problem("/".join(path), type(layer).__name__, text, "weight", name)
            for path, layer, name, variable in _variables(model)
            if not self._read.get(_key(variable))
        ]

    def check(self, model: Any) -> None:
        """Raise `Failure(WEIGHTS)` listing every variable that was not read and every tensor that was not used."""
        require_none([*self.unread(model), *self.unused()])


def require_none(problems: list[Problem], hint: str = HINT) -> None:
    """Raise `Failure(WEIGHTS)` listing all problems, if there are any."""
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        text = "; ".join(map(str, problems[:_SHOWN]))
        raise Failure(Exit.WEIGHTS, f"the weights do not fit the architecture: {text}{more}", hint, tuple(problems))


def _variables(model: Any) -> Iterator[tuple[tuple[str, ...], Any, str, Any]]:
    """Every variable that outputs depend on: the path of its layer, the layer, its name and itself.

    Counts of metrics belong to training, and a lookup has its vocabulary in its config.
    """
    seen = {_key(variable) for metric in description.metrics(model) for variable in metric.weights}
    for path, layer in description.layers(model):
        own = list(description.own_variables(layer))
        if not stands_in_config(layer):
            yield from ((path, layer, name, variable) for name, variable in own if _key(variable) not in seen)
        seen.update(_key(variable) for _, variable in own)
    for variable in model.weights:  # weights in no attribute of a layer
        if _key(variable) not in seen:
            yield (), model, variable.name, variable


def _key(variable: Any) -> int:
    """The identity of a variable, also in the wrapper that mixed precision puts around it."""
    return id(variable.handle)
