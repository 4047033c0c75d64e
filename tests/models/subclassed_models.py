"""A Keras 2.15 model that holds a nested model and a model that is a class of the user's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def classes(keras: Any) -> Mapping[str, Any]:
    """The user's classes: one that keeps layers in a list and under names that do not sort as they are made."""

    class Block(keras.Model):  # type: ignore[misc]
        def __init__(self, units: int, **options: Any) -> None:
            super().__init__(**options)
            self.units = units
            self.late = keras.layers.Dense(units, name="late")
            self.experts = [keras.layers.Dense(units, name=f"expert_{number}") for number in range(2)]
            self.early = keras.Sequential([keras.layers.Dense(units), keras.layers.BatchNormalization()])
            self.counted = keras.metrics.Mean(name="counted")

        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight(name="scale", shape=(self.units,), initializer="ones")
            super().build(input_shape)

        def call(self, inputs: Any) -> Any:
            x = self.early(inputs) * self.scale
            return self.late(self.experts[0](x) - self.experts[1](x))

        def get_config(self) -> dict[str, Any]:
            return {"units": self.units, "name": self.name}

        @classmethod
        def from_config(cls, config: Any) -> Any:
            return cls(**config)

    class Around(keras.Model):  # type: ignore[misc]
        """A graph with a layer and a weight beside it, called by names that are stored before and after its layers."""

        def __init__(self, units: int, **options: Any) -> None:
            x = keras.Input((units,))
            y = keras.layers.Dense(units, name="second")(keras.layers.Dense(units, name="first_within")(x))
            super().__init__(inputs=x, outputs=y, **options)
            self.units = units
            self.post, self.back = keras.layers.Dense(units, name="post"), keras.layers.Dense(units, name="back")
            self.gain = self.add_weight(name="gain", shape=(units,), initializer="ones")

        def call(self, inputs: Any, training: Any = None, mask: Any = None) -> Any:
            return self.post(super().call(inputs)) * self.gain - self.back(inputs)

        def get_config(self) -> dict[str, Any]:
            return {"units": self.units, "name": self.name}

        @classmethod
        def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
            return cls(**config)

    return {"Block": Block, "Around": Around}


def network(keras: Any, own: Mapping[str, Any]) -> Any:
    """A model in which all kernels have one shape, so that no shape tells that two are exchanged."""
    layers = keras.layers
    x, y = keras.Input((3,), name="x"), keras.Input((3,), name="y")
    inner = keras.Model(y, layers.Dense(3, name="deep")(layers.Dense(3, name="shallow")(y)), name="inner")
    z = own["Block"](3, name="block")(inner(layers.Dense(3, name="first")(x)))
    z = own["Around"](3, name="around")(z)
    return keras.Model(x, layers.Dense(3, name="last")(z), name="network")
