"""The names under which `evaluate` gives losses and metrics: which of them are others in Keras 3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from translation.keras2_to_3.spec import Spec
from translation.keras2_to_3.training import TrainingSpec
from translation.keras2_to_3.training_outputs import Outputs


def renamed(
    old: Sequence[str], spec: TrainingSpec, outputs: Outputs, names: Sequence[str], make: Callable[[Spec], Any]
) -> Mapping[str, str | None]:
    """The names of Keras 2 that Keras 3 does not use, each with the new one, or None where there is none.

    `old` are all of them in the order of Keras 2, `names` are the names that Keras 3 has for the outputs.
    """
    prefixes = outputs.keys or names
    losses, metrics, weighted = (_of_each(each, outputs) for each in (spec.loss, spec.metrics, spec.weighted_metrics))
    plain, late = ([[_name(leaf, make) for leaf in own or ()] for own in each] for each in (metrics, weighted))
    new = ["loss", *_of_losses(losses, prefixes), *_of_metrics(plain, late, prefixes)]
    if len(old) < len(new):
        return {}
    return {mine: theirs for mine, theirs in zip(old, new) if mine != theirs}


def _of_each(structure: Any, outputs: Outputs) -> Sequence[Any]:
    """What the spec has for each output."""
    if structure is None:
        return [None] * len(outputs.before)
    if outputs.keys is not None:
        return [structure[key] for key in outputs.keys]
    return [structure] if len(outputs.before) == 1 else list(structure)


def _name(leaf: Any, make: Callable[[Spec], Any]) -> str:
    """As Keras 3 calls a metric: a string by itself, a function by its name."""
    if isinstance(leaf, str):
        return leaf
    metric = make(leaf)
    return str(getattr(metric, "name", None) or getattr(metric, "__name__", type(metric).__name__))


def _of_losses(losses: Sequence[Any], prefixes: Sequence[str]) -> Iterator[str | None]:
    """Keras 2 tells the loss of each of several outputs; Keras 3 does if more than one of them has a loss."""
    count = sum(loss is not None for loss in losses)
    for name, loss in zip(prefixes, losses):
        if len(losses) > 1 and loss is not None:
            yield f"{name}_loss" if count > 1 else None


def _of_metrics(
    metrics: Sequence[Sequence[str]], weighted: Sequence[Sequence[str]], prefixes: Sequence[str]
) -> Iterator[str]:
    """In the order of Keras 2: for each output its metrics, and its weighted ones, which Keras 3 names after all."""
    before = [f"{name}_" if len(metrics) > 1 else "" for name in prefixes]
    counts: dict[str, int] = {}
    plain = [[_counted(f"{prefix}{name}", counts) for name in own] for prefix, own in zip(before, metrics)]
    late = [[_weighted(prefix, name, counts) for name in own] for prefix, own in zip(before, weighted)]
    for names in zip(plain, late):
        for each in names:
            yield from each


def _counted(name: str, counts: dict[str, int]) -> str:
    count = counts[name] = counts.get(name, -1) + 1
    return f"{name}_{count}" if count else name


def _weighted(prefix: str, name: str, counts: dict[str, int]) -> str:
    own = f"{prefix}{name}"
    return _counted(own if own not in counts else f"{prefix}weighted_{name}", counts)
