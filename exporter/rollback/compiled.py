"""Compile a model of Keras 2.15 as a description says, with the state of its optimizer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from exporter.load.custom_objects import CustomObjects
from exporter.training import compiling, optimizer_variables, state
from exporter.training.compiling import UncompiledError
from exporter.training.state import SlotKey
from interchange import json_floats
from interchange.bundle import Bundle, BundleWriter
from interchange.manifest import TensorRow
from interchange.messages.changes import Change
from interchange.messages.training import Training
from interchange.weight_key import WeightKey
from translation.training.matching import UnfitError

_DOCUMENT, _TENSORS = "training.json", "optimizer.npz"
WeightKeys = Mapping[WeightKey, WeightKey]
_RATE = "learning_rate"  # in the config as well


def restore(model: Any, described: Bundle, own: CustomObjects, format_: str, keys: WeightKeys) -> Training | None:
    """Compile a model, and give its optimizer the state that it had; None for a model that was not compiled.

    `format_` is that of the file it will be written to, and `keys` are those of its weights in Keras 3, where they are
    others.
    """
    if _DOCUMENT not in described.manifest.files:
        return None
    facts = json_floats.read(described.json(_DOCUMENT))
    if facts["compile"] is None:
        return Training("dropped", facts["reason"])
    training = Training(facts["optimizer"], facts["reason"])
    config = _with_plain_names(facts["compile"], model.output_names)
    try:
        compiling.compile_model(model, config, own.objects)
        if training.optimizer == "kept":
            training = _with_state(model, _slots(described, keys), described, training)
        if training.optimizer == "rebuilt":
            compiling.compile_model(model, config, own.objects)
        if format_ == "keras":
            _rename(model)
    except UncompiledError as error:
        model.optimizer = model.compiled_loss = model.compiled_metrics = None
        model._is_compiled = False
        return Training("dropped", str(error))
    return replace(training, steps=int(optimizer_variables.inner(model.optimizer).iterations.numpy()))


def _with_plain_names(config: Mapping[str, Any], outputs: Sequence[str]) -> Mapping[str, Any]:
    """How a model is compiled, with names of metrics before which Keras 2.15 has not put the name of their output yet.

    It does that whenever it compiles a model of several outputs, also where it has done so before.
    """
    if len(outputs) < 2:
        return config
    return {**config, **{key: _plain(config.get(key), outputs) for key in ("metrics", "weighted_metrics")}}


def _plain(value: Any, outputs: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_plain(item, outputs) for item in value]
    if not isinstance(value, Mapping):
        return value
    if not isinstance(value.get("config"), Mapping) or "class_name" not in value:
        return {key: _plain(item, outputs) for key, item in value.items()}
    name = value["config"].get("name")
    if not isinstance(name, str):
        return value
    return {**value, "config": {**value["config"], "name": _without_output(name, outputs)}}


def _without_output(name: str, outputs: Sequence[str]) -> str:
    """The name of a metric without that of its output in front."""
    output = next((each for each in outputs if name.startswith(f"{each}_")), None)
    return name if output is None else name.removeprefix(f"{output}_")


def _rename(model: Any) -> None:
    """Give metrics the names under which a `.keras` has them: those without the name of their output."""
    container = model.compiled_metrics
    names = model.output_names
    for metric in container.metrics if len(names) > 1 and container is not None else ():
        metric._name = _without_output(metric._name, names)


def _slots(described: Bundle, keys: WeightKeys) -> Mapping[SlotKey, TensorRow]:
    """What the optimizer kept, by the weights of Keras 2.15."""
    here = {there: key for key, there in keys.items()}
    found = ((*state.slot_of(row.facts), row) for row in described.rows(_TENSORS))
    return {(name, None if key is None else here.get(key, key)): row for name, key, row in found}


def _with_state(model: Any, given: Mapping[SlotKey, TensorRow], described: Bundle, training: Training) -> Training:
    try:
        _fill(model, given, described)
    except UnfitError as error:
        return Training("rebuilt", f"the state of the optimizer does not fit: {error}")
    return training


def _fill(model: Any, given: Mapping[SlotKey, TensorRow], described: Bundle) -> None:
    """Assign every slot. Raises `UnfitError` if one is missing, surplus or of another form."""
    variables = {state.slot_of(facts): variable for facts, variable in state.kept(model)}
    differing = [*(given.keys() ^ variables.keys())]
    if differing := [slot for slot in differing if slot[0] != _RATE]:
        slot = differing[0]
        raise UnfitError(f"{'it has no' if slot in variables else 'it has a'} {_shown(slot)}")
    for slot, variable in variables.items():
        if slot in given:
            value = np.asarray(described.read(given[slot]))
            if value.shape != tuple(variable.shape):
                raise UnfitError(f"{_shown(slot)} has the shape {value.shape} and not {tuple(variable.shape)}")
            variable.assign(value.astype(variable.dtype.as_numpy_dtype))


def as_read(model: Any, described: Bundle, training: Training | None, keys: WeightKeys) -> Training | None:
    """What has become of a compiled state in the written file, which stock Keras has read."""
    if training is None or training.optimizer == "dropped":
        return training
    if not model._is_compiled:
        return Training("dropped", "Keras 2.15 does not compile it when it opens the file")
    compiling.build_losses(model)
    optimizer_variables.build(model.optimizer, model.trainable_variables)
    if training.optimizer == "kept" and (lost := _lost(model, _slots(described, keys), described)):
        return Training("rebuilt", f"Keras 2.15 does not read {lost} out of the file", steps=0)
    return training


def _lost(model: Any, given: Mapping[SlotKey, TensorRow], described: Bundle) -> str | None:
    """The first variable of an optimizer that does not have the described value; None if all have it."""
    for facts, variable in state.kept(model):
        slot = state.slot_of(facts)
        if slot[0] != _RATE and np.asarray(described.read(given[slot])).tobytes() != np.asarray(variable).tobytes():
            return _shown(slot)
    return None


def _shown(slot: SlotKey) -> str:
    name, key = slot
    return name if key is None else f"{name} of {'/'.join((*key.path, key.name))}"


def write(model: Any, training: Training | None, writer: BundleWriter) -> bool:
    """Write how a model is compiled that was read back; returns whether it is."""
    if training is None:
        return False
    is_compiled = training.optimizer != "dropped"
    if is_compiled and training.optimizer == "kept":
        writer.write_tensors(_TENSORS, state.rows(model))
    document: Mapping[str, Any] = {"optimizer": training.optimizer, "reason": training.reason, "missing": []}
    compiled = compiling.described(model) if is_compiled else None
    names = list(model.metrics_names) if is_compiled else []
    writer.write_json(_DOCUMENT, {**document, "compile": compiled, "metrics_names": names})
    return is_compiled


def told(training: Training | None) -> Sequence[Change]:
    """Lines of the report on what does not go on."""
    if training is None or training.optimizer == "kept":
        return []
    what = "the optimizer begins anew, with its settings and without its state"
    if training.optimizer == "dropped":
        what = "the model arrives uncompiled, so compile it again to train it"
    why = f": {training.reason}" if training.reason else ""
    return [Change("", "compile", "training-only", f"{what}{why}")]
