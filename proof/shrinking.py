"""Make a gene smaller as long as its verdict stays: each round leaves out one thing in each of many ways."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Judge = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From genes by name to verdicts by name."""
ROUNDS = 12
_PLAIN = {"policy": "float32", "format": "h5", "named": False}


def shrunk(gene: Any, verdict: Any, judge: Judge) -> Any:
    """The smallest gene that was found of which the verdict is of the same kind; each round is judged together."""
    for _ in range(ROUNDS):
        smaller = {f"shrunk-{number:03}": each for number, each in enumerate(candidates(gene))}
        if not smaller:
            return gene
        judged = judge(smaller)
        left = [each for name, each in smaller.items() if judged[name].kind == verdict.kind]
        if not left:
            return gene
        gene = min(left, key=weight)
    return gene


def weight(gene: Any) -> int:
    """How much there is to read of a gene."""
    return 1000 * len(gene["steps"]) + len(json.dumps(gene))


def candidates(gene: Any) -> Iterator[Any]:
    """Genes with one thing less."""
    for key, plain in _PLAIN.items():
        if gene[key] != plain:
            yield {**gene, key: plain}
    steps = gene["steps"]
    for first in range(1, len(steps)):  # without the end, as much of it as there is
        yield {**gene, "steps": steps[:first]}
    for place in range(len(steps)):
        if len(steps) > 1 and _may_go(steps, place):
            yield {**gene, "steps": without(steps, place)}
        yield from ({**gene, "steps": [*steps[:place], each, *steps[place + 1 :]]} for each in _plainer(steps[place]))


def _may_go(steps: list[Any], place: int) -> bool:
    """An input may only go if no step takes it as it is, and one is left."""
    if steps[place]["kind"] != "input":
        return True
    users = [step for step in steps if place in step.get("of", ())]
    return place > 0 and not users


def without(steps: list[Any], place: int) -> list[Any]:
    """The steps without one, and without those that call its layer once more; what it was made of is in its place."""
    for number in range(len(steps) - 1, place, -1):
        if steps[number]["kind"] == "reuse" and steps[number]["step"] == place:
            steps = without(steps, number)
    instead = next(iter(steps[place].get("of", ())), 0)

    def moved(number: int) -> int:
        number = instead if number == place else number
        return number - 1 if number > place else number

    left = copy.deepcopy([step for number, step in enumerate(steps) if number != place])
    for step in left:
        if "of" in step:
            step["of"] = [moved(number) for number in step["of"]]
        if step["kind"] == "reuse":
            step["step"] = moved(step["step"])
    return left


def _plainer(step: Any) -> Iterator[Any]:
    """A step with less in it."""
    for key in step.get("keys", ()):
        if len(step["keys"]) > 1:
            yield {**step, "keys": [each for each in step["keys"] if each != key]}
    if step["kind"] == "common":
        optional = [key for key in step["options"] if key not in ("units", "filters", "kernel_size", "input_dim",
                                                                   "output_dim")]  # fmt: skip
        yield from ({**step, "options": {k: v for k, v in step["options"].items() if k != key}} for key in optional)
        if "wrapper" in step and step["wrapper"] == "Bidirectional":
            yield {key: value for key, value in step.items() if key not in ("wrapper", "merge_mode")}
    if step["kind"] == "inner":
        for place in range(1, len(step["steps"])):
            yield {**step, "steps": without(step["steps"], place)}
        if step["how"] != "functional":
            yield {**step, "how": "functional"}
