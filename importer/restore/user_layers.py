"""Match the weights within one custom layer, whose class in Keras 3 may have other attributes or names for them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from interchange.errors import Exit, Failure, Problem
from interchange.weight_key import WeightKey

Path = tuple[str, ...]


@dataclass(frozen=True)
class LayerWeight:
    """A tensor of the old layer or a variable of the new one, by its key in the model; `path` is within the layer.

    `attributes` are those that lead to it in the layer, and `place` counts the weights of what has it itself.
    """

    key: WeightKey
    path: Path
    shape: tuple[int, ...]
    attributes: Path = ()
    place: int = 0

    @classmethod
    def of(
        cls, key: WeightKey, size: int, shape: Iterable[int], attributes: Path, beside: Iterable[WeightKey]
    ) -> LayerWeight:
        """The weight among those `beside` it, in a layer whose path has this length."""
        place = [other for other in beside if other.path == key.path].index(key)
        return cls(key, key.path[size:], tuple(shape), attributes[size:] or (*key.path[size:], key.name), place)

    def evidence(self, other: LayerWeight) -> str:
        """What tells that another one is the same, in words."""
        same = self.attributes == other.attributes
        return "because the same attribute holds it" if same else "because no other has its shape or name"

    @property
    def name(self) -> str:
        """The name in the layer, without the number that Keras appends to repeated names."""
        return re.sub(r"[_#]\d+\Z", "", self.key.name).lower()

    @property
    def told(self) -> Hashable:
        """The full identity: if it is equal, the report has no line."""
        return self.path, self.key.name, self.shape

    @property
    def counted(self) -> str:
        """The name in our stub of the class, if a file numbers its weights."""
        return self.key.name if _COUNTED.fullmatch(self.key.name) else f"weight_{self.place}"

    @property
    def shown(self) -> str:
        """Path and name in messages."""
        return "/".join((*self.path, self.key.name))


_COUNTED = re.compile(r"weight_\d+")

# The evidence, the strongest first: a tensor and a variable match if only they have an equal value of it.
_EVIDENCE: tuple[Callable[[LayerWeight], Hashable], ...] = (
    lambda weight: (weight.attributes, weight.told),
    lambda weight: (weight.attributes, weight.shape),
    lambda weight: weight.told,
    lambda weight: (weight.path, weight.counted, weight.shape),
    lambda weight: (weight.path, weight.name, weight.shape),
    lambda weight: (weight.path, weight.shape),
    lambda weight: (weight.name, weight.shape),
    lambda weight: weight.shape,
)
_ALIKE = "Give weights and attributes the same names in both classes."
_BUILT = f"{_ALIKE} Build inner layers in `build`: Keras 3 does not call a class that returns its output shape."


def matched(
    layer: str, class_name: str, old: Sequence[LayerWeight], new: Sequence[LayerWeight]
) -> list[tuple[LayerWeight, LayerWeight, bool]]:
    """Every tensor with its variable, and whether path, name and shape all agree.

    Raises `Failure`: `WEIGHTS` listing what has no counterpart, `REFUSED` where several could be meant.
    """
    pairs: list[tuple[LayerWeight, LayerWeight, bool]] = []
    for evidence in _EVIDENCE:
        for mine, theirs in _alone(evidence, old, new):
            pairs.append((mine, theirs, mine.told == theirs.told))
        old = [weight for weight in old if weight not in {mine for mine, _, _ in pairs}]
        new = [weight for weight in new if weight not in {theirs for _, theirs, _ in pairs}]
    _require_none(layer, class_name, old, new)
    return pairs


def _alone(
    evidence: Callable[[LayerWeight], Hashable], old: Iterable[LayerWeight], new: Iterable[LayerWeight]
) -> list[tuple[LayerWeight, LayerWeight]]:
    mine, theirs = _grouped(evidence, old), _grouped(evidence, new)
    return [(mine[key][0], theirs[key][0]) for key in mine if len(mine[key]) == len(theirs.get(key, ())) == 1]


def _grouped(
    evidence: Callable[[LayerWeight], Hashable], weights: Iterable[LayerWeight]
) -> Mapping[Hashable, list[LayerWeight]]:
    groups: dict[Hashable, list[LayerWeight]] = defaultdict(list)
    for weight in weights:
        groups[evidence(weight)].append(weight)
    return groups


def _require_none(layer: str, class_name: str, old: Sequence[LayerWeight], new: Sequence[LayerWeight]) -> None:
    shapes = sorted(weight.shape for weight in old) == sorted(weight.shape for weight in new)
    if not old and not new:
        return
    if shapes:
        several = " and ".join(weight.shown for weight in old)
        problems = [
            Problem(layer, class_name, f"it could be any of {several}", weight.shown, list(weight.shape), _ALIKE)
            for weight in new
        ]
        raise Failure(Exit.REFUSED, f"weights are alike: {problems[0]}", _ALIKE, tuple(problems))
    problems = [
        *(_problem(layer, class_name, weight, "no variable of the Keras 3 class takes this tensor") for weight in old),
        *(_problem(layer, class_name, weight, "the old layer has no tensor for this variable") for weight in new),
    ]
    text = f"{len(problems)} weights of a custom class do not fit; the first: {problems[0]}"
    raise Failure(Exit.WEIGHTS, text, _BUILT, tuple(problems))


def _problem(layer: str, class_name: str, weight: LayerWeight, text: str) -> Problem:
    return Problem(layer, class_name, f"{text}; its shape is {weight.shape}", weight.shown)
