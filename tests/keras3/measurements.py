"""What a quiet change costs: the figures of `docs/what-changed.md`, one function for each `SilentChange` that names it.

A measurement gets Keras 2 as `old` and Keras 3 as `new`, and returns its figures in the order of the page.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Figures = tuple[Any, ...]

# Two sequences of ids: the first ends in padding.
PADDED, WHOLE = np.array([[1, 2, 0]]), np.array([[3, 4, 8]])
TINY = np.array([[2.5e-7]], "float32")
IMAGE = (np.arange(64) * 37 % 256).reshape(1, 8, 8, 1).astype("uint8")


# How to ask both


def in_both(old: Any, new: Any, build: Callable[[Any], Any], *inputs: Any) -> list[np.ndarray]:
    """What a layer, model or function that is written alike answers in each; its weights are the same."""
    return [answer(build(keras), *inputs) for keras in (old, new)]


def from_file(new: Any, model: Any, *inputs: Any) -> list[np.ndarray]:
    """What a model of Keras 2 answers, and what stock Keras 3 makes of its file; no warning of either tells of it."""
    fill(model)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(Path(folder) / "model.h5")
        return [answer(each, *inputs) for each in (model, new.saving.load_model(Path(folder) / "model.h5"))]


def answer(made: Any, *inputs: Any) -> np.ndarray:
    """The first output at inference."""
    given = [*inputs] if len(inputs) > 1 else inputs[0]
    if not hasattr(made, "get_weights"):
        return np.asarray(made(given))
    made(given, training=False)
    fill(made)
    outputs = made(given, training=False)
    return np.asarray(outputs[0] if isinstance(outputs, (list, tuple)) else outputs)


def fill(made: Any) -> None:
    """Weights without order between -1 and 1, the same everywhere; what has initial values of its own keeps them."""
    if getattr(made, "name", "") != "as_it_is":
        made.set_weights([spread(weight.shape) for weight in made.get_weights()])


def spread(shape: Sequence[int]) -> np.ndarray:
    count = np.arange(1, np.prod(shape, dtype=int) + 1)
    return (count * 0.618 % 1 * 2 - 1).reshape(shape).astype("float32")


def apart(pair: Sequence[np.ndarray]) -> float:
    """The largest difference."""
    return float(np.max(np.abs(pair[0] - pair[1])))


def size(pair: Sequence[np.ndarray]) -> Figures:
    """The sum of each answer."""
    return tuple(float(np.sum(each)) for each in pair)


def dtypes(pair: Sequence[np.ndarray]) -> Figures:
    return tuple(str(each.dtype) for each in pair)


def of_one(keras: Any, layer: Any, *shape: int | None, dtype: str = "float32") -> Any:
    """A model of one layer, whose weights are what the layer was given."""
    return keras.Sequential([keras.Input(shape, dtype=dtype), layer], name="as_it_is")


def words(keras: Any) -> Any:
    """An Embedding that gives each id as a number, and a mask."""
    table = keras.initializers.Constant(np.arange(10.0)[:, None])
    return keras.layers.Embedding(10, 1, mask_zero=True, embeddings_initializer=table)


def mean_of(layer: str) -> Callable[[Any], Any]:
    """Two sequences of words, merged, and the mean over what the mask keeps."""

    def build(keras: Any) -> Any:
        inputs = [keras.Input((3,)), keras.Input((3,))]
        merged = getattr(keras.layers, layer)()([words(keras)(x) for x in inputs])
        return keras.Model(inputs, keras.layers.GlobalAveragePooling1D()(merged), name="as_it_is")

    return build


# Layers and activations


def hard_sigmoid(old: Any, new: Any) -> Figures:
    def gates(name: str) -> Callable[[Any], Any]:
        return lambda keras: getattr(keras.layers, name)(2, recurrent_activation="hard_sigmoid")

    alone = from_file(new, of_one(old, old.layers.Activation("hard_sigmoid"), 1), np.linspace(-4, 4, 161)[:, None])
    steps = 3 * spread((4, 3, 2))
    return apart(alone), *(apart(in_both(old, new, gates(name), steps)) for name in ("GRU", "LSTM"))


def gates_of_convolutions(old: Any, new: Any) -> Figures:
    film = 3 * spread((1, 3, 4, 4, 1))
    anew = in_both(old, new, lambda keras: keras.layers.ConvLSTM2D(2, 2), film)
    named = in_both(old, new, lambda keras: keras.layers.ConvLSTM2D(2, 2, recurrent_activation="hard_sigmoid"), film)
    return apart(anew), apart(named)


def axes_of_softmax(old: Any, new: Any) -> Figures:
    return size(from_file(new, of_one(old, old.layers.Softmax([1, 2]), 2, 2), np.ones((1, 2, 2), "float32")))


def axes_of_unit_normalization(old: Any, new: Any) -> Figures:
    model = of_one(old, old.layers.UnitNormalization([1, 2]), 2, 2)
    return tuple(float(each[0, 0, 0]) for each in from_file(new, model, np.ones((1, 2, 2), "float32")))


def axes_of_layer_normalization(old: Any, new: Any) -> Figures:
    model = of_one(old, old.layers.LayerNormalization([1, 2], center=False, scale=False), 2, 2)
    found = from_file(new, model, np.array([[[1.0, 2.0], [3.0, 4.0]]], "float32"))
    return tuple(float(each[0, 0, 0]) for each in found)


def masked_softmax(old: Any, new: Any) -> Figures:
    def build(keras: Any) -> Any:
        return lambda x: keras.layers.Softmax()(x, mask=np.zeros((1, 4), bool))

    return tuple(float(each[0, 0]) for each in in_both(old, new, build, spread((1, 4))))


def merged_masks(old: Any, new: Any) -> Figures:
    names = ("Add", "Maximum", "Minimum", "Multiply")
    return sum((size(from_file(new, mean_of(name)(old), PADDED, WHOLE)) for name in names), ())


def misplaced_summands(old: Any, new: Any) -> Figures:
    summands = np.ones((1, 3, 1), "float32"), np.ones((1, 1, 3), "float32")
    return tuple(str(answer(keras.layers.Add(), *summands).shape) for keras in (old, new))


def concatenated_masks(old: Any, new: Any) -> Figures:
    before, after = in_both(old, new, mean_of("Concatenate"), PADDED, WHOLE)
    return tuple(map(float, (before[0, 0], after[0, 0], before[0, 1], after[0, 1])))


def dot_of_short_vectors(old: Any, new: Any) -> Figures:
    inputs = [old.Input((1,)), old.Input((1,))]
    return size(from_file(new, old.Model(inputs, old.layers.Dot(-1, normalize=True)(inputs)), TINY, TINY))


def short_vectors(old: Any, new: Any) -> Figures:
    return size(from_file(new, of_one(old, old.layers.UnitNormalization(), 1), TINY))


def large_mean(old: Any, new: Any) -> Figures:
    x = np.array([[1000, 1000 + 2**-10]], "float32")
    return tuple(float(each[0, 1]) for each in from_file(new, of_one(old, old.layers.LayerNormalization(), 2), x))


def nan_below_a_threshold(old: Any, new: Any) -> Figures:
    x = np.array([[np.nan]], "float32")
    return tuple(float(each[0, 0]) for each in from_file(new, of_one(old, old.layers.ReLU(threshold=0.5), 1), x))


def moving_variance(old: Any, new: Any) -> Figures:
    before, after = (keras.layers.BatchNormalization(momentum=0.0) for keras in (old, new))
    for layer in (before, after):
        layer(spread((2, 2, 2, 1)), training=True)
    return (float(before.moving_variance[0] / after.moving_variance[0]),)


def training_in_the_call(old: Any, new: Any) -> Figures:
    x = old.Input((1,))
    model = old.Model(x, old.layers.BatchNormalization()(x, training=True), name="as_it_is")
    return tuple(float(each[0, 0]) for each in from_file(new, model, np.array([[1.0], [3.0]], "float32")))


def spectral_normalization(old: Any, new: Any) -> Figures:
    """tf_keras cannot build the layer on this TensorFlow: the first figure is measured in `tests/keras2`."""
    halves = new.layers.Embedding(3, 1, embeddings_initializer=new.initializers.Constant(0.5))
    after = new.layers.SpectralNormalization(halves)(np.array([[1]]), training=False)
    return 0.5, float(np.asarray(after)[0, 0])


def mask_of_steps(old: Any, new: Any) -> Figures:
    def build(keras: Any) -> Any:
        x, layers = keras.Input((1, 3)), keras.layers
        each = layers.TimeDistributed(words(keras))(x)
        return keras.Model(x, layers.TimeDistributed(layers.GlobalAveragePooling1D())(each), name="as_it_is")

    return size(in_both(old, new, build, PADDED[None]))


def mask_beside_states(old: Any, new: Any) -> Figures:
    def build(keras: Any) -> Any:
        ids, state = keras.Input((3,)), keras.Input((2,))
        return keras.Model([ids, state], keras.layers.GRU(2)(words(keras)(ids), initial_state=state))

    return (apart(in_both(old, new, build, PADDED, np.ones((1, 2), "float32"))),)


def time_major(old: Any, new: Any) -> Figures:
    x = spread((5, 2, 3))
    before, after = old.layers.LSTM(2, time_major=True)(x), new.layers.LSTM(2)(x)
    return tuple(before.shape), tuple(after.shape)


# Attention


def attending(mask: Any = None, *, scores: bool = False, **options: Any) -> Callable[[Any], Any]:
    """Self-attention, at once filled and called."""

    def build(keras: Any) -> Any:
        layer = keras.layers.MultiHeadAttention(1, 2, **options)
        return lambda x: np.asarray(self_attention(layer, x, mask, scores))

    return build


def self_attention(layer: Any, x: Any, mask: Any = None, scores: bool = False) -> Any:
    layer(x, x)
    fill(layer)
    outputs = (
        layer(x, x, attention_mask=mask, return_attention_scores=True) if scores else layer(x, x, attention_mask=mask)
    )
    return outputs[1] if scores else outputs


def masked_attention(old: Any, new: Any) -> Figures:
    x, mask = spread((2, 3, 4)), np.zeros((2, 3, 3), bool)
    scores = in_both(old, new, attending(mask, scores=True), x)
    outputs = in_both(old, new, attending(mask, dropout=0.1), x)
    return *(float(each[0, 0, 0, 0]) for each in scores), apart(outputs)


def negative_attention_axes(old: Any, new: Any) -> Figures:
    return (apart(in_both(old, new, attending(attention_axes=(-2,)), spread((1, 2, 3, 4)))),)


def attention_axes_of_sequences(old: Any, new: Any) -> Figures:
    return (apart(in_both(old, new, attending(attention_axes=(0,)), spread((2, 3, 4)))),)


def attention_penalty(old: Any, new: Any) -> Figures:
    layers = [keras.layers.MultiHeadAttention(1, 2, activity_regularizer="l2") for keras in (old, new)]
    for layer in layers:
        self_attention(layer, spread((2, 3, 4)))
    return tuple(float(sum(layer.losses)) for layer in layers)


# Preprocessing


def id_out_of_range(old: Any, new: Any) -> Figures:
    ids = np.array([[1, 5]])
    try:
        before = str(old.layers.CategoryEncoding(3)(ids))
    except Exception as error:  # noqa: BLE001  (which one is the figure)
        before = type(error).__name__
    return before, " ".join(f"{number:.0f}" for number in np.ravel(new.layers.CategoryEncoding(3)(ids)))


def dtype_of_bins(old: Any, new: Any) -> Figures:
    return dtypes(in_both(old, new, lambda keras: keras.layers.Discretization([0.0]), spread((1, 3))))


def bins_in_a_graph(old: Any, new: Any) -> Figures:
    x = np.array([[-0.5]], "float32")

    def binned(keras: Any) -> Any:
        layer = keras.layers.Discretization([-1.0, 0.0, 1.0], dtype="int64")
        return keras.Sequential([keras.Input((1,)), layer]).predict(x, verbose=0)

    return tuple(int(binned(keras)[0, 0]) for keras in (old, new))


def dtype_of_counts(old: Any, new: Any) -> Figures:
    def build(keras: Any) -> Any:
        return keras.layers.IntegerLookup(vocabulary=[5, 6], output_mode="multi_hot")

    return dtypes(in_both(old, new, build, np.array([[5, 7]])))


def dtype_of_images(old: Any, new: Any) -> Figures:
    return dtypes(from_file(new, of_one(old, old.layers.RandomContrast(0.5), 8, 8, 1, dtype="uint8"), IMAGE))


def resized_integers(old: Any, new: Any) -> Figures:
    model = of_one(old, old.layers.Resizing(16, 16, dtype="uint8"), 8, 8, 1, dtype="uint8")
    before, after = from_file(new, model, IMAGE)
    moved = after.astype(int) - before
    return float(np.mean(moved != 0) * 100), int(np.max(moved))


def cropped_image(old: Any, new: Any) -> Figures:
    found = from_file(new, of_one(old, old.layers.RandomCrop(4, 4), 8, 6, 1), spread((1, 8, 6, 1)))
    return tuple(each.shape[1:3] for each in found)


# Training


def certain_and_wrong(old: Any, new: Any) -> Figures:
    truth, prediction = np.ones((1, 1), "float32"), np.zeros((1, 1), "float32")
    plain, focal = (
        tuple(float(getattr(keras.losses, name)()(truth, prediction)) for keras in (old, new))
        for name in ("BinaryCrossentropy", "BinaryFocalCrossentropy")
    )
    np.testing.assert_allclose(plain, focal)
    return plain


def similarity_of_short_vectors(old: Any, new: Any) -> Figures:
    return tuple(float(keras.losses.CosineSimilarity()(TINY, TINY)) for keras in (old, new))


def ranks_of_a_loss(old: Any, new: Any) -> Figures:
    truth, prediction = np.array([1.0, 2, 3], "float32"), np.array([[1.0], [2], [4]], "float32")
    return tuple(float(keras.losses.MeanSquaredError()(truth, prediction)) for keras in (old, new))


def decay(old: Any, new: Any) -> Figures:
    import tensorflow as tf

    variables = tf.Variable(1.0), new.Variable(1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        optimizers = old.optimizers.legacy.SGD(0.1, decay=1.0), new.optimizers.SGD(0.1, decay=1.0)
    for optimizer, variable in zip(optimizers, variables):
        for _ in range(3):
            optimizer.apply_gradients([(tf.constant(1.0), variable)])
    return tuple(float(variable.numpy()) for variable in variables)


def slots(old: Any, new: Any) -> Figures:
    model = of_one(old, old.layers.Dense(1), 2)
    model.compile("adam", "mean_squared_error")
    model.fit(spread((4, 2)), spread((4, 1)), verbose=0)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save(Path(folder) / "model.h5")
        loaded = new.saving.load_model(Path(folder) / "model.h5")
    try:
        loaded.fit(spread((4, 2)), spread((4, 1)), verbose=0)
    except ValueError:
        return len(model.optimizer.variables), len(loaded.optimizer.variables)
    raise AssertionError("training goes on")


def metrics_of_outputs(old: Any, new: Any) -> Figures:
    def metrics(keras: Any) -> int:
        x = keras.Input((2,))
        model = keras.Model(x, [keras.layers.Dense(1, name=name)(x) for name in ("a", "b")])
        losses, wanted = ["mean_squared_error"] * 2, ["mean_absolute_error", "mean_squared_error"]
        model.compile("sgd", losses, metrics=wanted)
        found = model.train_on_batch(spread((4, 2)), [spread((4, 1))] * 2, return_dict=True)
        return sum("absolute" in name or "squared" in name for name in found)

    return metrics(old), metrics(new)


def id_twice(old: Any, new: Any) -> Figures:
    ids, truth = np.array([[1, 2, 2, 0], [2, 3, 1, 1]]), np.array([[1.0], [0.0]], "float32")

    def loss(keras: Any) -> float:
        layers = [keras.layers.Embedding(6, 3), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
        model = keras.Sequential([keras.Input((4,), dtype="int32"), *layers])
        fill(model)
        model.compile(keras.optimizers.Adam(0.05), keras.losses.MeanSquaredError())
        return [float(model.train_on_batch(ids, truth)) for _ in range(5)][-1]

    return loss(old), loss(new)


def first_average(old: Any, new: Any) -> Figures:
    import tensorflow as tf

    def average(keras: Any, variable: Any) -> float:
        optimizer = keras.optimizers.SGD(1.0, use_ema=True)
        optimizer.build([variable])
        optimizer.apply_gradients([(tf.constant(1.0), variable)])
        return float(optimizer._model_variables_moving_average[0].numpy())

    return average(old, tf.Variable(1.0)), average(new, new.Variable(1.0))


def epsilon_of_a_root(old: Any, new: Any) -> Figures:
    return after_steps(old.optimizers.legacy.RMSprop, new.optimizers.RMSprop, 0.0, [1e-4], 0.001)


def schedule_of_nadam(old: Any, new: Any) -> Figures:
    slopes = [1.0 if step % 2 == 0 else -1.0 for step in range(9)]
    return after_steps(old.optimizers.legacy.Nadam, new.optimizers.Nadam, 1.0, slopes, 0.1)


def after_steps(before: Any, after: Any, start: float, slopes: Sequence[float], rate: float) -> Figures:
    """Where a number is after steps along these slopes."""
    import keras
    import tensorflow as tf

    variables = tf.Variable(start), keras.Variable(start)
    for make, variable in zip((before, after), variables):
        optimizer = make(rate)
        for slope in slopes:
            optimizer.apply_gradients([(tf.constant(slope), variable)])
    return tuple(float(np.abs(variable.numpy())) for variable in variables)


def rows_of_a_batch(old: Any, new: Any) -> Figures:
    import tensorflow as tf

    weights = tf.Variable([[1.0], [1.0]]), new.Variable([[1.0], [1.0]])
    optimizers = old.optimizers.legacy.SGD(0.1, momentum=0.9), new.optimizers.SGD(0.1, momentum=0.9)
    for optimizer, weight in zip(optimizers, weights):
        for row in (0, 1):
            slices = tf.IndexedSlices(tf.constant([[1.0]]), tf.constant([row]), tf.constant([2, 1]))
            optimizer.apply_gradients([(slices, weight)])
    return tuple(float(weight.numpy()[0, 0]) for weight in weights)


def delta_of_huber(old: Any, new: Any) -> Figures:
    truth, prediction = np.array([[0.0]], "float32"), np.array([[10.0]], "float32")
    loss = old.losses.Huber(0.5)
    saved = new.saving.serialize_keras_object(new.losses.Huber(0.5))
    return float(loss(truth, prediction)), float(new.saving.deserialize_keras_object(saved)(truth, prediction))


def mask_of_a_metric(old: Any, new: Any) -> Figures:
    def recall(keras: Any) -> float:
        model = keras.Sequential([keras.Input((2, 1)), keras.layers.Masking()])
        model.compile("sgd", keras.losses.MeanSquaredError(), metrics=[keras.metrics.Recall(name="it")])
        given, truth = np.array([[[1.0], [0.0]]]), np.array([[[1.0], [1.0]]])
        return float(model.evaluate(given, truth, verbose=0, return_dict=True)["it"])

    return recall(old), recall(new)


def ignored_class(old: Any, new: Any) -> Figures:
    def mean(keras: Any) -> float:
        metric = keras.metrics.SparseCategoricalCrossentropy(ignore_class=1)
        metric.update_state(np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.5]], "float32"))
        return float(metric.result())

    return mean(old), mean(new)


def weighted_iou(old: Any, new: Any) -> Figures:
    """Two samples of one class and one of the other; the second is taken for the other."""

    def of(metric: Any) -> float:
        metric.update_state([0, 0, 1], [0, 1, 1], sample_weight=np.array([1.5, 1.5, 0.75], "float32"))
        return float(metric.result())

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are passing weight as `float`", UserWarning)
        return of(old.metrics.MeanIoU(2)), of(new.metrics.MeanIoU(2))


def lion(old: Any, new: Any) -> Figures:
    return tuple(float(keras.optimizers.Lion().learning_rate) for keras in (old, new))


def nadam(old: Any, new: Any) -> Figures:
    def loss(keras: Any, **options: Any) -> float:
        model = of_one(keras, keras.layers.Dense(1), 2)
        fill(model.layers[-1])
        model.compile(keras.optimizers.Nadam(0.1), keras.losses.MeanSquaredError(), **options)
        found = model.fit(spread((8, 2)), spread((8, 1)), batch_size=8, epochs=4, shuffle=False, verbose=0)
        return float(found.history["loss"][-1])

    return loss(old), loss(new, jit_compile=False)


def frozen_weights(old: Any, new: Any) -> Figures:
    def model(keras: Any, *, frozen: bool) -> Any:
        layers = [keras.layers.Dense(2, use_bias=False, trainable=not frozen), keras.layers.Dense(2, use_bias=False)]
        return of_one(keras, keras.Sequential([keras.Input((2,)), *layers]), 2)

    saved, loaded = model(old, frozen=False), [model(keras, frozen=True) for keras in (old, new)]
    saved.set_weights([np.array([[1.0, 2], [3, 4]]), np.array([[0.0, 1], [2, 0]])])
    with tempfile.TemporaryDirectory() as folder:
        saved.save_weights(Path(folder) / "weights.h5")
        for each in loaded:
            each.load_weights(Path(folder) / "weights.h5")
    answers = [float(np.asarray(each(np.ones((1, 2), "float32")))[0, 0]) for each in (saved, *loaded)]
    assert answers[1] == answers[2]
    return answers[0], answers[2]
