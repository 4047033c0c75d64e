"""After a difference: what Keras 2 says on this TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from importer.build.rebuild import Rebuilt
from importer.verify.compare import compare
from importer.verify.fixed_noise import is_given
from importer.verify.inference import outputs, tensor, value_of
from importer.verify.output_dtypes import tolerances
from importer.verify.recorded_calls import Call, inputs_of, recorded
from interchange import json_floats
from interchange.bundle import Bundle
from interchange.errors import Failure
from interchange.values import Value
from interchange.workers import probe_batches
from interchange.workers.tolerances import Tolerance
from translation.user_models import plain

_DRIFT = (
    "tf_keras computes the same as the new model on this TensorFlow, so a kernel has changed, not the "
    "translation; if that is acceptable, pass --rtol and --atol"
)
_MEANING = "tf_keras computes what Keras 2 computed, so the translation is wrong; please report it"
_NEITHER = "tf_keras agrees with neither; please report it"


def explained(failure: Failure, rebuilt: Rebuilt, bundle: Bundle) -> Failure:
    """The same failure with a hint about the cause, unless it has one."""
    if failure.hint or "verification" not in failure.detail or is_given(bundle):  # tf_keras would draw its own noise
        return failure
    try:
        hint = _cause(_old_model(bundle), rebuilt, _telling(recorded(bundle)))
    except Exception as error:  # noqa: BLE001 - a second opinion that fails must not hide the first
        hint = f"tf_keras could not be used as a cross-check: {type(error).__name__}: {error}"[:400]
    return replace(failure, hint=hint)


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


def _packed(old: Any, inputs: list[Value]) -> Any:
    given = [tensor(value, symbolic) for value, symbolic in zip(inputs, old.inputs)]
    return given if len(given) > 1 else given[0]


def _flat(structure: Any) -> list[Any]:
    import tensorflow as tf

    flat: list[Any] = tf.nest.flatten(structure)
    return flat
