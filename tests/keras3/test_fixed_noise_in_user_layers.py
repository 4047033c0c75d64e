"""Classes of the user's that draw at random: both Keras are given the same noise, and what cannot be is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
import pytest

from exporter.load.custom_objects import CustomObjects
from importer.build import custom_objects
from importer.whole_model import migrate
from interchange.errors import Exit, Failure
from interchange.messages.requests import ImportRequest
from keras2to3.user_files.custom_objects import parse
from tests.keras3.conftest import exported, keras_2_everywhere

OLD = """
import keras
import tensorflow as tf

class Drawn(keras.layers.Layer):
    def call(self, inputs):
        return {body}

class Around(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._drawing = [Drawn(), Drawn()]
        self.rest = keras.layers.Dropout(0.5)
    def call(self, inputs):
        return self._drawing[0](inputs) * self._drawing[1](inputs) + self.rest(inputs, training=True)
"""
NEW = """
import keras
import tensorflow as tf

class Drawn(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seeds = keras.random.SeedGenerator(3)
    def call(self, inputs):
        return {body}
    def compute_output_shape(self, shape):
        return shape

class Around(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._drawing = [Drawn(), Drawn()]
        self.rest = keras.layers.Dropout(0.5)
    def build(self, shape):
        for layer in (*self._drawing, self.rest):
            layer.build(shape)
        self.built = True
    def call(self, inputs):
        return self._drawing[0](inputs) * self._drawing[1](inputs) + self.rest(inputs, training=True)
"""
NORMAL = "inputs + 0.5 * tf.random.normal(tf.shape(inputs))"
NORMAL_3 = "inputs + 0.5 * keras.random.normal(keras.ops.shape(inputs), seed=self.seeds)"
BODIES = {
    "normal": (NORMAL, NORMAL_3),
    "mean": (
        "inputs * keras.backend.random_normal(keras.backend.shape(inputs), 1.0, 2.0)",
        "inputs * keras.random.normal(keras.ops.shape(inputs), 1.0, 2.0)",
    ),
    "uniform": (
        "inputs * tf.random.uniform(tf.shape(inputs), -1.0, 3.0)",
        "inputs * keras.random.uniform(keras.ops.shape(inputs), minval=-1, maxval=3, seed=self.seeds)",
    ),
    "truncated": (
        "inputs * tf.random.truncated_normal(tf.shape(inputs), stddev=2.0)",
        "inputs * keras.random.truncated_normal(keras.ops.shape(inputs), stddev=2.0, seed=self.seeds)",
    ),
    "whole": (
        "inputs * tf.cast(tf.random.uniform(tf.shape(inputs), -3, 4, 'int32'), 'float32')",
        "inputs * keras.ops.cast(keras.random.randint(keras.ops.shape(inputs), -3, 4, seed=self.seeds), 'float32')",
    ),
    "classes": (
        "inputs + tf.cast(tf.random.categorical(inputs, 50), 'float32')",
        "inputs + keras.ops.cast(keras.random.categorical(inputs, 50), 'float32')",
    ),
    "dropout": ("tf.nn.dropout(inputs, 0.3)", "keras.random.dropout(inputs, 0.3, seed=self.seeds)"),
    "of TensorFlow": (NORMAL, NORMAL),
    "several": (
        f"({NORMAL}) * tf.random.uniform((50,)) * tf.random.uniform((50,))",
        f"({NORMAL_3}) * keras.random.uniform((50,)) * tf.random.uniform((50,))",
    ),
}
Migrate = Callable[[Callable[[Any, Any], Any], str, str], Mapping[str, Any]]


@pytest.fixture
def both(old: ModuleType, tmp_path: Path) -> Migrate:
    """Migrates what a function makes of classes, with these bodies in Keras 2 and in Keras 3."""

    def migrated(make: Callable[[Any, Any], Any], before: str, after: str) -> Mapping[str, Any]:
        shutil.rmtree(tmp_path / "bundle", ignore_errors=True)
        names, second = ModuleType("old_classes"), tmp_path / f"new_{abs(hash(after))}.py"
        second.write_text(NEW.format(body=after))
        with keras_2_everywhere():
            exec(compile(OLD.format(body=before), "old_classes.py", "exec"), vars(names))
        own = CustomObjects(None, {name: getattr(names, name) for name in ("Drawn", "Around")})
        exported(make(old, names), tmp_path / "bundle", own)
        file = custom_objects.opened(parse(str(second)).customs)
        request = ImportRequest(tmp_path / "bundle", tmp_path / "model.keras")
        return migrate(request, lambda line: None, file).to_json()

    return migrated


def alone(old: Any, names: Any) -> Any:
    x = old.Input((50,), name="x")
    return old.Model(x, names.Drawn(name="drawn")(x))


@pytest.mark.parametrize("name", BODIES)
def test_what_a_class_draws_is_compared_number_by_number(both: Migrate, name: str) -> None:
    report = both(alone, *BODIES[name])
    assert [row["equal"] for row in report["verification"]["outputs"]] == [True]
    told = [row["text"] for row in report["changes"] if row["layer"] == "drawn"]
    assert [("the same noise" in text, "draws new numbers" in text) for text in told] == [(True, True)]


def test_the_result_draws_anew(both: Migrate, tmp_path: Path) -> None:
    both(alone, NORMAL, NORMAL_3)
    (new,) = tmp_path.glob("new_*.py")
    names = ModuleType("again")
    exec(compile(new.read_text(), str(new), "exec"), vars(names))
    model = keras.saving.load_model(tmp_path / "model.keras", {"Drawn": names.Drawn})
    first, second = (np.asarray(model(np.ones((40, 50), "float32"))) for _ in range(2))
    assert (first != second).all()
    assert abs(float(np.std(first - 1)) - 0.5) < 0.05


def wrapped(old: Any, names: Any) -> Any:
    """Within a class, in a nested model and in a wrapper, and called twice."""
    x, y = old.Input((50,), name="x"), old.Input((3, 50), name="y")
    shared, inner = names.Drawn(name="shared"), old.Sequential([old.Input((50,)), names.Drawn()], name="inner")
    each = old.layers.TimeDistributed(names.Drawn(), name="each")(y)
    return old.Model([x, y], [shared(shared(x)), inner(names.Around(name="around")(x)), each])


def test_each_layer_is_given_what_is_its_own_at_any_depth(both: Migrate) -> None:
    report = both(wrapped, NORMAL, NORMAL_3)
    assert [row["equal"] for row in report["verification"]["outputs"]] == [True] * 3
    told = {row["layer"] for row in report["changes"] if "the same noise" in row["text"]}
    drawn = {"around/drawing/0", "around/drawing/1", "around/rest"}
    assert told >= {"shared", "each/layer", *drawn}


@pytest.mark.parametrize(
    ("before", "after"),
    [("**kwargs", "**options"), ("self._drawing = [Drawn(), Drawn()]", "self.other = [Drawn(), Drawn()]")],
)
def test_a_layer_that_is_called_otherwise_is_refused_with_a_way_out_that_arrives(
    both: Migrate, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    def around(old: Any, names: Any) -> Any:
        x = old.Input((50,), name="x")
        return old.Model(x, names.Around(name="mine")(x))

    otherwise = NEW.replace(before, after).replace(
        "self._drawing", "self.other" if "other" in after else "self._drawing"
    )
    monkeypatch.setitem(globals(), "NEW", otherwise)
    with pytest.raises(Failure) as caught:
        both(around, NORMAL, NORMAL_3)
    assert caught.value.code is Exit.REFUSED
    assert "its counterpart in Keras 3 does not" in caught.value.message
    assert "takes **kwargs" in str(caught.value.hint)
    monkeypatch.undo()
    assert [row["equal"] for row in both(around, NORMAL, NORMAL_3)["verification"]["outputs"]] == [True]


def long(old: Any, names: Any) -> Any:
    """So long that it is traced, where a batch has no size yet, with a function that draws besides."""
    x = old.Input((20, 3), name="x")
    y = old.layers.LSTM(50)(x)
    y = names.Drawn(name="drawn")(y)
    return old.Model(x, old.layers.Dropout(0.5)(y, training=True))


def test_a_model_that_is_traced_is_given_the_same(both: Migrate) -> None:
    report = both(long, NORMAL, NORMAL_3)
    assert [row["equal"] for row in report["verification"]["outputs"]] == [True]


@pytest.mark.parametrize(
    ("after", "says"),
    [
        ("inputs", "drawn (Drawn): it draws noise once in a call in Keras 2, and never in Keras 3"),
        (f"{NORMAL_3} + keras.random.normal((50,))", "noise is drawn more than once in a call"),
        ("inputs + 0.5 * keras.random.normal((50,))", "noise is drawn in the shape (50,), and in"),
        ("inputs + 0.5 * keras.random.normal(keras.ops.shape(inputs), seed=3)", "give a SeedGenerator instead"),
        ("inputs + 0.5 * tf.random.stateless_normal(tf.shape(inputs), (1, 2))", "and never in Keras 3"),
    ],
)
def test_other_draws_than_those_of_keras_2_are_refused_with_the_cause(both: Migrate, after: str, says: str) -> None:
    with pytest.raises(Failure) as caught:
        both(alone, NORMAL, after)
    assert caught.value.code is Exit.REFUSED
    assert says in caught.value.message
    assert both(alone, NORMAL, NORMAL_3)["verification"]["strength"] == "full"


@pytest.mark.parametrize(
    "after", [NORMAL_3.replace("0.5", "0.4"), NORMAL_3.replace("normal", "truncated_normal"), "inputs + " + NORMAL_3]
)
def test_what_is_made_of_the_noise_differs_where_it_is_something_else(both: Migrate, after: str) -> None:
    with pytest.raises(Failure) as caught:
        both(alone, NORMAL, after)
    assert caught.value.code is Exit.DIFFERS
    assert "check Drawn" in str(caught.value.hint)
