"""Build the model that the importer has described: of its old config, or of the config that Keras 3 has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.load.build import build
from exporter.load.custom_objects import CustomObjects
from exporter.rollback.build import build as build_graph
from exporter.rollback.weights import assign
from interchange import json_floats
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure, Problem
from interchange.hints import SAME_WEIGHTS
from interchange.messages.changes import Change
from interchange.weight_key import WeightKey
from translation.keras3_to_2.translate import translated

_OLD, _WEIGHTS = "architecture.json", "weights.npz"


@dataclass(frozen=True)
class Built:
    """A model with its weights, what is not as it was in Keras 3, and the keys of weights there by those they have now.

    There are no keys for a model of an old config, whose weights the importer finds by itself.
    """

    model: Any
    changes: Sequence[Change] = ()
    keys: Mapping[WeightKey, WeightKey] = field(default_factory=dict)


def built(described: Bundle, own: CustomObjects) -> Built:
    """Build the model and give it its weights.

    Raises `Failure(REFUSED)` for what Keras 2.15 lacks, and `Failure(WEIGHTS)` for weights that do not fit.
    """
    if _OLD not in described.manifest.files:
        return _of_keras_3(described, own)
    model = build(json_floats.read(described.json(_OLD)), own=own)
    _assign(model, described)
    return Built(model)


def _of_keras_3(described: Bundle, own: CustomObjects) -> Built:
    graph, changes = translated(json_floats.read(described.json("keras3.json")), own.bases)
    model = build_graph(graph, own)
    there = assign(model, graph, ((row.facts, np.asarray(described.read(row))) for row in described.rows(_WEIGHTS)))
    now = {id(variable): WeightKey(path, name) for path, name, variable in description.variables(model)}
    return Built(model, changes, {now[id(variable)]: key for key, variable in there.items()})


def _assign(model: Any, described: Bundle) -> None:
    """Assign every weight. Raises `Failure(WEIGHTS)` listing what is missing, surplus or of another shape."""
    rows = {WeightKey.from_facts(row.facts): row for row in described.rows(_WEIGHTS)}
    variables = {WeightKey(path, name): variable for path, name, variable in description.variables(model)}
    problems = [
        *(_problem(key, "Keras 2.15 has no variable for this tensor") for key in rows.keys() - variables.keys()),
        *(_problem(key, "there is no tensor for this variable") for key in variables.keys() - rows.keys()),
        *(
            _problem(key, f"shape {tuple(rows[key].shape)}, and {tuple(variables[key].shape)} in Keras 2.15")
            for key in rows.keys() & variables.keys()
            if tuple(rows[key].shape) != tuple(variables[key].shape)
        ),
    ]
    if problems:
        problems.sort(key=lambda problem: (problem.layer, problem.key or ""))
        raise Failure(
            Exit.WEIGHTS,
            f"{len(problems)} weights do not fit; the first: {problems[0]}",
            SAME_WEIGHTS,
            tuple(problems),
        )
    for key, row in rows.items():
        variables[key].assign(np.asarray(described.read(row)))


def _problem(key: WeightKey, text: str) -> Problem:
    return Problem("/".join(key.path), "variable", text, key.name)
