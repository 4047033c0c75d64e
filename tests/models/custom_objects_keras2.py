"""Classes and functions of a user's own for Keras 2; `custom_objects_keras3.py` has them for Keras 3."""

import keras
import tensorflow as tf


def bent(x):
    """An activation."""
    return x * tf.sigmoid(1.5 * x)


def apart(truth, answer):
    """A loss, and a metric."""
    return tf.reduce_mean(tf.abs(truth - answer))


def shrinking(w):
    """A regularizer."""
    return 0.01 * tf.reduce_sum(tf.abs(w))


def eighths(shape, dtype=None):
    """An initializer."""
    return tf.fill(shape, tf.constant(1 / 8, dtype or tf.float32))


def positive(w):
    """A constraint."""
    return w * tf.cast(w >= 0, w.dtype)


FixedDropout = keras.layers.Dropout


class Trained(keras.Model):
    """Overrides training alone, so its config lists its layers."""

    def train_step(self, data):
        return {"loss": tf.reduce_mean(self(data[0], training=True))}


class Chain(keras.Sequential):
    """The same of a Sequential."""

    def test_step(self, data):
        return {"loss": tf.reduce_mean(self(data[0]))}


class Doubled(keras.Model):
    """Computes more than its layers, and its config does not show it."""

    def call(self, inputs, training=None):
        return 2.0 * super().call(inputs, training=training)


class Counted(keras.Model):
    """Has a constructor of its own, so its config lists nothing."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.steps = 0


@keras.saving.register_keras_serializable(package="Mine")
def tidied(texts):
    return tf.strings.regex_replace(tf.strings.lower(texts), "<br />", ",")


def by_commas(texts):
    return tf.strings.split(texts, ",")


class Sevenths(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None, **_):
        return tf.fill(shape, tf.constant(1 / 7, dtype or tf.float32))

    def get_config(self):
        return {}


@keras.saving.register_keras_serializable(package="Mine")
class Projection(keras.layers.Layer):
    """Has Keras's own objects and a function in its config."""

    def __init__(self, units, kernel_initializer="glorot_uniform", activation=None, **options):
        super().__init__(**options)
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1], self.units), initializer=self.kernel_initializer)
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs):
        return self.activation(tf.matmul(inputs, self.w) + self.b)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "activation": keras.activations.serialize(self.activation),
        }


class Attention(keras.layers.Layer):
    """Called as a layer of Keras is."""

    def build(self, input_shape):
        self.query = self.add_weight(name="query", shape=(input_shape[-1],))
        super().build(input_shape)

    def call(self, inputs):
        weights = tf.nn.softmax(tf.tensordot(inputs, self.query, 1))
        return tf.reduce_sum(inputs * weights[..., None], 1)


class Sampling(keras.layers.Layer):
    """Draws at random whenever it is called, as in Keras's guide to variational autoencoders."""

    def call(self, inputs):
        mean, log_variance = inputs
        epsilon = tf.keras.backend.random_normal(shape=tf.shape(mean))
        return mean + tf.exp(0.5 * log_variance) * epsilon


class Leaky(keras.layers.Layer):
    """A cell."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.units))
        super().build(input_shape)

    def call(self, inputs, states):
        state = tf.tanh(tf.matmul(inputs, self.kernel) + 0.5 * states[0])
        return state, [state]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class Mixture(keras.layers.Layer):
    """Keeps layers in an attribute, in a list and in a dictionary, none of which is in its config."""

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
    """Has another layer in its config."""

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
