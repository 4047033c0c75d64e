"""After a difference: what Keras 2 says on this TensorFlow, and the first layer where the two models part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from importer.build.rebuild import Rebuilt
from importer.verify.compare import compare
from importer.verify.fixed_noise import is_given
from importer.verify.inference import outputs, tensor, value_of
from importer.verify.output_dtypes import computed_in, tolerances
from importer.verify.recorded_calls import Call, inputs_of, recorded
from interchange import json_floats
from interchange.bundle import Bundle
from interchange.errors import Failure
from interchange.messages.verification import FirstDifference, Verification
from interchange.values import Value, array_of
from interchange.workers import probe_batches
from interchange.workers.tolerances import Tolerance, tolerance
from translation.user_models import plain

_DRIFT = (
    "tf_keras computes the same as the new model on this TensorFlow, so a kernel has changed, not the "
    "translation; if that is acceptable, pass --rtol and --atol"
)
_MEANING = "tf_keras computes what Keras 2 computed, so the translation is wrong; please report it"
_NEITHER = "tf_keras agrees with neither; please report it"


def explained(failure: Failure, rebuilt: Rebuilt, bundle: Bundle) -> Failure:
    """The same failure with `first_difference` filled in and a hint about the cause, unless it has one."""
    if failure.hint or "verification" not in failure.detail or is_given(bundle):  # tf_keras would draw its own noise
        return failure
    try:
        old = _old_model(bundle)
        call = _telling(recorded(bundle))
        hint, first = _cause(old, rebuilt, call), _first_difference(old, rebuilt, inputs_of(call))
    except Exception as error:  # noqa: BLE001 - a second opinion that fails must not hide the first
        hint, first = f"tf_keras could not be used as a cross-check: {type(error).__name__}: {error}"[:400], None
    verification = replace(Verification.from_json(failure.detail["verification"]), first_difference=first)
    detail = {**failure.detail, "verification": verification.to_json()}
    where = f" (first at {first.layer}, a {first.class_name})" if first else ""
    return Failure(failure.code, failure.message + where, hint, failure.problems, detail)


def _telling(calls: list[Call]) -> Call:
    """The call with the largest values, where differences show most."""
    return next((call for call in calls if any(probe.case == "wide" for probe in call)), calls[0])


def _old_model(bundle: Bundle) -> Any:
    """The old architecture in tf_keras with the old weights, matched by path and name as everywhere."""
    import tf_keras

    text = json.dumps(plain(json_floats.read(bundle.json("architecture.json")))).replace(
        '"module": "keras.', '"module": "tf_keras.'
    )
    model = tf_keras.models.model_from_json(text)
    for layer in model.layers:
        _fill(layer, (layer.name,), bundle)
    return model


def _fill(layer: Any, path: tuple[str, ...], bundle: Bundle) -> None:
    """Give a layer its tensors: in the order of their paths, but within one layer the trainable ones come first."""
    import tensorflow as tf

    if hasattr(layer, "layers"):
        for child in layer.layers:
            _fill(child, (*path, child.name), bundle)
        return
    rows = [row for row in bundle.rows("weights.npz") if tuple(row.facts["layer"])[: len(path)] == path]
    states = {id(state) for state in tf.nest.flatten(getattr(layer, "states", None) or ())}
    variables = [variable for variable in layer.weights if id(variable) not in states]
    ordered = sorted(rows, key=lambda row: not row.facts["trainable"])
    for variable, row in zip(variables, ordered, strict=True):
        variable.assign(bundle.read(row))


def _cause(old: Any, rebuilt: Rebuilt, call: Call) -> str:
    inputs = inputs_of(call)
    now = [value_of(result) for result in _flat(old(_packed(old, inputs), training=False))]
    new = outputs(rebuilt.model, inputs)
    within = tolerances(rebuilt.model, len(new))
    truth = [
        probe_batches.joined(parts) for parts in zip(*([answer.truth for answer in probe.answers] for probe in call))
    ]
    if _all_equal(now, truth, within):
        return _MEANING
    return _DRIFT if _all_equal(now, new, within) else _NEITHER


def _all_equal(a: list[Value], b: list[Value], within: Sequence[Tolerance]) -> bool:
    return all(compare("", x, y, limit, 0.0).equal for x, y, limit in zip(a, b, within))


def _first_difference(old: Any, rebuilt: Rebuilt, inputs: list[Value]) -> FirstDifference | None:
    """The first layer, in the order of the old model, whose output is another; None if it cannot be told."""
    within = tolerance(computed_in(rebuilt.model))
    for name, class_name, before, after in _layer_outputs(old, rebuilt, inputs):
        row = compare(name, after, before, within, 0.0)
        if not row.equal:
            return FirstDifference(name, class_name, row.max_abs, row.reason)
    return None


def _layer_outputs(old: Any, rebuilt: Rebuilt, inputs: list[Value]) -> Iterator[tuple[str, str, Value, Value]]:
    """What each layer that is called once, with one output, gives before and after."""
    import keras
    import tf_keras

    made = rebuilt.names.layers[id(rebuilt.model)]
    for layer in old.layers:
        end = _output(made.get(layer.name), rebuilt.model)
        if end is None or len(layer._inbound_nodes) != 1 or isinstance(layer.output, (list, tuple, dict)):
            continue
        before = value_of(tf_keras.Model(old.inputs, layer.output)(_packed(old, inputs), training=False))
        after = outputs(keras.Model(rebuilt.model.inputs, end), inputs)[0]
        # A decomposition may turn the axes after the layer itself.
        if array_of(after).shape == array_of(before).shape:
            yield layer.name, type(layer).__name__, before, after


def _output(layer: Any, model: Any) -> Any:
    """What the one call of a layer in a model gives, if that is one tensor; a Sequential has called it once more."""
    import keras

    nodes = list(getattr(layer, "_inbound_nodes", ()))
    if len(nodes) != 1 and not (nodes and isinstance(model, keras.Sequential)):
        return None
    tensors = nodes[-1].output_tensors
    return tensors[0] if len(tensors) == 1 else None


def _packed(old: Any, inputs: list[Value]) -> Any:
    given = [tensor(value, symbolic) for value, symbolic in zip(inputs, old.inputs)]
    return given if len(given) > 1 else given[0]


def _flat(structure: Any) -> list[Any]:
    import tensorflow as tf

    flat: list[Any] = tf.nest.flatten(structure)
    return flat
