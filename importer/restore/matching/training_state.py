"""Recognise the state of training beside the weights: optimizers, metrics and counters, by their structure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from translation import training_state

Path = tuple[str, ...]

_MEAN = frozenset({"total", "count"})
_CONFUSION = frozenset({"true_positives", "true_negatives", "false_positives", "false_negatives"})


@dataclass(frozen=True)
class Entry:
    """A tensor of a file: `role` of what lies at `path`."""

    path: Path
    role: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def counts(self) -> bool:
        """Whether it is a scalar integer."""
        return not self.shape and self.dtype.startswith(("int", "uint"))


def owners(entries: Sequence[Entry], known: Collection[Path]) -> list[Path | None]:
    """The object of training to which each tensor belongs, None for a weight.

    `known` are the paths at which the model has weights, and those of these weights: what lies there is theirs,
    whatever it is called. A counter beside the model is its own owner.
    """
    owned = [owner for owner in _owners(entries) if not any(path[: len(owner)] == owner for path in known)]
    return [next((owner for owner in owned if _within(entry, owner)), None) for entry in entries]


def _within(entry: Entry, owner: Path) -> bool:
    return (*entry.path, entry.role)[: len(owner)] == owner


def _owners(entries: Iterable[Entry]) -> Iterator[Path]:
    groups: dict[Path, dict[str, Entry]] = defaultdict(dict)
    for entry in entries:
        groups[entry.path][entry.role] = entry
        yield from (
            entry.path[: number + 1] for number, part in enumerate(entry.path) if part in training_state.ANYWHERE
        )
        yield from (entry.path[: number + 2] for number, part in enumerate(entry.path) if part == training_state.SLOT)
        if not entry.path and entry.counts:
            yield (entry.role,)
    yield from (path for path, group in groups.items() if path and (_is_optimizer(group) or _is_metric(group)))
    yield from (path[:-1] for path, group in groups.items() if path[1:] and "good_steps" in group)  # a scaled loss's


def _is_optimizer(group: Mapping[str, Entry]) -> bool:
    return any(group[role].counts for role in training_state.STEPS & group.keys())


def _is_metric(group: Mapping[str, Entry]) -> bool:
    scalars = all(not entry.shape for entry in group.values())
    return (group.keys() == _MEAN and scalars) or bool(group.keys() & _CONFUSION and group.keys() <= _CONFUSION)
