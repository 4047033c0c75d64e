"""What the pages show of models that are not migrated as a whole: taken back, filled, served, or repaired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Optional

from importer.details import pictures, weights
from importer.details.collect import sendable
from importer.details.outputs import Pairs
from importer.details.pictures import Drawn
from importer.restore.variables import Place
from interchange.bundle import Bundle
from interchange.messages.details import MOST_ROWS, Details, Node, OutputPairs, Picture, WeightRow
from interchange.text import escaped
from interchange.weight_key import WeightKey
from translation import pictures as configs
from translation.pictures import shown

Pair = tuple[Optional[Picture], Optional[Picture]]
Target = Callable[[Any, str], tuple[str, str]]
"""Where a weight is in the result, and how its values were changed, from the weight and its own place."""


def taken_back(model: Any, bundle: Bundle, places: Mapping[WeightKey, Place], pairs: Pairs) -> Details | None:
    """A `model` of Keras 3, and what Keras 2.15 has read of the file that was made of it, which is in the `bundle`."""
    keys = {id(place.variable): (key, place.recast) for key, place in places.items()}

    def target(variable: Any, _: str) -> tuple[str, str]:
        key, recast = keys.get(id(variable), (None, None))
        return shown((*key.path, key.name)) if key else "", recast.name if recast else ""

    drawn = pictures.placed(model)
    both = _partners(pictures.of_model(drawn), pictures.of_bundle(bundle))
    turned = tuple(replace(row, before=row.after, after=row.before) for row in pairs.rows)  # the source was asked
    return _details(both, turned, model, drawn, target)


def filled(model: Any, pairs: Pairs) -> Details | None:
    """A model that was given weights alone; which weight is which the report itself tells."""
    return sendable(Details(None, pictures.of_model(pictures.placed(model)), pairs.rows))


def served(pairs: Pairs) -> Details:
    """A graph that goes on as it is, which has no layers."""
    return Details(outputs=pairs.rows)


def repaired(config: Any, model: Any, pairs: Pairs) -> Details | None:
    """A file of Keras 3 by its `config` before, and the model that was read of it afterwards."""
    drawn = pictures.placed(model)
    both = _partners(configs.picture(config), pictures.of_model(drawn))
    return _details(both, pairs.rows, model, drawn, lambda _, place: (place, ""))


def _details(
    both: Pair, outputs: tuple[OutputPairs, ...], model: Any, drawn: Sequence[Drawn], target: Target
) -> Details | None:
    """With a row for each weight of a `model` of Keras 3, of which `target` says where it is in the result."""
    names = weights.names(drawn)
    rows = []
    for variable in model.weights[:MOST_ROWS]:
        place = names.get(id(variable), escaped(variable.path))
        path, _, name = place.rpartition("/")
        shape, dtype = tuple(variable.shape), str(variable.dtype)
        rows.append(WeightRow(path, name, shape, dtype, *target(variable, place)))
    return sendable(Details(*both, outputs, (), tuple(rows), max(len(model.weights) - MOST_ROWS, 0)))


def _partners(before: Picture | None, after: Picture | None) -> Pair:
    """Layers of the same path are each other's partners, and what is not known of one is as with its partner."""
    one, other = ({node.path: node for node in picture.nodes} if picture else {} for picture in (before, after))
    return _with_partners(before, other), _with_partners(after, one)


def _with_partners(picture: Picture | None, others: Mapping[str, Node]) -> Picture | None:
    if picture is None:
        return None
    nodes = tuple(_with_partner(node, others.get(node.path)) for node in picture.nodes)
    return Picture(nodes, picture.edges)


def _with_partner(node: Node, other: Node | None) -> Node:
    if other is None:
        return node
    shape, parameters = node.shape or other.shape, node.parameters or other.parameters
    return replace(node, partner=other.path, shape=shape, parameters=parameters)
