"""What Keras 2.15 cannot have is refused by its layer, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.build.custom_objects import NO_CUSTOM_OBJECTS
from importer.rollback.obstacles import obstacles
from importer.rollback.source import opened
from interchange.errors import Exit, Failure
from keras2to3.user_files.custom_objects import parse
from tests.keras3.rollback_models import described

CLASSES = """
import keras

class Scaled(keras.layers.Layer):
    def __init__(self, by=2.0, **options):
        super().__init__(**options)
        self.by = by
    def call(self, x):
        return x * self.by
    def get_config(self):
        return {**super().get_config(), "by": self.by}
"""


@pytest.fixture
def scaled(tmp_path: Path) -> tuple[Any, Path]:
    """A class of the user's, and the file that defines it."""
    path = tmp_path / "mine.py"
    path.write_text(CLASSES)
    customs = parse(str(path)).customs
    return customs.objects(dict)["Scaled"], path


def dense(**options: Any) -> Any:
    import keras

    x = keras.Input((32,), name="x")
    model = keras.Model(x, keras.layers.Dense(16, name="d", **options)(x), name="net")
    model.get_layer("d").kernel.assign(np.linspace(-1, 1, 512).reshape(32, 16))
    return model


def with_lora() -> Any:
    model = dense()
    model.get_layer("d").enable_lora(2)
    return model


def quantized() -> Any:
    model = dense()
    model.get_layer("d").quantize("int8")
    return model


def with_float8() -> Any:
    import keras

    return dense(dtype=keras.dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32"))


def with_lambda() -> Any:
    import keras

    x = keras.Input((32,), name="x")
    return keras.Model(x, keras.layers.Lambda(lambda t: t + 1, name="f")(x))


OBSTACLES: dict[str, tuple[Callable[[], Any], str, str, str]] = {
    "lora": (with_lora, "d", "LoRA", "model.get_layer('d').kernel"),
    "int8": (quantized, "d", "quantized", "before `quantize`"),
    "float8": (with_float8, "d", "Keras 2.15 has no float8", "float32"),
    "lambda": (with_lambda, "f", "a function in Python", "Keras's own layers"),
}


@pytest.mark.parametrize("name", OBSTACLES)
def test_it_is_named_with_a_way_out(name: str, tmp_path: Path) -> None:
    build, layer, text, unblock = OBSTACLES[name]
    build().save(tmp_path / "model.keras")
    with pytest.raises(Failure) as caught:
        described(tmp_path / "model.keras", tmp_path / "back")
    assert caught.value.code is Exit.REFUSED
    (problem,) = caught.value.problems
    assert problem.layer == layer
    assert text in problem.text
    assert unblock in (problem.unblock or "")


def test_all_are_told_at_once() -> None:
    layers = [
        {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "f"}},
        {"class_name": "Dense", "module": "keras.layers", "config": {"name": "d", "lora_rank": 4}},
        {"class_name": "Backbone", "module": "keras_hub.src.models", "config": {"name": "hub"}},
        {"class_name": "Mine", "module": "mine", "registered_name": "Mine", "config": {"name": "m"}},
    ]
    config = {"class_name": "Sequential", "module": "keras", "config": {"name": "net", "layers": layers}}
    found = {(each.layer, each.text.partition(",")[0]) for each in obstacles(config, NO_CUSTOM_OBJECTS)}
    assert found == {
        ("f", "a function in Python"),
        ("d", "its weights are a kernel and an update of low rank beside it (LoRA)"),
        ("hub", "a class of keras_hub"),
        ("m", "a class that is none of Keras's"),
    }


def test_a_class_of_the_user_s_needs_its_file(scaled: tuple[Any, Path], tmp_path: Path) -> None:
    import keras

    kind, file = scaled
    x = keras.Input((3,), name="x")
    keras.Model(x, kind(name="mine")(x)).save(tmp_path / "model.keras")
    with pytest.raises(Failure) as caught:
        described(tmp_path / "model.keras", tmp_path / "back")
    assert [problem.class_name for problem in caught.value.problems] == ["Scaled"]
    assert "--custom-objects" in (caught.value.problems[0].unblock or "")
    told, _ = described(tmp_path / "model.keras", tmp_path / "again", customs=parse(str(file)).customs)
    assert told.provenance == "none"


def test_what_it_is_compiled_with_rules_nothing_out(tmp_path: Path) -> None:
    import keras

    @keras.saving.register_keras_serializable(package="Gone")
    def strange(y: Any, p: Any) -> Any:
        return keras.ops.mean(keras.ops.square(y - p), axis=-1)

    model = dense()
    model.compile("adam", strange)
    model.save(tmp_path / "model.keras")
    keras.saving.get_custom_objects().clear()
    source = opened(tmp_path / "model.keras", NO_CUSTOM_OBJECTS)
    assert source.uncompiled is not None
    assert "Keras 3 cannot compile it" in source.uncompiled
    _, back = described(tmp_path / "model.keras", tmp_path / "back")
    assert back.json("training.json")["optimizer"] == "dropped"
