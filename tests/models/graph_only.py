"""SavedModels that hold a graph and no model of Keras; run as a script, it saves each as `<folder>/<name>`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

NAMES = ("module", "subclassed", "words", "policy")


def _module(tf: Any) -> tuple[Any, Any]:
    """Two inputs whose order is not that of their names, two outputs, and a variable."""
    module = tf.Module()
    module.weights = tf.Variable(tf.random.normal([3, 4], seed=1))

    @tf.function
    def answer(second: Any, first: Any) -> Any:
        return {"mixed": second @ module.weights, "doubled": first * 2}

    module.answer = answer
    specs = tf.TensorSpec([None, 3], tf.float32, "second"), tf.TensorSpec([None], tf.int32, "first")
    return module, answer.get_concrete_function(*specs)


def _words(tf: Any) -> tuple[Any, Any]:
    module = tf.Module()

    @tf.function
    def answer(text: Any) -> Any:
        return tf.strings.length(text)

    module.answer = answer
    return module, answer.get_concrete_function(tf.TensorSpec([None], tf.string, "text"))


def _policy(tf: Any) -> tuple[Any, Any]:
    """One function gives an object of a class that is known here alone, and the signature does not."""
    from tensorflow.python.framework import type_spec, type_spec_registry

    class Normal(tf.__internal__.CompositeTensor):
        def __init__(self, mean: Any) -> None:
            self.mean = mean

        @property
        def _type_spec(self) -> Any:
            return NormalSpec(tf.TensorSpec(self.mean.shape, self.mean.dtype))

    @type_spec_registry.register("tests.NormalSpec")
    class NormalSpec(type_spec.TypeSpec):
        value_type = Normal

        _component_specs = property(lambda self: self.spec)

        def __init__(self, spec: Any) -> None:
            self.spec = spec

        def _serialize(self) -> Any:
            return (self.spec,)

        def _to_components(self, value: Any) -> Any:
            return value.mean

        def _from_components(self, mean: Any) -> Any:
            return Normal(mean)

    module = tf.Module()
    module.weights = tf.Variable(tf.random.normal([4, 2], seed=1))
    table = tf.lookup.KeyValueTensorInitializer(tf.constant([0, 1], "int64"), tf.constant([0.5, -1.0]))
    module.table = tf.lookup.StaticHashTable(table, 0.0)
    spec = tf.TensorSpec([None, 4], tf.float32, "seen")
    module.distribution = tf.function(lambda seen: Normal(seen @ module.weights), input_signature=[spec])
    module.distribution.get_concrete_function()

    @tf.function
    def action(seen: Any) -> Any:
        return {"action": tf.tanh(seen @ module.weights), "bonus": module.table.lookup(tf.argmax(seen[:, :2], 1))}

    module.action = action
    return module, action.get_concrete_function(spec)


def _subclassed(keras: Any) -> Any:
    class Mine(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(4, activation="tanh")

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs["x"]) + inputs["y"]

    return Mine()


def main(folder: Path) -> None:
    import keras
    import tensorflow as tf

    for name, make in (("module", _module), ("words", _words), ("policy", _policy)):
        module, answer = make(tf)
        tf.saved_model.save(module, str(folder / name), signatures=answer)
    model = _subclassed(keras)
    model({"x": tf.ones([2, 3]), "y": tf.ones([2, 4])})
    model.save(folder / "subclassed")
    tf.saved_model.save(tf.Module(), str(folder / "nothing"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
