"""Our own definitions of what TensorFlow Addons computes at inference; Addons itself is discontinued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras2_to_runnable import ADDONS

_HALF = 0.5
_RRELU = (0.125 + 1 / 3) / 2


def objects() -> Mapping[str, Any]:
    """Every definition by its registered name, which is also what it calls itself."""
    definitions = {
        f"{ADDONS}{name}": value for name, value in {**_functions(), **_layers(), **_normalizations()}.items()
    }
    for name, definition in definitions.items():
        definition.__name__ = name
        definition.__module__ = "builtins"  # which a config names: nobody is to look them up in ours
    return definitions


def _functions() -> Mapping[str, Any]:
    import tensorflow as tf

    def shrunk(x: Any) -> Any:
        return tf.sign(x) * tf.nn.relu(tf.abs(x) - _HALF)

    def sparsemax(x: Any) -> Any:
        """The projection onto the simplex: what is above a threshold that makes the sum one."""
        falling = tf.sort(x, direction="DESCENDING")
        counts = tf.cast(tf.range(1, tf.shape(x)[-1] + 1), x.dtype)
        sums = tf.cumsum(falling, -1) - 1
        size = tf.reduce_sum(tf.cast(counts * falling > sums, tf.int32), -1, keepdims=True)
        return tf.nn.relu(x - tf.gather(sums, size - 1, batch_dims=len(x.shape) - 1) / tf.cast(size, x.dtype))

    return {
        "gelu": lambda x: tf.nn.gelu(x, approximate=True),
        "mish": lambda x: x * tf.tanh(tf.math.softplus(x)),
        "lisht": lambda x: x * tf.tanh(x),
        "tanhshrink": lambda x: x - tf.tanh(x),
        "softshrink": shrunk,
        "hardshrink": lambda x: tf.where(tf.abs(x) > _HALF, x, tf.zeros_like(x)),
        "snake": lambda x: x + (1 - tf.cos(2 * x)) / 2,
        "rrelu": lambda x: tf.nn.leaky_relu(x, _RRELU),
        "sparsemax": sparsemax,
    }


def _base(**keys: Any) -> Any:
    """A layer with these config keys and defaults, each of which is also an attribute."""
    import keras

    class Base(keras.layers.Layer):
        """Passes masks on, as most layers do."""

        def __init__(self, **options: Any) -> None:
            values = {key: options.pop(key, default) for key, default in keys.items()}
            super().__init__(**options)
            self.supports_masking = True
            for key, value in values.items():
                setattr(self, key, value)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), **{key: getattr(self, key) for key in keys}}

    return Base


def _layers() -> Mapping[str, Any]:
    import tensorflow as tf

    class GELU(_base(approximate=True)):  # type: ignore[misc]  # made at run time, as all of Keras is
        def call(self, x: Any) -> Any:
            return tf.nn.gelu(x, approximate=self.approximate)

    class Maxout(_base(num_units=None, axis=-1)):  # type: ignore[misc]
        """The largest of every `num_units`-th number along an axis."""

        def call(self, x: Any) -> Any:
            axis = self.axis % len(x.shape)
            sizes = [-1 if size is None else size for size in x.shape]
            sizes[axis : axis + 1] = [x.shape[axis] // self.num_units, self.num_units]
            return tf.reduce_max(tf.reshape(x, sizes), axis)

    class StochasticDepth(_base(survival_probability=0.5)):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            shortcut, residual = inputs
            return shortcut + self.survival_probability * residual

    class Sparsemax(_base(axis=-1)):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return _functions()["sparsemax"](x)

    layers = {"GELU": GELU, "Maxout": Maxout, "StochasticDepth": StochasticDepth, "Sparsemax": Sparsemax}
    for name, function in (("Average", tf.reduce_mean), ("Max", tf.reduce_max)):
        for rank in (1, 2, 3):
            layers[f"Adaptive{name}Pooling{rank}D"] = _pooling(rank, function)
    return layers


def _pooling(rank: int, function: Any) -> Any:
    """Adaptive pooling into `output_size` parts of equal size along every axis."""
    import tensorflow as tf

    class Pooling(_base(output_size=None, data_format="channels_last")):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            begin = 1 if self.data_format == "channels_last" else 2
            size = self.output_size
            wanted = size if isinstance(size, (list, tuple)) else [size] * rank
            sizes = [-1 if size is None else size for size in x.shape]
            for axis, parts in reversed(list(enumerate(wanted, begin))):
                sizes[axis : axis + 1] = [parts, x.shape[axis] // parts]
            return function(tf.reshape(x, sizes), [begin + 1 + 2 * axis for axis in range(rank)])

    return Pooling


def _normalizations() -> Mapping[str, Any]:
    import keras
    import tensorflow as tf

    affine = dict.fromkeys(f"{name}_{kind}" for name in ("beta", "gamma") for kind in ("regularizer", "constraint"))
    learned = {"learned_epsilon": False, "learned_epsilon_constraint": None}
    affine |= {"beta_initializer": "zeros", "gamma_initializer": "ones"}

    class GroupNormalization(keras.layers.GroupNormalization):
        pass

    class InstanceNormalization(keras.layers.GroupNormalization):
        """A group for each channel; Addons ignores `groups` in its config."""

        def __init__(self, **options: Any) -> None:
            super().__init__(**{**options, "groups": -1})

    class FilterResponseNormalization(_base(axis=(1, 2), epsilon=1e-6, **learned, **affine)):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.gamma = self.add_weight(name="gamma", shape=(1, 1, 1, shape[-1]))
            self.beta = self.add_weight(name="beta", shape=(1, 1, 1, shape[-1]))

        def call(self, x: Any) -> Any:
            squares = tf.reduce_mean(tf.square(x), self.axis, keepdims=True)
            return self.gamma * (x * tf.math.rsqrt(squares + abs(self.epsilon))) + self.beta

    class SpectralNormalization(keras.layers.Wrapper):
        """The wrapped layer at inference, whose kernel training has normalised."""

        def __init__(self, layer: Any, power_iterations: int = 1, **options: Any) -> None:
            super().__init__(layer, **options)
            self.power_iterations = power_iterations

        def build(self, shape: Any) -> None:
            super().build(shape)
            self.w = self.layer.kernel if hasattr(self.layer, "kernel") else self.layer.embeddings
            self.u = self.add_weight(name="sn_u", shape=(1, self.w.shape[-1]), trainable=False)

        def call(self, x: Any) -> Any:
            return self.layer(x)

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "power_iterations": self.power_iterations}

    return {
        "GroupNormalization": GroupNormalization,
        "InstanceNormalization": InstanceNormalization,
        "FilterResponseNormalization": FilterResponseNormalization,
        "SpectralNormalization": SpectralNormalization,
    }
