"""What the way back gives to Keras 2.15, the installed Keras 2.15 takes."""

from __future__ import annotations

from typing import Any

import pytest

from exporter.load.build import _known_keys
from exporter.rollback import activations
from exporter.rollback.construct import class_of
from translation.keras2_to_3.rules import table as rules_there
from translation.keras3_to_2.decided import rules_of
from translation.keras3_to_2.rules import table

LAYERS = sorted(name for kind, name in table() if kind == "layers" and not table()[kind, name].refused)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_that_is_not_refused_is_there(name: str) -> None:
    rule = table()["layers", name]
    assert class_of("layers", rule.becomes or name).__name__ == (rule.becomes or name)


@pytest.mark.parametrize("name", LAYERS)
def test_every_key_that_is_kept_is_known(name: str) -> None:
    rule = table()["layers", name]
    kept = {verb.key for verb in rule.verbs if verb.label == "same"}
    if name == "SpectralNormalization":  # which is in no public namespace, as `class_of` knows
        assert kept == {"layer"}
        return
    assert kept - _known_keys(rule.becomes or name, {}) == set()


@pytest.mark.parametrize(
    "key", sorted(key for key in rules_there() if key[0] in ("initializers", "regularizers", "constraints"))
)
def test_objects_that_go_back_by_inverses_alone_are_there(key: tuple[str, str]) -> None:
    rules = rules_of(*key)
    if rules is None:
        assert rules_there()[key].refused
        return
    rule, _ = rules
    assert rule.refused or class_of(key[0], rule.becomes or rule.name)


def test_every_activation_is_there_or_written_out(keras: Any) -> None:
    rules = [rule for (kind, _), rule in table().items() if kind == "activations" and not rule.refused]
    for rule in rules:
        if rule.calls:
            assert rule.name in activations.ACTIVATIONS
        else:
            assert callable(keras.activations.get(rule.becomes or rule.name))
    assert set(activations.ACTIVATIONS) == {rule.name for rule in rules if rule.calls}
