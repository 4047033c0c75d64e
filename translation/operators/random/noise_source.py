"""The noise of random functions: uniform numbers that are drawn anew whenever the model runs.

Every layer of Keras 3 that draws does so in training alone, whatever its call says. The one operation that always
draws, from the generator of `keras.random`, is `keras.ops.image.elastic_transform`, and it needs a shape known before.
So it draws a key of a few numbers, and the numbers of a tensor are the hashes of their places under this key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from translation.operators import constants, sizes
from translation.operators.tensor_shapes import ones_along

# How much steeper the slope is than its distortion.
_SCALE = 8.0
# The finaliser "lowbias32" of Chris Wellons, as shifts and factors of int32, whose products wrap around.
_ROUNDS = ((16, 0x7FEB352D), (15, 0x846CA68B - (1 << 32)))
_BITS = 23

DRAWN = (
    "its noise is drawn by the generator of keras.random, anew whenever the model runs: other numbers than Keras 2 "
    "draws, of the same distribution; keras.utils.set_random_seed fixes them, a seed in the file does not; predict on "
    "JAX, which compiles, cannot draw them, a call of the model can"
)
"""For the report."""


@dataclass
class NoiseSource:
    """The noise of one old layer, with a small model for each draw, in order; `near` is a tensor of the same graph.

    `name` is that of the layer, or nothing where the models stand inside what has its name.
    """

    name: str
    near: Any
    models: list[Any] = field(default_factory=list)

    def uniform(self, shape: Any) -> Any:
        """Numbers between 0 and 1, both excluded, in a shape of integers and sizes."""
        import keras

        target = [sizes.resolved(size) for size in sizes.flat(shape)]
        if not target:
            return keras.ops.reshape(self.uniform([1]), ())
        places = self._places(target)
        places_in = keras.Input(batch_shape=places.shape, dtype="int32")
        name = source_name(self.name, len(self.models))
        self.models.append(keras.Model(places_in, _uniform(places_in), name=name))
        return self.models[-1](places)

    def _places(self, target: list[Any]) -> Any:
        """A tensor of this shape that the graph computes."""
        from keras import ops

        from translation.operators.arrays.joining import grid

        if sizes.is_dynamic(target):
            return grid(target)
        return ops.broadcast_to(constants.zero(self.near), target)


def source_name(layer: str, index: int) -> str:
    """The name of the small model that draws noise for a layer."""
    own = f"{layer.replace('/', '_')}_noise".lstrip("_")
    return f"{own}_{index}" if index else own


def _uniform(places: Any) -> Any:
    from keras import ops

    key = _key(places)
    bits = _mixed(_along(places, 0) + key[0])
    for axis in range(1, len(places.shape)):
        bits = _mixed(ops.subtract(ops.expand_dims(bits, -1), _mixed(_along(places, axis) + key[axis])))
    return (ops.cast(_shifted(bits, 32 - _BITS), "float32") + 0.5) * 2.0**-_BITS


def _along(places: Any, axis: int) -> Any:
    from keras import ops

    return ops.cumsum(ones_along(places, axis))


def _key(places: Any) -> Any:
    """Whole numbers from the generator of `keras.random`: a slope, distorted at random, of which the middle is read.

    Slightly distorted, the middle of (-8, 0, 8) is a standard normal number.
    """
    from keras import ops

    count = max(2, len(places.shape))
    slope = np.tile(np.array([-_SCALE, 0.0, _SCALE], "float32").reshape(1, 1, 3, 1), (1, count, 1, 1))
    picture = ops.cast(constants.zero(places), "float32") + slope
    distorted = ops.image.elastic_transform(
        picture, alpha=1.0, sigma=1 / _SCALE, interpolation="bilinear", fill_mode="nearest", data_format="channels_last"
    )
    return ops.cast(distorted[0, :, 1, 0] * 2.0**27, "int32")


def _mixed(number: Any) -> Any:
    from keras import ops

    for shift, factor in _ROUNDS:
        number = ops.bitwise_xor(number, _shifted(number, shift)) * factor
    return ops.bitwise_xor(number, _shifted(number, 16))


def _shifted(number: Any, count: int) -> Any:
    """The bits of int32 to the right, and zeros after them."""
    from keras import ops

    places, mask = (ops.convert_to_tensor(value, "int32") for value in (count, (1 << (32 - count)) - 1))
    return ops.bitwise_and(ops.bitwise_right_shift(number, places), mask)
