"""Bodies of Lambda layers on TensorFlow's own functions."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from bytecode import Limits, run
from bytecode.interpreter.budget import Budget
from bytecode.interpreter.machine import Machine
from bytecode.interpreter.values import TENSORFLOW, Symbol
from exporter.describe import description
from exporter.load import LoadRequest, custom_objects, load
from exporter.load.build import build
from exporter.load.lambdas import TensorFlowBackend
from interchange.errors import Failure
from keras2to3.user_files.custom_objects import parse
from translation.lambdas import preprocess_input
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import unpack


@pytest.mark.parametrize(
    ("symbol", "sign"),
    [
        ("__operators__.add", operator.add),
        ("math.subtract", operator.sub),
        ("math.multiply", operator.mul),
        ("math.truediv", operator.truediv),
        ("math.pow", operator.pow),
        ("math.less", operator.lt),
    ],
)
@pytest.mark.parametrize("left", [3, 2.5, np.array([1.0, 2.0])], ids=["int", "float", "array"])
def test_what_stands_left_of_a_tensor_takes_its_dtype(symbol: str, sign: Callable[[Any, Any], Any], left: Any) -> None:
    import tensorflow as tf

    x = tf.constant([0.5, 1.5])
    expected = sign(left, x)
    result = TensorFlowBackend().call(symbol, (left, x), {})
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result.numpy(), expected.numpy())


APPLICATIONS = sorted(name.split(".")[2] for name in preprocess_input.ANSWERS if "imagenet_utils" not in name)


@pytest.mark.parametrize("module", APPLICATIONS)
def test_preprocess_input_is_what_the_application_does(module: str) -> None:
    import keras
    import tensorflow as tf

    function = getattr(keras.applications, module).preprocess_input
    images = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype("float32")
    expected = function(tf.constant(images))
    symbol = Symbol(TENSORFLOW, f"keras.applications.{module}.preprocess_input")
    machine = Machine("3.11", TensorFlowBackend(), {}, Budget(Limits()), LIBRARIES)
    np.testing.assert_allclose(machine.call(symbol, [tf.constant(images)], {}), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("module", ["vgg16", "xception", "densenet"])
def test_preprocess_input_itself_may_be_the_function_of_a_lambda(module: str) -> None:
    import keras
    import tensorflow as tf
    from keras.src.utils import generic_utils

    function = getattr(keras.applications, module).preprocess_input
    images = tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype("float32"))
    stored = unpack(generic_utils.func_dump(function))
    found = run(stored.code, [images], backend=TensorFlowBackend(), libraries=LIBRARIES, defaults=stored.defaults)
    np.testing.assert_allclose(found, function(images), rtol=1e-6, atol=1e-6)


def _forged(path: Path, closure: list[Any]) -> Path:
    """As TensorFlow 2.3 wrote it, which names the function that it wraps."""
    with h5py.File(path, "a") as file:
        architecture = json.loads(file.attrs["model_config"])
        (config,) = [each["config"] for each in architecture["config"]["layers"] if each["class_name"] == "Lambda"]
        config["function"][2] = closure
        file.attrs["model_config"] = json.dumps(architecture)
    return path


@pytest.mark.parametrize(
    ("function", "closure", "arguments"),
    [
        (tf.nn.l2_normalize, ["l2_normalize_v2"], {"axis": 1}),
        (tf.nn.relu, None, {}),
        (keras.backend.l2_normalize, ["l2_normalize"], {"axis": -1}),
        (keras.activations.gelu, ["gelu"], {"approximate": True}),
    ],
)
def test_a_function_of_tensorflow_as_it_is(
    tmp_path: Path, function: Any, closure: list[Any] | None, arguments: dict[str, Any]
) -> None:
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Lambda(function, arguments=arguments)(x))
    model.save(tmp_path / "a.h5")
    path = tmp_path / "a.h5" if closure is None else _forged(tmp_path / "a.h5", closure)
    told: list[Any] = []
    values = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    np.testing.assert_array_equal(load(LoadRequest(path), told.append)(values), model(values))
    assert "which the file names" in told[0].text


CONSTANTS = """
import numpy as np

class Config:
    scale = 2.5
    sizes = (1, np.array([0.5, 1.5]))
    def method(self): ...

class Settings:
    def __init__(self):
        self.shift = {"up": 0.25}

settings, epsilon_std = Settings(), 0.5
"""


def test_names_in_a_body_mean_what_the_user_s_file_defines(tmp_path: Path) -> None:
    (tmp_path / "constants.py").write_text(CONSTANTS)
    own = custom_objects.opened(parse(str(tmp_path / "constants.py")).customs)

    def f(x: Any) -> Any:
        return abs(x) * Config.scale + settings.shift["up"] * epsilon_std + Config.sizes[1][0]  # noqa: F821

    x = keras.Input((4,))
    f.__globals__.update(own.defined)
    keras.Model(x, keras.layers.Lambda(f, name="it")(x)).save(tmp_path / "a.h5")
    told: list[Any] = []
    model = load(LoadRequest(tmp_path / "a.h5", own=own), told.append)
    values = np.array([[1.0, -2.0, 0.0, 3.0]], np.float32)
    np.testing.assert_allclose(model(values), abs(values) * 2.5 + 0.125 + 0.5, rtol=1e-6)
    assert told[-1].text == "Config, epsilon_std, settings in its body is what constants.py defines"
    again = build(description.architecture(model))  # as it goes on to Keras 3, without the file
    np.testing.assert_array_equal(again(values), model(values))


def test_what_is_no_data_has_no_meaning_in_a_body(tmp_path: Path) -> None:
    (tmp_path / "functions.py").write_text("class Config:\n    def scale(self): ...\n    size = 1\n")
    own = custom_objects.opened(parse(str(tmp_path / "functions.py")).customs)
    x = keras.Input((4,))
    f = eval("lambda x: x * Config.scale", dict(own.defined), {})
    f.__globals__["Config"] = type("Config", (), {"scale": 2.0})
    keras.Model(x, keras.layers.Lambda(f, name="it")(x)).save(tmp_path / "a.h5")
    with pytest.raises(Failure, match="no number or string for the attribute scale"):
        load(LoadRequest(tmp_path / "a.h5", own=own))
