"""After a difference: what Keras 2 says on this TensorFlow, and the first layer where the two models part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from importer.compare import Compared, Tolerance, compare, tolerance
from importer.rebuild import Rebuilt
from importer.run import outputs
from importer.verify import Probe, computed_in, probes
from interchange.bundle import Bundle
from interchange.errors import Failure

_DRIFT = (
    "tf_keras computes the same as the new model on this TensorFlow, so it is a kernel that changed, not the "
    "translation; if you can live with it, say so with --rtol and --atol"
)
_MEANING = "tf_keras computes what Keras 2 computed, so the translation is wrong; please report it"
_NEITHER = "tf_keras agrees with neither; please report it"


def explained(failure: Failure, rebuilt: Rebuilt, bundle: Bundle) -> Failure:
    """The same failure with `first_difference` filled in and a hint about the cause."""
    if "verification" not in failure.detail:
        return failure
    try:
        old = _old_model(bundle)
        probe = _telling(probes(bundle))
        hint, first = _cause(old, rebuilt, probe), _first_difference(old, rebuilt, probe)
    except Exception as error:  # noqa: BLE001 - a second opinion that fails must not hide the first
        hint, first = f"tf_keras could give no second opinion: {type(error).__name__}: {error}"[:400], None
    detail = {**failure.detail, "verification": {**failure.detail["verification"], "first_difference": first}}
    where = f" (first at {first['layer']}, a {first['class']})" if first else ""
    return Failure(failure.code, failure.message + where, hint, failure.problems, detail)


def _telling(recorded: list[Probe]) -> Probe:
    """The probe with the largest values, where differences show most."""
    return next((probe for probe in recorded if probe.case == "wide"), recorded[0])


def _old_model(bundle: Bundle) -> Any:
    """The old architecture in tf_keras with the old weights, matched by path and name as everywhere."""
    import tf_keras

    text = json.dumps(bundle.json("architecture.json")).replace('"module": "keras.', '"module": "tf_keras.')
    model = tf_keras.models.model_from_json(text)
    stored = {(tuple(row.facts["layer"]), row.facts["variable"]): row for row in bundle.rows("weights.npz")}
    for layer in model.layers:
        own = [row for (path, _), row in stored.items() if path[:1] == (layer.name,)]
        layer.set_weights([np.asarray(bundle.read(row)) for row in own])
    return model


def _cause(old: Any, rebuilt: Rebuilt, probe: Probe) -> str:
    now = [np.asarray(value) for value in _flat(old(_packed(old, probe.inputs), training=False))]
    new = outputs(rebuilt.model, probe.inputs)
    within = tolerance(computed_in(rebuilt.model))
    truth = [value for _, value in probe.outputs]
    if _all_equal(now, truth, within):
        return _MEANING
    return _DRIFT if _all_equal(now, new, within) else _NEITHER


def _all_equal(a: list[np.ndarray], b: list[np.ndarray], within: Tolerance) -> bool:
    return all(compare("", x, y, within, 0.0).equal for x, y in zip(a, b))


def _first_difference(old: Any, rebuilt: Rebuilt, probe: Probe) -> dict[str, Any] | None:
    """The first layer, in the order of the old model, whose output is another; None if it cannot be told."""
    within = tolerance(computed_in(rebuilt.model))
    for name, class_name, before, after in _layer_outputs(old, rebuilt, probe):
        row: Compared = compare(name, after, before, within, 0.0)
        if not row.equal:
            return {"layer": name, "class": class_name, "max_abs": row.max_abs, "reason": row.reason}
    return None


def _layer_outputs(old: Any, rebuilt: Rebuilt, probe: Probe) -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    """What each layer that is called once, with one output, gives before and after."""
    import keras
    import tf_keras

    made = rebuilt.names.layers[id(rebuilt.model)]
    for layer in old.layers:
        twin = made.get(layer.name)
        if twin is None or len(layer._inbound_nodes) != 1 or len(getattr(twin, "_inbound_nodes", ())) != 1:
            continue
        if isinstance(layer.output, (list, tuple, dict)) or isinstance(twin.output, (list, tuple, dict)):
            continue
        before = tf_keras.Model(old.inputs, layer.output)(_packed(old, probe.inputs), training=False)
        after = outputs(keras.Model(rebuilt.model.inputs, twin.output), probe.inputs)[0]
        yield layer.name, type(layer).__name__, np.asarray(before), after


def _packed(old: Any, inputs: list[np.ndarray]) -> Any:
    import tensorflow as tf

    given = [tf.cast(array, tensor.dtype) for array, tensor in zip(inputs, old.inputs)]
    return given if len(given) > 1 else given[0]


def _flat(structure: Any) -> list[Any]:
    import tensorflow as tf

    flat: list[Any] = tf.nest.flatten(structure)
    return flat
