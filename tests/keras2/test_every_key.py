"""The exercise leaves out no key: each differs from its default, or is refused, or cannot be set at all."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.models import every_key
from tests.models.minimal_objects import KEYS, architecture, minimal
from translation.keras2_to_3.rules import table
from translation.keras2_to_3.translate import translate


def config_of(made: Any) -> Any:
    """The config of an object as JSON has it."""
    from keras.src.saving.legacy.saved_model.json_utils import Encoder

    return json.loads(json.dumps(made.get_config(), cls=Encoder))


def default_of(keras: Any, kind: str, name: str) -> Any:
    return config_of(minimal(keras, kind, name, **every_key.BASE.get(name, {})))


@pytest.mark.parametrize(("kind", "name"), KEYS)
def test_every_key_is_exercised_at_another_value(keras: Any, kind: str, name: str) -> None:
    default = default_of(keras, kind, name)
    for keys in every_key.branches(kind, name).values():
        config = config_of(every_key.exercised(keras, kind, name, keys))
        for key in set(keys) - every_key.FORGOTTEN.get(name, set()):
            assert key in config, f"{key} is not written"
            assert config[key] != default.get(key), key


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, keys in every_key.FORGOTTEN.items() for key in sorted(keys)]
)
def test_what_is_called_forgotten_is_not_written(keras: Any, name: str, key: str) -> None:
    made = config_of(every_key.exercised(keras, "layers", name, [key]))
    assert made.get(key) == default_of(keras, "layers", name).get(key)


@pytest.mark.parametrize(("name", "key"), sorted(every_key.UNRUN))
def test_what_is_called_not_to_run_does_not(keras: Any, name: str, key: str) -> None:
    import tensorflow as tf

    shapes, dtype = every_key.inputs(name)
    layer = every_key.exercised(keras, "layers", name, [key])
    with pytest.raises(tf.errors.OpError):
        layer(np.zeros((2, *shapes[0]), dtype))


REFUSED = [
    (kind, name, key)
    for kind, name in KEYS
    for key in sorted(table()[kind, name].keys | {"dtype"})
    if key in every_key.REFUSED_KEYS & table()[kind, name].keys or (name, key) in every_key.REFUSED
    if (name, key) not in every_key.FIXED
]


@pytest.mark.parametrize(("kind", "name", "key"), REFUSED)
def test_a_value_that_is_not_migrated_is_refused_by_name(keras: Any, kind: str, name: str, key: str) -> None:
    """Also where Keras 2.15 itself would no longer write it: files of older versions have such keys."""
    described = architecture(keras, kind, name)
    entry = described["config"]["layers"][-1]
    if kind != "layers":
        entry = next(v for v in entry["config"].values() if isinstance(v, dict) and v.get("class_name") == name)
    entry["config"][key] = every_key.value_of(keras, name, key)
    problems = translate(described).problems
    assert [problem.class_name for problem in problems] == [name]
    assert problems[0].key in (key, "layer")
    assert "no rule for it" not in problems[0].text
