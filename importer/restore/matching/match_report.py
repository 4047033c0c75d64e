"""What was found of each tensor: its variable, or what speaks against one, in words and as rows of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from importer.restore.matching.fitting import Recasting
from importer.restore.matching.tensor import Tensor
from importer.restore.matching.tree import Node
from interchange.errors import Exit, Failure, Problem
from interchange.messages.weights import WeightMatch

_SHOWN = 10  # of the candidates for one layer
_SURE = {"map": "certain", "keras2": "certain", "name": "certain", "number": "likely", "shape": "likely"}
_BUILD = "let the function build every weight that the file holds, and no other"
_MAP = "give --map a JSON file that says {variable: tensor} or {layer: layer}"


@dataclass(frozen=True)
class Match:
    """A tensor and the variable that it is for.

    `by` is what tells so: `map`, `name`, `number`, `shape`, or `keras2` where Keras 2.15 has put it there.
    """

    source: Tensor
    target: Tensor
    by: str
    recasting: Recasting | None = None

    @property
    def row(self) -> WeightMatch:
        """Its row in the report."""
        recast = self.recasting.text if self.recasting else None
        return WeightMatch(self.source.name, self.target.name, self.target.shape, self.by, _SURE[self.by], recast)


@dataclass
class Matching:
    """What was matched, and what speaks against it: `ambiguous` is what --map can settle."""

    matches: list[Match] = field(default_factory=list)
    ambiguous: list[Problem] = field(default_factory=list)
    misfits: list[Problem] = field(default_factory=list)

    def require_complete(self, hint: str = "") -> None:
        """Raise a Failure unless every tensor has its variable and every variable its tensor; it says `hint` too."""
        problems = (*self.misfits, *self.ambiguous)
        if not problems:
            return
        code = Exit.WEIGHTS if self.misfits else Exit.REFUSED
        what = "do not fit the model" if self.misfits else "could belong to several variables"
        way = _MAP if self._is_a_matter_of_names() else _BUILD
        raise Failure(code, f"{len(problems)} weights {what}; the first: {problems[0]}", f"{way}{hint}", problems)

    def _is_a_matter_of_names(self) -> bool:
        """Whether whatever lacks on one side is left on the other."""
        return not self.misfits or sum(row.class_name == "tensor" for row in self.misfits) == sum(
            row.class_name == "variable" for row in self.misfits
        )


def doubt(target: Node, candidates: Sequence[Node]) -> Problem:
    """A layer of the model with those of the file that it could have its weights of."""
    shown = [node.label for node in candidates[:_SHOWN]]
    more = [f"{len(candidates) - _SHOWN} more"] if len(candidates) > _SHOWN else []
    several = " and ".join([*shown, *more])
    text = f"{several} {'all fit' if len(candidates) > 1 else 'fits, and so do others'}: it is ambiguous"
    entry = f'{{"{target.label}": "{candidates[0].label}"}}'
    return Problem(target.label, "layer", text, unblock=f"Decide it with --map, as in {entry}.")


def without_variable(tensor: Tensor) -> Problem:
    """A tensor of the file that nothing takes."""
    return Problem(tensor.name, "tensor", f"no variable of the model fits this tensor; its shape is {tensor.shape}")


def without_tensor(tensor: Tensor) -> Problem:
    """A variable of the model that nothing is for."""
    return Problem(tensor.name, "variable", f"the file has no tensor for this variable; its shape is {tensor.shape}")


def other_shape(mine: Tensor, theirs: Tensor) -> Problem:
    """A tensor and a variable that belong together, and do not fit."""
    text = f"shape {mine.shape} of {mine.dtype} in the file, {theirs.shape} of {theirs.dtype} in the model"
    return Problem(theirs.name, "variable", text)


def other_way(mine: Node, theirs: Node) -> Problem:
    """Recurrent layers that belong together, and read their sequences from different ends."""
    text = f"{mine.label} of the file reads a sequence from its other end"
    return Problem(theirs.label, "layer", text)
