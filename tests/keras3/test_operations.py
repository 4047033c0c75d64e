"""Every operation of Keras 3 is decided: it has a counterpart in TensorFlow functions, or is refused with a reason."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from translation.keras2_to_3.spec import Spec
from translation.keras3_to_2 import operations
from translation.keras3_to_2.operations.refused import REFUSED


def all_operations() -> dict[str, Any]:
    """The classes of operations that are no layers, by name."""
    import keras
    from keras.src import ops
    from keras.src.activations import activations

    found: dict[str, Any] = {}
    names = [f"{ops.__name__}.{each.name}" for each in pkgutil.iter_modules(ops.__path__) if "test" not in each.name]
    for module in [*map(importlib.import_module, names), activations]:
        for name, each in vars(module).items():
            own = inspect.isclass(each) and each.__module__ == module.__name__
            if own and issubclass(each, keras.Operation) and each is not keras.Operation:
                found[name] = each
    return found


@pytest.fixture(scope="module")
def decided() -> dict[str, Any]:
    bases = {"SegmentReduction", "Function"}  # what others are made of
    return {name: each for name, each in all_operations().items() if name not in bases}


def test_every_operation_of_keras_3_is_decided(decided: dict[str, Any]) -> None:
    assert set(decided) - set(operations.table()) - set(REFUSED) == set()


def test_every_argument_of_a_constructor_is_decided(decided: dict[str, Any]) -> None:
    unlike = {}
    for name, operation in operations.table().items():
        keys = set(inspect.signature(decided[name].__init__).parameters) - {"self", "name", "args", "kwargs"}
        if keys != operation.keys:
            unlike[name] = keys ^ operation.keys
    assert unlike == {}


def test_the_arguments_of_calls_have_the_same_names_and_order(decided: dict[str, Any]) -> None:
    unlike = {}
    for name, operation in operations.table().items():
        keys = [key for key in inspect.signature(decided[name].call).parameters if key not in ("self", "kwargs")]
        own = [key for key, each in operation.signature.parameters.items() if each.kind is not each.KEYWORD_ONLY]
        if keys != [key.lstrip("_") for key in own if key != "lengths"] and name != "Rearrange":
            unlike[name] = (keys, own)
    assert unlike == {}


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x + 1, "Add"),
        (lambda x: 1 - x, "Subtract"),
        (lambda x: x * 2.0, "Multiply"),
        (lambda x: 1 / x, "TrueDivide"),
        (lambda x: x // 2, "FloorDivide"),
        (lambda x: 7 % x, "Mod"),
        (lambda x: x**2, "Power"),
        (lambda x: x @ np.ones((4, 2), "float32"), "Matmul"),
        (lambda x: -x, "Negative"),
        (abs, "Absolute"),
        (lambda x: x > 0, "Greater"),
        (lambda x: x <= np.ones(4, "float32"), "LessEqual"),
        (lambda x: x != 1, "NotEqual"),
        (lambda x: x[:, 0], "GetItem"),
        (lambda x: x[..., None], "GetItem"),
        (lambda x: x[:, 1:3, ::-1], "GetItem"),
    ],
)
def test_operators_of_python_are_read_from_a_saved_model(function: Any, name: str, tmp_path: Path) -> None:
    import keras

    x = keras.Input((3, 4), name="x")
    keras.Model(x, function(x)).save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        config = json.loads(archive.read("config.json"))
    entry = config["config"]["layers"][-1]
    assert operations.is_operation(entry)
    found = operations.spec_of(entry, "here")
    assert isinstance(found, Spec)
    assert found.class_name == name
