"""Functions that build models, as a user gives them for weights alone, good and bad; each worker runs this file."""

import keras

layers = keras.layers
VERSION = keras.__version__.split(".")[0]


def _only_keras_3():
    if VERSION == "2":
        raise RuntimeError("made for Keras 3")


def reader():
    """Builds in both; its layers have other numbers than those that were saved."""
    x = inputs = keras.Input((6, 5))
    x = layers.Bidirectional(layers.GRU(4, return_sequences=True))(x)
    x = layers.GRU(4, return_sequences=True)(x)
    x = layers.LSTM(3)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(7, activation="relu")(x)
    x = layers.Dense(7, activation="tanh")(x)
    return keras.Model(inputs, layers.Dense(2)(x))


def cells():
    """The same of cells, and for Keras 3 alone."""
    _only_keras_3()
    x = inputs = keras.Input((6, 5))
    x = layers.Bidirectional(layers.RNN(layers.GRUCell(4), return_sequences=True))(x)
    x = layers.RNN(layers.GRUCell(4), return_sequences=True)(x)
    x = layers.RNN(layers.LSTMCell(3))(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dense(7, activation="relu")(x)
    x = layers.Dense(7, activation="tanh")(x)
    return keras.Model(inputs, layers.Dense(2)(x))


def recurrent():
    """For weights of CuDNNGRU and CuDNNLSTM."""
    inputs = keras.Input((6, 5))
    x = layers.GRU(4, return_sequences=True, reset_after=True)(inputs)
    return keras.Model(inputs, layers.LSTM(3)(x))


def gru_cell():
    inputs = keras.Input((6, 5))
    return keras.Model(inputs, layers.RNN(layers.GRUCell(4))(inputs))


def halves():
    inputs = keras.Input((6, 5))
    up = layers.GRU(4, go_backwards=True, name="from_the_end")(inputs)
    down = layers.GRU(4, name="from_the_start")(inputs)
    return keras.Model(inputs, [up, down])


def pointwise():
    inputs = keras.Input((3, 3, 5))
    return keras.Model(inputs, layers.Conv2D(4, 1)(inputs))


def twins():
    """Two layers of one shape, whose names say nothing."""
    x = inputs = keras.Input((3,))
    x = layers.Dense(3, name="north")(x)
    return keras.Model(inputs, layers.Dense(3, name="south")(x))


def nested():
    """What of a model is called how: models in models, wrappers, cells in lists, parts of a layer."""
    inner = keras.Sequential([keras.Input((5, 6)), layers.Dense(4), layers.Dense(4)], name="inner")
    x = inputs = keras.Input((5, 4))
    x = layers.RNN([layers.GRUCell(3), layers.LSTMCell(3)], return_sequences=True)(x)
    x = layers.TimeDistributed(layers.Dense(6))(x)
    x = inner(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.Dropout(0.5)(x)
    x = layers.Dense(4)(x)
    return keras.Model(inputs, layers.DepthwiseConv1D(3)(x))


def raises():
    raise RuntimeError("no such network")


def wants_an_argument(units):
    return units


def returns_a_layer():
    return layers.Dense(3)


def is_not_built():
    return keras.Sequential([layers.Dense(3)])


def with_a_lambda():
    inputs = keras.Input((3,))
    return keras.Model(inputs, layers.Lambda(lambda x: x * 2)(layers.Dense(3)(inputs)))


class Own(keras.Model):
    """A class of the user's own."""

    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(3), layers.Dense(2)

    def call(self, x):
        return self.second(self.first(x))


class Gate(layers.Layer):
    """A layer of the user's own."""

    def build(self, shape):
        self.gate = self.add_weight(name="gate", shape=(shape[-1],))
        self.built = True

    def call(self, x):
        return x * self.gate


class Scaled(keras.Model):
    """Weights everywhere: its own, those of a layer, of a model within, and of a layer of the user's."""

    def __init__(self):
        super().__init__()
        self.first = layers.Dense(6)
        self.inner = keras.Sequential([keras.Input((6,)), layers.Dense(4), layers.Dense(3)], name="inner")
        self.own = Gate()
        self.scale = self.add_weight(name="scale", shape=(6,))

    def call(self, x):
        return self.own(self.inner(self.first(x) * self.scale))


def scaled():
    model = Scaled()
    model(keras.ops.zeros((1, 5)))
    return model


def one_of_two():
    """One of two models that a file may hold, and nothing but names of layers that Keras counts."""
    return keras.Sequential([keras.Input((3,)), layers.Dense(3), layers.Dense(3)])


def both():
    """Two models in one, by the names of the attributes that a class may have them in."""
    x = inputs = keras.Input((3,))
    for name in ("encoder", "decoder"):
        inner = [keras.Input((3,)), layers.Dense(3), layers.Dense(3)]
        x = keras.Sequential(inner, name=name)(x)
    return keras.Model(inputs, x)


def of_a_class():
    model = Own()
    model(keras.ops.zeros((1, 3)))
    return model
