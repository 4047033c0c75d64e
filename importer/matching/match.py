"""Match stored tensors to the variables of a model: by name, by number, by shape, and never by guessing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from importer.matching.fitting import Fit, Recasting, direct, known
from importer.matching.tensor import Tensor, numbered
from importer.matching.tree import Node, tree
from interchange.errors import Exit, Failure, Problem

_SURE = {"map": "certain", "keras2": "certain", "name": "certain", "number": "likely", "shape": "likely"}
_NO_VARIABLE = "no variable of the model takes this tensor"
_NO_TENSOR = "the file has no tensor for this variable"
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

    def to_json(self) -> dict[str, object]:
        """A row of the report."""
        return {
            "source": self.source.name,
            "target": self.target.name,
            "shape": list(self.target.shape),
            "by": self.by,
            "sure": _SURE[self.by],
            "recast": self.recasting and self.recasting.text,
        }


@dataclass
class Matching:
    """What was matched, and what speaks against it: `ambiguous` is what --map can settle."""

    matches: list[Match] = field(default_factory=list)
    ambiguous: list[Problem] = field(default_factory=list)
    misfits: list[Problem] = field(default_factory=list)

    def require_complete(self) -> None:
        """Raise a Failure unless every tensor has its variable and every variable its tensor."""
        problems = (*self.misfits, *self.ambiguous)
        if not problems:
            return
        code = Exit.WEIGHTS if self.misfits else Exit.REFUSED
        what = "do not fit the model" if self.misfits else "could belong to several variables"
        raise Failure(code, f"{len(problems)} weights {what}; the first: {problems[0]}", _MAP, problems)


def match(
    stored: Sequence[Tensor],
    wanted: Sequence[Tensor],
    given: Mapping[str, str] | None = None,
    automatic: frozenset[str] = frozenset(),
) -> Matching:
    """Every tensor of `stored` with its variable of `wanted`; both in the order of their layers.

    `given` says {variable: tensor} or {layer: layer} and goes before. `automatic` are the names that Keras gives to
    layers without one, which say little of themselves. Raises `Failure(USAGE)` where `given` names what is not there.
    """
    matcher = _Matcher(tree(stored), tree(wanted), automatic)
    matcher.follow(given or {})
    matcher.by_names(matcher.mine, matcher.theirs)
    for fits in (direct, known):
        matcher.by_shapes(fits)
    matcher.tell_rest()
    return matcher.found


class _Matcher:
    """Takes tensors and variables off two lists of layers, the surest first."""

    def __init__(self, mine: list[Node], theirs: list[Node], automatic: frozenset[str]) -> None:
        self.mine, self.theirs, self._automatic = mine, theirs, automatic
        self.found = Matching()
        self._settled: set[int] = set()

    def follow(self, given: Mapping[str, str]) -> None:
        """What the user says."""
        used: set[str] = set()
        for target, source in given.items():
            if source in used:
                raise Failure(Exit.USAGE, f"--map: {source} is given to two variables")
            used.add(source)
            layers = _named(self.theirs, target), _named(self.mine, source)
            if layers[0] and layers[1]:
                self._follow_layer(layers[1], layers[0])
            else:
                self._follow_tensor(self._one(self.theirs, target, "model"), self._one(self.mine, source, "file"))

    def _follow_layer(self, mine: Node, theirs: Node) -> None:
        if not self._join(mine, theirs, "map"):
            self._misfit(mine, theirs)

    def _follow_tensor(self, theirs: tuple[Node, str], mine: tuple[Node, str]) -> None:
        stored, wanted = mine[0].tensors.pop(mine[1]), theirs[0].tensors.pop(theirs[1])
        fit = _fit({"kernel": stored}, {"kernel": wanted}, (direct, known))
        if fit is None:
            self.found.misfits.append(_shapes(stored, wanted))
        else:
            self.found.matches.append(Match(stored, wanted, "map", fit["kernel"][1]))

    def _one(self, nodes: Iterable[Node], name: str, what: str) -> tuple[Node, str]:
        units = [unit for node in nodes for unit in node.units()]
        for unit in units:
            for role, tensor in unit.tensors.items():
                if tensor.name == name:
                    return unit, role
        known_names = ", ".join(tensor.name for unit in units for tensor in unit.tensors.values())
        raise Failure(Exit.USAGE, f"--map: the {what} has no {name}", f"what is there, and free: {known_names[:2000]}")

    def by_names(self, mine: Sequence[Node], theirs: Sequence[Node]) -> None:
        """Layers of the same name; those that are numbered in both, all together or not at all."""
        groups, others = _by_stem(self._free(mine)), _by_stem(self._free(theirs))
        for stem, sources in groups.items():
            targets = others.get(stem, [])
            names = [node.name for node in sources] == [node.name for node in targets]
            if len(sources) != len(targets):
                self._pair_equal(sources, targets, stem)
            elif not self._is_in_doubt(stem, sources, targets, names=names):
                self._pair(list(zip(sources, targets)), stem, names=names)

    def _is_in_doubt(self, stem: str, sources: list[Node], targets: list[Node], *, names: bool) -> bool:
        """Whether the order of the layers, or a name that somebody has chosen, contradicts what the numbers say."""
        if stem not in self._automatic:
            if names:
                return False
            if {node.name for node in sources} & {node.name for node in targets}:
                return True
        for signature in {repr(node.signature()) for node in sources}:
            pairs = [pair for pair in zip(sources, targets) if repr(pair[0].signature()) == signature]
            if _ranks([a for a, _ in pairs]) != _ranks([b for _, b in pairs]):
                return True
        return False

    def _pair_equal(self, sources: list[Node], targets: list[Node], stem: str) -> None:
        """Names that somebody has chosen hold one by one."""
        names = {} if stem in self._automatic else {node.name: node for node in targets}
        for node in sources:
            if node.name in names:
                self._pair([(node, names[node.name])], stem, names=True)

    def _pair(self, pairs: list[tuple[Node, Node]], stem: str, *, names: bool) -> None:
        chosen = names and stem not in self._automatic
        if not chosen and not all(_could_be(*pair) for pair in pairs):
            return
        by = "name" if names else "number"
        for mine, theirs in pairs:
            if mine.tensors and theirs.tensors and not self._join(mine, theirs, by) and chosen:
                self._misfit(mine, theirs)
            self.by_names(list(mine.children.values()), list(theirs.children.values()))

    def by_shapes(self, fits: Callable[[Mapping[str, Tensor], Mapping[str, Tensor]], Fit | None]) -> None:
        """Layers that fit one another and no other one that is left."""
        mine, theirs = self._rest()
        pairs = [(a, b) for a in mine for b in theirs if _fit_nodes(a, b, (fits,)) is not None]
        for a, b in pairs:
            if sum(a is other for other, _ in pairs) == 1 == sum(b is other for _, other in pairs):
                self._join(a, b, "shape")

    def tell_rest(self) -> None:
        """What is left is ambiguous, or belongs nowhere."""
        mine, theirs = self._rest()
        doubtful: set[int] = set()
        for target in theirs:
            candidates = [node for node in mine if _fit_nodes(node, target, (direct, known)) is not None]
            if candidates:
                doubtful |= {id(target), *map(id, candidates)}
                self.found.ambiguous.append(_doubt(target, candidates))
        for node in theirs:
            if id(node) not in doubtful:
                self.found.misfits += [_unmatched(node, tensor, _NO_TENSOR) for tensor in node.tensors.values()]
        for node in mine:
            if id(node) not in doubtful:
                self.found.misfits += [_unmatched(node, tensor, _NO_VARIABLE) for tensor in node.tensors.values()]

    def _join(self, mine: Node, theirs: Node, by: str) -> bool:
        """Match the tensors of two layers, if they fit."""
        fit = _fit_nodes(mine, theirs, (direct, known))
        if fit is None:
            return False
        self._settled |= {id(mine), id(theirs)}
        for role, (source, recasting) in fit.items():
            self.found.matches.append(Match(mine.tensors[source], theirs.tensors[role], by, recasting))
        return True

    def _misfit(self, mine: Node, theirs: Node) -> None:
        """Two layers of one name that do not fit: every tensor of theirs, with what stands against it."""
        self._settled |= {id(mine), id(theirs)}
        for role, tensor in theirs.tensors.items():
            own = mine.tensors.get(role)
            if own is None:
                self.found.misfits.append(_unmatched(theirs, tensor, _NO_TENSOR))
            elif own.shape != tensor.shape or own.dtype != tensor.dtype:
                self.found.misfits.append(_shapes(own, tensor))
        for role in mine.tensors.keys() - theirs.tensors.keys():
            self.found.misfits.append(_unmatched(mine, mine.tensors[role], _NO_VARIABLE))

    def _free(self, nodes: Iterable[Node]) -> list[Node]:
        return [node for node in nodes if id(node) not in self._settled]

    def _rest(self) -> tuple[list[Node], list[Node]]:
        mine, theirs = ([unit for node in side for unit in node.units()] for side in (self.mine, self.theirs))
        return self._free(mine), self._free(theirs)


def _by_stem(nodes: Sequence[Node]) -> Mapping[str, list[Node]]:
    """Layers by their names without numbers, in the order of the numbers, or where these collide in their own."""
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        groups.setdefault(node.stem, []).append(node)
    for group in groups.values():
        numbers = [numbered(node.name)[1] for node in group]
        if len(set(numbers)) == len(numbers):
            group.sort(key=lambda node: numbered(node.name)[1])
    return groups


def _ranks(nodes: Sequence[Node]) -> list[int]:
    return sorted(range(len(nodes)), key=lambda index: nodes[index].place)


def _could_be(mine: Node, theirs: Node) -> bool:
    """Whether two layers, with all that is in them, might be one."""
    if bool(mine.tensors) != bool(theirs.tensors) or len(mine.children) != len(theirs.children):
        return False
    return not mine.tensors or _fit_nodes(mine, theirs, (direct, known)) is not None


def _fit_nodes(mine: Node, theirs: Node, rules: Sequence[Callable[..., Fit | None]]) -> Fit | None:
    ways = {mine.backwards, theirs.backwards}
    return None if ways == {True, False} else _fit(mine.tensors, theirs.tensors, rules)


def _fit(
    mine: Mapping[str, Tensor], theirs: Mapping[str, Tensor], rules: Sequence[Callable[..., Fit | None]]
) -> Fit | None:
    found = (rule(mine, theirs) for rule in rules)
    return next((fit for fit in found if fit is not None), None) if mine and theirs else None


def _named(nodes: Iterable[Node], name: str) -> Node | None:
    return next((unit for node in nodes for unit in node.units() if unit.label == name), None)


def _doubt(target: Node, candidates: Sequence[Node]) -> Problem:
    several = " and ".join(node.label for node in candidates)
    text = f"{several} {'all fit' if len(candidates) > 1 else 'fits, and not it alone'}: nothing tells which is meant"
    entry = f'{{"{target.label}": "{candidates[0].label}"}}'
    return Problem(target.label, "layer", text, unblock=f"Say it with --map, as in {entry}.")


def _unmatched(node: Node, tensor: Tensor, text: str) -> Problem:
    return Problem(
        node.label, "variable" if text is _NO_TENSOR else "tensor", f"{text}, of shape {tensor.shape}", tensor.role
    )


def _shapes(mine: Tensor, theirs: Tensor) -> Problem:
    text = f"shape {mine.shape} of {mine.dtype} in the file, {theirs.shape} of {theirs.dtype} in the model"
    return Problem("/".join(theirs.path), "variable", text, theirs.role)
