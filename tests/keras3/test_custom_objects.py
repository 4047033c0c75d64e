"""The user's own classes in Keras 3: made, filled, written, read back; and what is wrong with them is theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from importer.build import custom_objects
from importer.whole_model import migrate
from interchange.errors import Exit, Failure
from interchange.messages.requests import ImportRequest
from keras2to3.user_files.custom_objects import parse
from tests.keras3.conftest import exported, keras_2_everywhere

CLASS = """
import keras

@keras.saving.register_keras_serializable(package="Mine")
class {name}(keras.layers.Layer):
    def __init__(self, units=3, inner=None, activation=None, **options):
        super().__init__(**options)
        self.units = units
        self.inner = keras.layers.deserialize(inner) if isinstance(inner, dict) else inner
        self.activation = keras.activations.get(activation)
        self.table = {{"a": keras.layers.Dense(units), "b": keras.layers.Dense(units)}}
    def build(self, shape):
        self.weight = self.add_weight(name="{weight}", shape=(shape[-1],), initializer="ones")
        for layer in self.table.values():
            layer.build(shape)
        if self.inner is not None and not self.inner.built:
            self.inner.build((*shape[:-1], self.units))
        self.built = True
    def call(self, inputs):
        x = self.table["a"](inputs * self.weight) {sign} self.table["b"](inputs)
        return self.activation(x if self.inner is None else self.inner(x))
    def get_config(self):
        inner = self.inner and keras.layers.serialize(self.inner)
        activation = keras.activations.serialize(self.activation)
        return {{**super().get_config(), "units": self.units, "inner": inner, "activation": activation}}
    def compute_output_shape(self, shape):
        made = (*shape[:-1], self.units)
        return made if self.inner is None else self.inner.compute_output_shape(made)

def twice(x):
    return x + x
"""
OLD = {"name": "Own", "weight": "w", "sign": "+"}

Migrate = Callable[[Any, str], Mapping[str, Any]]


@pytest.fixture
def both(old: ModuleType, tmp_path: Path) -> tuple[ModuleType, Migrate]:
    """What the old file defines, and how a model with it is migrated with the content of the new one."""
    first = tmp_path / "old_classes.py"
    first.write_text(CLASS.format(**OLD))
    names = ModuleType("old_classes")
    with keras_2_everywhere():
        exec(compile(first.read_text(), str(first), "exec"), vars(names))

    def migrated(model: Any, content: str) -> Mapping[str, Any]:
        import keras

        second = tmp_path / f"new_{abs(hash(content))}.py"
        second.write_text(content)
        keras.saving.get_custom_objects().clear()
        exported(model, tmp_path / "bundle")
        own = custom_objects.opened(parse(str(second)).customs)
        request = ImportRequest(tmp_path / "bundle", tmp_path / "model.keras")
        return migrate(request, lambda line: None, own).to_json()

    return names, migrated


def model_of(old: ModuleType, names: ModuleType) -> Any:
    x = old.Input((4, 5), name="x")
    inner = names.Own(3, old.layers.Dense(2, "relu"), names.twice, name="first")
    y = old.layers.TimeDistributed(names.Own(4, name="each"), name="wrapper")(inner(x))
    return old.Model(x, old.layers.Dense(2, names.twice, name="out")(y))


def test_classes_functions_and_what_they_hold_arrive(both: tuple[ModuleType, Migrate], old: ModuleType) -> None:
    names, migrated = both
    report = migrated(model_of(old, names), CLASS.format(**{**OLD, "weight": "gamma"}))
    assert [row["equal"] for row in report["verification"]["outputs"]] == [True]
    assert (report["needs"]["objects"], report["needs"]["unregistered"]) == (["Own", "twice"], ["twice"])
    told = {row["layer"]: row["text"] for row in report["changes"] if row["rule"] == "Own"}
    assert told.keys() == {"first", "wrapper/layer"}
    assert all("the weight w is gamma" in text for text in told.values())


def test_a_class_that_the_model_has_not_is_not_needed(both: tuple[ModuleType, Migrate], old: ModuleType) -> None:
    model = old.Sequential([old.Input((4,)), old.layers.Dense(2)])
    assert both[1](model, CLASS.format(**OLD))["needs"] is None


def test_a_class_that_computes_something_else_is_found_out(both: tuple[ModuleType, Migrate], old: ModuleType) -> None:
    names, migrated = both
    with pytest.raises(Failure) as caught:
        migrated(model_of(old, names), CLASS.format(**{**OLD, "sign": "-"}))
    assert caught.value.code is Exit.DIFFERS
    assert "check Own" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("self.units = units\n", "self.units = units / 0\n", ("line 8", "ZeroDivisionError")),
        ("return self.activation(x", "raise KeyError('no')\n        return self.activation(x", ("line 21", "KeyError")),
        ("inner = self.inner and", "raise KeyError('no')\n        inner = self.inner and", ("line 23", "KeyError")),
        ("units=3, inner=None, activation=None, **options", "units", ("Own.__init__ in line 6", "unexpected keyword")),
        ("class Own(keras.layers.Layer)", "class Own(dict)", ("is no layer of Keras 3",)),
        ("import keras\n", "import keras\nimport nobody_has_it\n", ("line 3", "ModuleNotFoundError")),
        ('"units": self.units, ', "", ("cannot be opened again",)),
    ],
)
def test_what_is_wrong_with_a_class_is_refused_by_file_and_line(
    both: tuple[ModuleType, Migrate], old: ModuleType, before: str, after: str, says: tuple[str, ...]
) -> None:
    names, migrated = both
    content = CLASS.format(**OLD).replace(before, after)
    assert content != CLASS.format(**OLD)
    with pytest.raises(Failure) as caught:
        migrated(model_of(old, names), content)
    assert caught.value.code is Exit.REFUSED
    assert all(part in caught.value.message for part in says), caught.value.message


def test_weights_that_are_alike_and_called_otherwise_are_refused(
    both: tuple[ModuleType, Migrate], old: ModuleType
) -> None:
    names, migrated = both
    content = CLASS.format(**OLD).replace('"a"', '"c"').replace('"b"', '"d"')
    with pytest.raises(Failure) as caught:
        migrated(model_of(old, names), content)
    assert caught.value.code is Exit.REFUSED
    assert {problem.key for problem in caught.value.problems} == {
        "table/c/kernel", "table/c/bias", "table/d/kernel", "table/d/bias",
    }  # fmt: skip
