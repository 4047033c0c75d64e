"""Weights alone into the model that a function of the user's builds: match, assign, write, read back, compare."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from importer.build import user_model
from importer.build.call_counts import Called, paths
from importer.build.user_model import Place
from importer.details.failures import telling
from importer.details.other_routes import filled
from importer.details.outputs import Pairs
from importer.restore.matching import Match, Matching, Tensor, match
from importer.restore.matching.fitting import Recasting, renamed
from importer.restore.matching.sorting import Sorted, sorted_
from importer.restore.matching.tensor import CHECKPOINT, CONTAINERS, layer_path, stored, without_folders
from importer.restore.matching.training_state import Entry
from importer.restore.restore import same_bits
from importer.save.save import read_back, save
from importer.verify.inference import release
from importer.verify.verify import became_dense, verify
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure, Problem, refused
from interchange.manifest import TensorRow
from interchange.messages.changes import Change
from interchange.messages.requests import FillRequest
from interchange.messages.results import VerifiedModel
from interchange.messages.verification import unproven
from interchange.messages.weights import Weights
from interchange.protocol import Say
from translation.layer_names import numbered

_STORED = "stored.npz"
_CONVERTED = Recasting("as Keras 2.15 converts it when it loads the file", lambda array: array)


def fill(request: FillRequest, say: Say) -> VerifiedModel:
    """Write the target and verify it.

    Raises `Failure`: `WEIGHTS` listing all that does not fit, `REFUSED` listing what is ambiguous, `USAGE` for a map
    that names what is not there, `DIFFERS` where the model answers otherwise than Keras 2.15 has.
    """
    import keras

    release()
    keras.backend.clear_session()
    bundle = Bundle.open(request.bundle)
    say(f"building {request.builder.place} with Keras {keras.__version__}")
    model = user_model.build(request.builder, request.kind)
    weights = _Weights(bundle, model, request)
    found = weights.matched()
    say(f"filling it with {len(found.matches)} tensors")
    told = weights.assign(found)
    _save(model, request)
    say("reading it back and comparing")
    try:
        _compare_weights(model, again := _reread(request))
        why = weights.unproven(found) or _without_inputs(again)
        with telling(page := functools.partial(filled, again, pairs := Pairs())):
            verification = verify(again, bundle, request.tolerances, pairs=pairs) if why is None else unproven(why)
    except Failure:
        request.target.unlink()
        raise
    changes = [*_left_aside(weights.sorted, request.part), *_recast(found.matches), *became_dense(verification)]
    return VerifiedModel(tuple(changes), verification, told, page())


class _Weights:
    """The tensors of a bundle, and the variables of a model that they are for."""

    def __init__(self, bundle: Bundle, model: Any, request: FillRequest) -> None:
        self._bundle, self._model, self._given = bundle, model, request.map
        rows = bundle.rows(_STORED)
        self._layout = rows[0].facts["layout"] if rows else "layers"
        self.sorted = sorted_(_entries(rows), user_model.known(model, self._layout), request.part)
        self._sources = {row.facts["place"]: row for row in rows if row.facts["place"] in self.sorted.weights}
        # Whoever gives a map says that it is not as Keras 2.15 takes it, and knows the names in the file.
        loaded = [row.facts["loaded"] for row in self._sources.values()]
        self._is_loaded = bool(loaded) and not self._given and all(loaded)
        self._places: dict[str, Place] = {}

    def matched(self) -> Matching:
        """Every tensor with its variable. Raises `Failure`."""
        self._check_layout()
        found = match(list(self._stored()), list(self._wanted()), self._given, user_model.automatic(self._model))
        found.ambiguous.extend(_contradicted(found.matches, self._sources, user_model.automatic(self._model)))
        if (found.misfits or found.ambiguous) and (question := self.sorted.question()):
            raise question
        why = self._bundle.json("reference.json").get("why")
        found.require_complete(f"; Keras 2.15 could not assign them either: {why}" if why else "")
        found.matches = [self._as_loaded(row) for row in found.matches]
        return found

    def unproven(self, found: Matching) -> str | None:
        """Why the answers of Keras 2.15 are no truth for this model, if they are none."""
        facts = self._bundle.json("reference.json")
        if facts["kind"] == "weights":
            return str(facts["why"])
        for row in found.matches:
            loaded = self._sources[row.source.name].facts["loaded"]
            wanted = self._places[row.target.name].tensor("loaded")
            if loaded and (layer_path(tuple(loaded[:-1])), renamed(loaded[-1])) != (wanted.path, wanted.role):
                return f"Keras 2.15 gives {row.source.name} to {'/'.join(loaded)}, and not to {row.target.name}"
        return None

    def _check_layout(self) -> None:
        """Refuse kernels of convolutions by Theano, unless Keras 2.15 has turned them round in loading them."""
        backend = (self._bundle.manifest.source.get("saved_by") or {}).get("backend")
        kernels = any(len(row.shape) > 2 for row in self._sources.values())
        if backend == "theano" and not self._is_loaded and kernels:
            text = "Theano stored the kernels of convolutions rotated"
            hint = "let the function build in Keras 2.15 too, which reads them"
            raise refused([Problem("", "weights", text, "backend", backend, hint)], text, hint)

    def _as_loaded(self, row: Match) -> Match:
        by = "keras2" if row.by == "name" and self._is_loaded else row.by
        if not self._sources[row.source.name].facts["converted"]:
            return replace(row, by=by)
        return replace(row, by=by, recasting=row.recasting or _CONVERTED)

    def _stored(self) -> Iterator[Tensor]:
        for place, row in self._sources.items():
            path, role = self.sorted.weights[place].path, self.sorted.weights[place].role
            if self._is_loaded:
                *loaded, role = row.facts["loaded"]
                path = layer_path(tuple(loaded))
            yield Tensor(place, without_folders(path), role, tuple(row.shape), row.dtype)

    def _wanted(self) -> Iterator[Tensor]:
        seen: set[int] = set()
        called = Called(self._layout, paths((row.path, row.role) for row in self.sorted.weights.values()))
        for place in user_model.places(self._model, called):
            # A file with counted layers holds a shared one once, others hold it wherever it stands.
            if self._layout not in (CONTAINERS, CHECKPOINT) or id(place.variable) not in seen:
                tensor = place.tensor("loaded" if self._is_loaded else self._layout)
                seen.add(id(place.variable))
                self._places[tensor.name] = place
                yield tensor

    def assign(self, found: Matching) -> Weights:
        """Give the variables their tensors, and count them for the report."""
        identical = rescaled = size = 0
        for row in found.matches:
            tensor = np.asarray(self._bundle.read(self._sources[row.source.name]))
            value = row.recasting.forward(tensor) if row.recasting else tensor
            variable = self._places[row.target.name].variable
            variable.assign(value)
            size += tensor.nbytes
            rescaled += row.recasting is not None
            identical += same_bits(np.asarray(variable), tensor)
        rows = tuple(row.row for row in found.matches)
        return Weights(len(rows), size, identical, rescaled, rows)


def _entries(rows: Sequence[TensorRow]) -> dict[str, Entry]:
    """The tensors of a bundle as the names in the file tell them."""
    found: dict[str, Entry] = {}
    for row in rows:
        path, role = stored(row.facts["layout"], row.facts["group"], row.facts["name"])
        found[row.facts["place"]] = Entry(path, role, tuple(row.shape), row.dtype)
    return found


def _contradicted(
    matches: Sequence[Match], rows: Mapping[str, TensorRow], automatic: frozenset[str]
) -> Iterator[Problem]:
    """Tensors that Keras 2.15 gives, by the order of layers, to others than those whose names they have in the file."""
    tops = {row.target.name.split("/")[0] for row in matches}
    for row in matches:
        group, target = rows[row.source.name].facts["group"], row.target.name.split("/")[0]
        if row.by != "map" and group != target and group in tops and numbered(group)[0] not in automatic:
            text = f"{row.source.name} is {group}'s by its name and {target}'s by the order of the layers"
            entry = f'{{"{row.target.name}": "{row.source.name}"}}'
            yield Problem(target, "layer", text, unblock=f"Decide it with --map, as in {entry}.")


def _left_aside(found: Sorted, part: str | None) -> list[Change]:
    """A line for whatever the tensors are of that no variable takes."""
    text = "{}, {} of the file, {}"
    training = "the state of training, is not migrated"
    other = f"another model, is left out: --part {part}"
    return [
        *(
            Change("", "training", "training-only", text.format(name, _counted(count), training))
            for name, count in found.training.items()
        ),
        *(
            Change("", "part", "lossy", text.format(name, _counted(count), other))
            for name, count in found.others.items()
        ),
    ]


def _counted(count: int) -> str:
    return f"{count} tensor{'s' * (count != 1)}"


def _recast(matches: Sequence[Match]) -> list[Change]:
    """A line for each tensor that is written otherwise than it is stored."""
    return [
        Change(row.target.name, "recast", "structural", f"{row.source.name}: {row.recasting.text}")
        for row in matches
        if row.recasting is not None
    ]


def _save(model: Any, request: FillRequest) -> None:
    if request.kind == "native":
        save(model, request.target)
    else:
        model.save_weights(request.target)


def _reread(request: FillRequest) -> Any:
    return read_back(request.target) if request.kind == "native" else _refilled(request)


def _compare_weights(model: Any, again: Any) -> None:
    """What is read back must have the weights of the model, bit for bit."""
    for before, after in zip(user_model.places(model), user_model.places(again), strict=True):
        if not same_bits(np.asarray(before.variable), np.asarray(after.variable)):
            name = after.tensor("layers").name
            raise Failure(Exit.DIFFERS, f"the written file has another {name} than was matched", "please report it")


def _without_inputs(model: Any) -> str | None:
    return None if getattr(model, "inputs", None) else "in Keras 3 it is a custom class, whose inputs are unknown"


def _refilled(request: FillRequest) -> Any:
    model = user_model.build(request.builder, request.kind)
    model.load_weights(request.target)
    return model
