"""The user's own classes in Keras 2.15: found by any of their names, and what is wrong with them is theirs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from exporter.describe import attributes
from exporter.describe.description import architecture, variables
from exporter.load import LoadRequest, custom_objects, load
from exporter.load.build import build
from interchange.errors import Exit, Failure
from interchange.user_files.custom_objects import CustomObjectsFile
from keras2to3.user_files.custom_objects import parse

FILE = """
import keras

class Own(keras.layers.Layer):
    def __init__(self, units=2, fails=None, **options):
        super().__init__(**options)
        self.units, self.fails = units, fails
        self.layers = [keras.layers.Dense(units), keras.layers.Dense(units)]
    def call(self, inputs):
        if self.fails == "call":
            raise KeyError("it fails")
        return self.layers[1](self.layers[0](inputs))
    def get_config(self):
        if self.fails == "config":
            raise KeyError("it fails")
        return {**super().get_config(), "units": self.units, "fails": self.fails}

class Hidden(keras.layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.nested = [[keras.layers.Dense(1)]]
    def call(self, inputs):
        return self.nested[0][0](inputs)

class Strict(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()

class Weighed(keras.Model):
    def __init__(self, *ends, weight=2.0, **options):
        super().__init__(*ends, **options)
        self.weight = weight
    def call(self, inputs, training=None):
        return self.weight * super().call(inputs, training=training)

class NoLayer:
    pass

def nothing(x):
    return x
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> custom_objects.CustomObjects:
    path = tmp_path_factory.mktemp("own") / "own_classes.py"
    path.write_text(FILE)
    return custom_objects.opened(parse(str(path)).customs)


def sequential(class_name: str, **config: Any) -> dict[str, Any]:
    first = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 3], "name": "x"}}
    layers = [first, {"class_name": class_name, "config": {"name": "own", **config}}]
    return {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}


@pytest.mark.parametrize("name", ["Own", "Pack>Own"])
def test_a_class_is_found_with_and_without_its_package(own: custom_objects.CustomObjects, name: str) -> None:
    model = build(sequential(name, units=4), own=own)
    assert type(model.layers[0]).__module__ == "own_classes"
    paths = {"/".join(path) for path, _, _ in variables(model)}
    assert paths == {"own/layers/0", "own/layers/1"}


@pytest.mark.parametrize(
    ("architecture", "says"),
    [
        (sequential("Own", fails="call"), ("own_classes.py", "line 11", "KeyError")),
        (sequential("Own", unknown=1), ("own_classes.py", "line 6", "TypeError")),
        (sequential("Strict", size=3), ("own_classes.py", "Strict.__init__ in line 26", "unexpected keyword argument")),
        (sequential("NoLayer"), ("own_classes.py", "no layer of Keras")),
        (sequential("nothing"), ("own_classes.py", "no layer of Keras")),
    ],
)
def test_what_is_wrong_with_a_class_is_refused_by_file_and_line(
    own: custom_objects.CustomObjects, architecture: dict[str, Any], says: tuple[str, ...]
) -> None:
    with pytest.raises(Failure) as caught:
        build(architecture, own=own)
    assert caught.value.code is Exit.REFUSED
    for part in says:
        assert part in caught.value.message


def test_a_model_is_made_of_its_layers_whatever_its_constructor_takes(own: custom_objects.CustomObjects) -> None:
    x = keras.Input((3,), name="x")
    plain = keras.Model(x, keras.layers.Dense(2, name="dense")(x), name="weighed")
    config = {"class_name": "Weighed", "config": plain.get_config()}
    model = build(config, own=own)
    model.set_weights(plain.get_weights())
    np.testing.assert_array_equal(model(np.ones((1, 3))), 2 * plain(np.ones((1, 3))))
    described = architecture(model)
    assert (described["class_name"], len(described["config"]["layers"])) == ("Weighed", 2)


def test_weights_that_nothing_can_find_are_refused(own: custom_objects.CustomObjects) -> None:
    model = build(sequential("Hidden"), own=own)
    reached = {id(variable) for _, _, variable in variables(model)}
    with pytest.raises(Failure, match="2 of its weights are in no attribute"):
        custom_objects.check_reached(model, reached, own)


