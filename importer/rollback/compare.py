"""Compare a model of Keras 3 with what Keras 2.15 computed with the model that was made of it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from importer.build import custom_objects
from importer.build.custom_objects import CustomObjects
from importer.details.failures import telling
from importer.details.other_routes import taken_back
from importer.details.outputs import Pairs
from importer.restore import zero_copy
from importer.restore.restore import same_bits
from importer.restore.variables import Place
from importer.rollback import origin
from importer.rollback.describe import Description, opened
from importer.rollback.source import Archive
from importer.rollback.weights import own_places, places
from importer.training import proof
from importer.verify import fixed_noise
from importer.verify.inference import forget_models
from importer.verify.verify import became_dense, verify
from interchange.bundle import Bundle
from interchange.manifest import TensorRow
from interchange.messages.requests import CompareRequest
from interchange.messages.results import VerifiedModel
from interchange.messages.training import TrainingVerification
from interchange.messages.weights import Weights
from interchange.protocol import Say
from interchange.weight_key import WeightKey

_DOCUMENT, _WEIGHTS = "training.json", "weights.npz"
_UNMATCHED = "it is not known which weight of Keras 2.15 is {}"
Places = Mapping[WeightKey, Place]


def compare(request: CompareRequest, say: Say) -> VerifiedModel:
    """The comparison of outputs, and of the next steps of training where they were recorded.

    Raises `Failure(DIFFERS)` if an output differs. Whether the training does is for whoever reads the result.
    """
    import keras

    own = custom_objects.opened(request.customs)
    forget_models()
    bundle = Bundle.open(request.bundle)
    say(f"opening {request.source.name} with Keras {keras.__version__} and comparing")
    found = opened(request.source, origin.told(Archive.of(request.source), request.origin), own)
    where = _places(found, bundle)
    weights = _counted(where, bundle)
    left_out = found.origin.rebuilt.left_out if found.origin is not None else frozenset[tuple[str, ...]]()
    pairs = Pairs()
    page = functools.partial(taken_back, found.source.model, bundle, where, pairs)
    with telling(page):
        verification = verify(found.source.model, bundle, request.tolerances, left_out, pairs)
    changes = [*became_dense(verification), *fixed_noise.told(found.source.model, bundle, left_out)]
    if _goes_on(found, bundle):
        training = _trained(found, where, bundle, own)
        verification = replace(verification, training=training)
        changes += proof.told(bundle) if training.why is None else []
    return VerifiedModel(tuple(changes), verification, weights, page())


def _goes_on(found: Description, bundle: Bundle) -> bool:
    """Whether both models are compiled."""
    is_told = _DOCUMENT in bundle.manifest.files and bundle.json(_DOCUMENT)["compile"] is not None
    return is_told and bool(found.source.model.compiled)


def _trained(found: Description, where: Places, bundle: Bundle, own: CustomObjects) -> TrainingVerification:
    keys = {WeightKey.from_facts(row.facts) for row in bundle.rows(_WEIGHTS)}
    if unknown := sorted(keys ^ where.keys()):
        name = "/".join([*unknown[0].path, unknown[0].name])
        return TrainingVerification(0, 0, (), why=_UNMATCHED.format(name))
    with own.scope():
        return proof.compared(found.source.model, where, bundle)


def _places(found: Description, bundle: Bundle) -> Places:
    """The weights of the model by their keys in Keras 2.15, as far as that is known."""
    if found.origin is not None:
        return places(found.source.model, found.origin)
    return dict(_alike(own_places(found.source.model), bundle.rows(_WEIGHTS)))


def _alike(own: Places, rows: tuple[TensorRow, ...]) -> Iterator[tuple[WeightKey, Place]]:
    """Weights by the keys that the exporter has noted; others by layer, name and shape, or the only ones of a shape."""
    noted = [row for row in rows if "keras3" in row.facts]
    for row in noted:
        *path, name = row.facts["keras3"]
        if (key := WeightKey(tuple(path), name)) in own:
            yield WeightKey.from_facts(row.facts), own[key]
    stored = {WeightKey.from_facts(row.facts): tuple(row.shape) for row in rows if row not in noted}
    same = {key for key in own.keys() & stored.keys() if tuple(own[key].variable.shape) == stored[key]}
    yield from ((key, own[key]) for key in stored if key in same)
    mine: dict[Any, list[Place]] = {}
    theirs: dict[Any, list[WeightKey]] = {}
    for key in own.keys() - same:
        mine.setdefault((key.path, tuple(own[key].variable.shape)), []).append(own[key])
    for key in stored.keys() - same:
        theirs.setdefault((key.path, stored[key]), []).append(key)
    for group, keys in theirs.items():
        if len(keys) == len(mine.get(group, ())) == 1:
            yield keys[0], mine[group][0]


def _counted(where: Places, bundle: Bundle) -> Weights:
    """The weights of Keras 2.15, and those that are the same bits in Keras 3."""
    rows = bundle.rows(_WEIGHTS)
    identical = rescaled = size = 0
    for row in rows:
        tensor = np.asarray(bundle.read(row))
        place = where.get(WeightKey.from_facts(row.facts))
        size += tensor.nbytes
        rescaled += place is not None and place.recast is not None
        identical += place is not None and same_bits(zero_copy.shown(place.variable), tensor)
    return Weights(len(rows), size, identical, rescaled)
