"""The classes and functions of `custom_objects_keras2.py` for Keras 3, some with weights that are called otherwise."""

import keras
import tensorflow as tf
from keras import ops


def bent(x):
    return x * ops.sigmoid(1.5 * x)


def apart(truth, answer):
    """A loss, and a metric."""
    return ops.mean(ops.abs(truth - answer))


def shrinking(w):
    return 0.01 * ops.sum(ops.abs(w))


def eighths(shape, dtype=None):
    return ops.full(shape, 1 / 8, dtype or "float32")


def positive(w):
    return w * ops.cast(w >= 0, w.dtype)


FixedDropout = keras.layers.Dropout


@keras.saving.register_keras_serializable(package="Mine")
def tidied(texts):
    return tf.strings.regex_replace(tf.strings.lower(texts), "<br />", ",")


def by_commas(texts):
    return tf.strings.split(texts, ",")


class Sevenths(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return ops.full(shape, 1 / 7, dtype or "float32")

    def get_config(self):
        return {}


@keras.saving.register_keras_serializable(package="Mine")
class Projection(keras.layers.Layer):
    def __init__(self, units, kernel_initializer="glorot_uniform", activation=None, **options):
        super().__init__(**options)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        # In another order, and under other names.
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        shape = (input_shape[-1], self.units)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=self.kernel_initializer)

    def call(self, inputs):
        return self.activation(ops.matmul(inputs, self.kernel) + self.bias)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "activation": keras.activations.serialize(self.activation),
        }


class Attention(keras.layers.Layer):
    def build(self, input_shape):
        self.query = self.add_weight(name="query", shape=(input_shape[-1],))

    def call(self, inputs):
        weights = ops.softmax(ops.tensordot(inputs, self.query, 1))
        return ops.sum(inputs * weights[..., None], 1)


class Sampling(keras.layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        mean, log_variance = inputs
        epsilon = keras.random.normal(shape=ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * epsilon


class Leaky(keras.layers.Layer):
    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))

    def call(self, inputs, states):
        state = ops.tanh(ops.matmul(inputs, self.kernel) + 0.5 * states[0])
        return state, [state]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Mixture(keras.layers.Layer):
    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units
        self.first = keras.layers.Dense(units, "tanh")
        self.experts = [keras.layers.Dense(units) for _ in range(2)]
        self.gates = {"low": keras.layers.Dense(1), "high": keras.layers.Dense(1, use_bias=False)}

    def call(self, inputs):
        x = self.first(inputs)
        return self.experts[0](x) * self.gates["low"](x) + self.experts[1](x) * self.gates["high"](x)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Residual(keras.layers.Layer):
    def __init__(self, layer, **options):
        super().__init__(**options)
        self.layer = layer

    def call(self, inputs):
        return inputs + self.layer(inputs)

    def get_config(self):
        return {**super().get_config(), "layer": keras.layers.serialize(self.layer)}

    @classmethod
    def from_config(cls, config):
        return cls(layer=keras.layers.deserialize(config.pop("layer")), **config)
