"""All rules at once: each example comes out as it says, and a class of Keras 2.15 has one rule in one place."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from importer import decompositions
from importer.decompositions import calls, layers
from importer.decompositions.activations import ACTIVATIONS
from translation.evidence import Example
from translation.keras2_to_3 import rules
from translation.keras2_to_3.configs import plain
from translation.keras2_to_3.translate import translate
from translation.verbs import Rule

OF_TRAINING = {
    "optimizers": "optimizers",
    "legacy_optimizers": "legacy_optimizers",
    "schedules": "optimizers.schedules",
    "losses": "losses",
    "metrics": "metrics",
}
KINDS = {"activations", "constraints", "initializers", "regularizers"}
MODULES = [importlib.import_module(found.name) for found in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}.")]
FAMILIES = [module for module in MODULES if hasattr(module, "RULES")]
LAYERS = {name: rule for (kind, name), rule in sorted(rules.table().items()) if kind == "layers"}
EXAMPLES = [
    pytest.param(rule, example, id=f"{name}-{number}")
    for name, rule in LAYERS.items()
    for number, example in enumerate(rule.examples)
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_an_example_is_translated_to_what_it_says(rule: Rule, example: Example) -> None:
    layers = [{"class_name": rule.name, "config": {"name": "it", **example.before}}]
    found = translate({"class_name": "Sequential", "config": {"name": "net", "layers": layers}})
    assert found.problems == []
    assert found.graph is not None
    made = found.graph.layers[0].item.config
    assert {key: made.get(key) for key in example.after} == example.after


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_the_inverses_of_verbs_give_back_what_an_example_begins_with(rule: Rule, example: Example) -> None:
    config = plain(example.before)
    used = [verb for verb in rule.verbs if verb.key in config]
    new = {key: value for verb in used for key, value in verb.decide(config).settings.items()}
    inverted = {verb.key for verb in used if verb.restore is not None}
    assert {key: value for key, value in rule.restored(new).items() if key in config} == {
        key: value for key, value in config.items() if key in inverted
    }


def test_most_keys_can_be_restored() -> None:
    verbs = [verb for rule in rules.table().values() for verb in rule.verbs]
    assert sum(verb.restore is not None for verb in verbs) > 0.8 * len(verbs)


@pytest.mark.parametrize("module", FAMILIES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_module_holds_the_rules_of_one_kind(module: ModuleType) -> None:
    named = module.__name__.rpartition(".")[2]
    assert {**OF_TRAINING, **{kind: kind for kind in KINDS}}.get(named, "layers") == module.KIND
    assert module.RULES
    assert all(rules.table()[module.KIND, rule.name] is rule for rule in module.RULES)


def test_a_module_without_rules_has_no_kind() -> None:
    assert not [module for module in MODULES if module not in FAMILIES and hasattr(module, "KIND")]


NAMED = {
    *((rule.decomposition, calls) for rule in LAYERS.values()),
    *((rule.composed, layers) for rule in LAYERS.values()),
    *((name, calls) for rule in LAYERS.values() for name in rule.carries),
}


@pytest.mark.parametrize(("name", "kind"), sorted((name, kind.__name__) for name, kind in NAMED if name))
def test_a_decomposition_that_is_named_exists(name: str, kind: str) -> None:
    assert name in decompositions.modules(kind)


def test_the_activations_that_rules_name_are_those_that_exist() -> None:
    named = {rule.decomposition for (kind, _), rule in rules.table().items() if kind == "activations"}
    assert named - {None} == set(ACTIVATIONS)


@pytest.mark.parametrize(("kind", "function"), [(calls, "apply"), (layers, "compose")])
def test_a_decomposition_defines_the_function_of_its_kind(kind: ModuleType, function: str) -> None:
    modules = decompositions.modules(kind.__name__)
    assert len(modules) > 3
    assert [name for name in modules if not hasattr(decompositions.module(kind.__name__, name), function)] == []


def test_two_rules_for_one_class_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    twin = "from translation.verbs import Rule\nKIND = 'layers'\nRULES = (Rule('Dense'), )\n"
    (tmp_path / "twin.py").write_text(twin)
    monkeypatch.setattr(rules, "__path__", [*rules.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r"two rules for \('layers', 'Dense'\)"):
        rules.table.__wrapped__()
    del sys.modules["translation.keras2_to_3.rules.twin"]