def test_a_file_that_does_not_run_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("import keras\n\nraise RuntimeError('never')\n")
    with pytest.raises(Failure) as caught:
        custom_objects.opened(parse(str(path)).customs)
    assert caught.value.code is Exit.REFUSED
    assert "broken.py cannot be run: line 3: RuntimeError: never" in caught.value.message


@pytest.mark.parametrize(
    ("text", "says"), [("import sys\nsys.exit(3)", "line 2: SystemExit: 3"), ("x = = 1", "line 1: SyntaxError: ")]
)
def test_whatever_ends_a_file_is_told(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "ends.py"
    path.write_text(text)
    with pytest.raises(Failure) as caught:
        custom_objects.opened(CustomObjectsFile(str(path), hashlib.sha256(path.read_bytes()).hexdigest()))
    assert f"ends.py cannot be run: {says}" in caught.value.message


def test_a_file_that_has_changed_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "changed.py"
    path.write_text("def one(x): return x\n")
    with pytest.raises(Failure) as caught:
        custom_objects.opened(CustomObjectsFile(str(path), "0" * 64))
    assert caught.value.code is Exit.USAGE


def test_modules_that_a_file_names_are_not_imported(own: custom_objects.CustomObjects, tmp_path: Path) -> None:
    """In a `.keras` file an object says which module it is from."""
    with keras.utils.custom_object_scope(dict(own.objects)):
        model = build(sequential("Own"), own=own)
        model(np.zeros((1, 3), "float32"))
        model.save(tmp_path / "a.keras")
    loaded = load(LoadRequest(tmp_path / "a.keras", "keras", own=own))
    for old, new in zip(model.get_weights(), loaded.get_weights()):
        np.testing.assert_array_equal(old, new)


FUNCTIONS = """
import keras
import tensorflow as tf

def halves(shape, dtype=None):
    return tf.fill(shape, tf.constant(0.5, dtype or tf.float32))

def made():
    return keras.initializers.Ones()

def positive(w):
    return w * tf.cast(w >= 0, w.dtype)

Fixed = keras.layers.Dropout
"""


@pytest.mark.filterwarnings("ignore:The `keras")
@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_functions_and_other_names_of_keras_s_classes(tmp_path: Path, ending: str) -> None:
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    own = custom_objects.opened(parse(str(tmp_path / "functions.py")).customs)
    given = {
        key: own.objects[name] for key, name in (("bias_initializer", "halves"), ("kernel_constraint", "positive"))
    }
    fixed = type("Fixed", (keras.layers.Dropout,), {})
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, **given), fixed(0.5)])
    model.save(tmp_path / f"a.{ending}")
    first, last = load(LoadRequest(tmp_path / f"a.{ending}", ending, own=own)).layers
    assert type(last) is keras.layers.Dropout
    assert (first.kernel_constraint.__name__, first.bias_initializer.__name__) == ("positive", "halves")
    np.testing.assert_array_equal(first.bias_initializer((2,)), [0.5, 0.5])
    np.testing.assert_array_equal(first.kernel_constraint(tf.constant([-1.0, 2.0])), [0, 2])


def test_a_function_that_makes_an_initializer_is_called(tmp_path: Path) -> None:
    (tmp_path / "making.py").write_text(FUNCTIONS)
    own = custom_objects.opened(parse(str(tmp_path / "making.py")).customs)
    architecture = sequential("Dense", units=2, bias_initializer={"class_name": "made", "config": {}})
    assert isinstance(build(architecture, own=own).layers[0].bias_initializer, keras.initializers.Ones)


def test_the_attributes_that_lead_to_the_weights_of_a_class() -> None:

    class Block(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="block")
            self.first = keras.layers.Dense(2)
            self.more = [keras.layers.Dense(2)]
            self.scale = self.add_weight("another_name", (2,))

        def call(self, x: Any) -> Any:
            return self.more[0](self.first(x)) * self.scale

    x = keras.Input((3,))
    model = keras.Model(x, Block()(x))
    found = {"/".join(path) for path in attributes.paths(model).values()}
    wanted = {"first/kernel", "first/bias", "more/0/kernel", "more/0/bias", "scale"}
    assert found == {f"block/{path}" for path in wanted}
