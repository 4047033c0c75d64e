"""Match stored tensors to the variables of a model: by name, by number, by shape, and never by guessing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from importer.restore.matching.fitting import Fit, direct, known
from importer.restore.matching.match_report import (
    Match,
    Matching,
    doubt,
    other_shape,
    other_way,
    without_tensor,
    without_variable,
)
from importer.restore.matching.tensor import Tensor
from importer.restore.matching.tree import Node, tree
from interchange.errors import Exit, Failure
from translation.layer_names import numbered

Rule = Callable[[Mapping[str, Tensor], Mapping[str, Tensor]], "Fit | None"]


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
        matcher.by_shape(fits)
    matcher.tell_rest()
    found = matcher.found
    if not (found.misfits or found.ambiguous):
        assert len(found.matches) == len(stored) == len(wanted)
    return found


class _Matcher:
    """Matches the layers of two lists in several passes, those with the strongest evidence first."""

    def __init__(self, mine: list[Node], theirs: list[Node], automatic: frozenset[str]) -> None:
        self.mine, self.theirs, self._automatic = mine, theirs, automatic
        self.found = Matching()
        self._settled: set[int] = set()

    def follow(self, given: Mapping[str, str]) -> None:
        """Match what `--map` says."""
        used: set[str] = set()
        for target, source in given.items():
            if source in used:
                raise Failure(Exit.USAGE, f"--map: {source} is assigned to two variables")
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
            self.found.misfits.append(other_shape(stored, wanted))
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

    def by_names(self, mine: Sequence[Node], theirs: Sequence[Node], above: str = "name") -> None:
        """Match layers of the same name; those that are numbered in both, all together or not at all.

        `above` is the evidence for the layers that they are in, which theirs is no better than.
        """
        groups, others = _by_stem(self._free(mine)), _by_stem(self._free(theirs))
        for stem, sources in groups.items():
            targets = others.get(stem, [])
            names = [node.name for node in sources] == [node.name for node in targets]
            if len(sources) != len(targets):
                self._pair_equal(sources, targets, stem, above)
            elif not self._is_in_doubt(stem, sources, targets, names=names):
                self._pair(list(zip(sources, targets)), stem, above, names=names)

    def _is_in_doubt(self, stem: str, sources: list[Node], targets: list[Node], *, names: bool) -> bool:
        """Whether the order of the layers, or a name chosen by a user, contradicts the numbers."""
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

    def _pair_equal(self, sources: list[Node], targets: list[Node], stem: str, above: str) -> None:
        """Match names chosen by a user one by one."""
        names = {} if stem in self._automatic else {node.name: node for node in targets}
        for node in sources:
            if node.name in names:
                self._pair([(node, names[node.name])], stem, above, names=True)

    def _pair(self, pairs: list[tuple[Node, Node]], stem: str, above: str, *, names: bool) -> None:
        chosen = names and stem not in self._automatic
        if not chosen and not all(_could_be(*pair) for pair in pairs):
            return
        by = above if names else "number"
        for mine, theirs in pairs:
            if mine.tensors and theirs.tensors and not self._join(mine, theirs, by) and chosen:
                self._misfit(mine, theirs)
            self.by_names(list(mine.children.values()), list(theirs.children.values()), by)

    def by_shape(self, fits: Callable[[Mapping[str, Tensor], Mapping[str, Tensor]], Fit | None]) -> None:
        """Match layers that fit each other and no other layer that is left."""
        pairs = self._fitting((fits,))
        ways: Counter[int] = Counter()
        for mine, theirs in pairs:
            ways.update({id(mine[0]): len(theirs), id(theirs[0]): len(mine)})
        for mine, theirs in pairs:
            if ways[id(mine[0])] == ways[id(theirs[0])] == 1:
                self._join(mine[0], theirs[0], "shape")

    def tell_rest(self) -> None:
        """Report what is left as ambiguous or without a counterpart."""
        candidates: dict[int, list[Node]] = defaultdict(list)
        doubtful: set[int] = set()
        for mine, theirs in self._fitting((direct, known)):
            doubtful |= {id(node) for node in (*mine, *theirs)}
            for node in theirs:
                candidates[id(node)] += mine
        mine, theirs = self._rest()
        self.found.ambiguous += [doubt(node, candidates[id(node)]) for node in theirs if id(node) in doubtful]
        for nodes, problem in ((theirs, without_tensor), (mine, without_variable)):
            lonely = [node for node in nodes if id(node) not in doubtful]
            self.found.misfits += [problem(tensor) for node in lonely for tensor in node.tensors.values()]

    def _fitting(self, rules: Sequence[Rule]) -> list[tuple[list[Node], list[Node]]]:
        """Groups of like layers that are left on both sides and fit each other."""
        mine, theirs = (_alike(nodes) for nodes in self._rest())
        return [(a, b) for a in mine for b in theirs if _fit_nodes(a[0], b[0], rules) is not None]

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
        """Report two layers of one name that do not fit: tensors without a counterpart or of another shape."""
        self._settled |= {id(mine), id(theirs)}
        common = mine.tensors.keys() & theirs.tensors.keys()
        pairs = [(mine.tensors[role], theirs.tensors[role]) for role in theirs.tensors if role in common]
        problems = [
            *(without_tensor(tensor) for role, tensor in theirs.tensors.items() if role not in common),
            *(without_variable(tensor) for role, tensor in mine.tensors.items() if role not in common),
            *(other_shape(a, b) for a, b in pairs if direct({"": a}, {"": b}) is None),
        ]
        self.found.misfits += problems or [other_way(mine, theirs)]

    def _free(self, nodes: Iterable[Node]) -> list[Node]:
        return [node for node in nodes if id(node) not in self._settled]

    def _rest(self) -> tuple[list[Node], list[Node]]:
        mine, theirs = ([unit for node in side for unit in node.units()] for side in (self.mine, self.theirs))
        return self._free(mine), self._free(theirs)


def _by_stem(nodes: Sequence[Node]) -> Mapping[str, list[Node]]:
    """Layers by their names without numbers, in the order of the numbers, or in their own if numbers are equal."""
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


def _alike(nodes: Sequence[Node]) -> list[list[Node]]:
    """Layers in groups that differ only in names."""
    groups: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        kinds = sorted((role, tensor.shape, tensor.dtype) for role, tensor in node.tensors.items())
        groups[repr((kinds, node.backwards))].append(node)
    return list(groups.values())


def _could_be(mine: Node, theirs: Node) -> bool:
    """Whether two layers may match with everything in them."""
    if bool(mine.tensors) != bool(theirs.tensors) or len(mine.children) != len(theirs.children):
        return False
    return not mine.tensors or _fit_nodes(mine, theirs, (direct, known)) is not None


def _fit_nodes(mine: Node, theirs: Node, rules: Sequence[Rule]) -> Fit | None:
    ways = {mine.backwards, theirs.backwards}
    return None if ways == {True, False} else _fit(mine.tensors, theirs.tensors, rules)


def _fit(mine: Mapping[str, Tensor], theirs: Mapping[str, Tensor], rules: Sequence[Rule]) -> Fit | None:
    found = (rule(mine, theirs) for rule in rules)
    return next((fit for fit in found if fit is not None), None) if mine and theirs else None


def _named(nodes: Iterable[Node], name: str) -> Node | None:
    return next((unit for node in nodes for unit in node.units() if unit.label == name), None)
