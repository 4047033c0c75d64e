"""Keras 2.15 models of every shape a graph can have; `topologies.py FOLDER [NAME ...]` saves them as
`NAME.h5`.

Only the keras2 environment can import Keras 2, so everything of it is imported inside functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.models.saving import build_quickly

MODELS: dict[str, Callable[[Any], Any]] = {}


def model(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register a function from the keras module to a model under its own name."""
    MODELS[build.__name__] = build
    return build


@model
def shared_layer_three_times(keras: Any) -> Any:
    dense = keras.layers.Dense(4, activation="tanh")
    a, b = keras.Input((4,)), keras.Input((4,))
    return keras.Model([a, b], [dense(dense(a)), keras.layers.Add()([dense(b), a])])


@model
def nested_three_deep(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((5,))
    innermost = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(4)], name="innermost"
    )
    y = keras.Input((5,))
    middle = keras.Model(y, innermost(layers.Dense(4)(y)), name="middle")
    return keras.Model(x, layers.Dense(2)(middle(x)))


@model
def inner_model_twice(keras: Any) -> Any:
    layers = keras.layers
    i = keras.Input((4,))
    inner = keras.Model(i, layers.Dense(4)(layers.BatchNormalization()(i)), name="inner")
    x = keras.Input((4,))
    return keras.Model(x, layers.Concatenate()([inner(x), inner(inner(x)), layers.Dense(2)(x)]))


@model
def inner_with_an_ellipsis(keras: Any) -> Any:
    x = keras.Input((3, 4))
    inner = keras.Model(x, x[..., 1:3], name="inner")
    y = keras.Input((3, 4))
    outer = keras.Sequential([keras.Input((3, 4)), inner], name="outer")
    return keras.Model(y, keras.layers.Concatenate()([inner(y), outer(y), y[..., :1]]))


@model
def channels_first_in_all_dimensions(keras: Any) -> Any:
    """A softmax is along the last axis there, which is not that of the channels."""
    layers, first = keras.layers, {"data_format": "channels_first"}
    lines, boxes = keras.Input((2, 8)), keras.Input((2, 3, 4, 5))
    each = keras.layers.Reshape((2, 2, 4))(lines)
    return keras.Model(
        [lines, boxes],
        [
            layers.Conv1DTranspose(3, 2, activation="softmax", **first)(lines),
            layers.DepthwiseConv1D(2, activation="tanh", **first)(lines),
            layers.TimeDistributed(layers.Conv1D(3, 2, activation="softmax", **first))(each),
            layers.Conv3DTranspose(3, 2, strides=2, padding="same", **first)(boxes),
        ],
    )


@model
def inner_with_several_outputs(keras: Any) -> Any:
    layers = keras.layers
    i, j = keras.Input((4,)), keras.Input((3,))
    inner = keras.Model([i, j], [layers.Dense(2)(i), layers.Dense(3)(j), layers.Concatenate()([i, j])], name="inner")
    x, y = keras.Input((4,)), keras.Input((3,))
    first, second, third = inner([x, y])
    return keras.Model([x, y], [layers.Dense(1)(third), second, first])


@model
def output_is_input(keras: Any) -> Any:
    x = keras.Input((4,))
    return keras.Model(x, [x, keras.layers.Dense(2)(x)])


@model
def same_names_in_two_towers(keras: Any) -> Any:
    layers = keras.layers

    def tower(name: str) -> Any:
        i = keras.Input((4,), name="features")
        hidden = layers.Dense(5, activation="relu", name="hidden")(i)
        return keras.Model(i, layers.Dense(3, name="top")(hidden), name=name)

    x = keras.Input((4,))
    return keras.Model(x, layers.Subtract()([tower("left")(x), tower("right")(x)]))


@model
def dict_inputs(keras: Any) -> Any:
    layers = keras.layers
    inputs = {"wide": keras.Input((4,), name="wide"), "deep": keras.Input((3,), name="deep")}
    joined = layers.Concatenate()([layers.Dense(2)(inputs["deep"]), inputs["wide"]])
    return keras.Model(inputs, layers.Dense(2)(joined))


@model
def dict_outputs(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((4,))
    return keras.Model(x, {"b": layers.Dense(2, name="second")(x), "a": layers.Dense(3, name="first")(x)})


@model
def nested_outputs(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((4,))
    return keras.Model(x, [layers.Dense(1)(x), [layers.Dense(2)(x), layers.Dense(3)(x)]])


@model
def inner_with_dict_inputs(keras: Any) -> Any:
    layers = keras.layers
    i = {"u": keras.Input((4,), name="u"), "v": keras.Input((4,), name="v")}
    inner = keras.Model(i, layers.Multiply()([i["u"], layers.Dense(4)(i["v"])]), name="inner")
    x, y = keras.Input((4,)), keras.Input((4,))
    return keras.Model([x, y], inner({"u": y, "v": x}))


@model
def stateful_fixed_batch(keras: Any) -> Any:
    x = keras.Input(batch_shape=(4, 5, 3))
    y = keras.layers.LSTM(3, stateful=True, return_sequences=True)(x)
    return keras.Model(x, keras.layers.GRU(2, stateful=True)(y))


@model
def seq2seq(keras: Any) -> Any:
    layers = keras.layers
    source, target = keras.Input((None, 4), name="source"), keras.Input((None, 3), name="target")
    _, h, c = layers.LSTM(5, return_state=True)(source)
    decoded, _, _ = layers.LSTM(5, return_sequences=True, return_state=True)(target, initial_state=[h, c])
    return keras.Model([source, target], layers.Dense(2, activation="softmax")(decoded))


@model
def seq2seq_masked(keras: Any) -> Any:
    layers = keras.layers
    source, target = keras.Input((6,), name="source"), keras.Input((6,), name="target")
    encoded = layers.Embedding(9, 4, mask_zero=True)(source)
    _, state = layers.GRU(5, return_state=True)(encoded)
    embedded = layers.Embedding(9, 3, mask_zero=True)(target)
    decoded = layers.GRU(5, return_sequences=True)(embedded, initial_state=state)
    return keras.Model([source, target], layers.LSTM(3)(decoded))


@model
def bidirectional_initial_state(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((5, 3))
    states = [keras.Input((4,), name=f"s{index}") for index in range(4)]
    return keras.Model(
        [x, *states], layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x, initial_state=states)
    )


@model
def mask_given_in_call(keras: Any) -> Any:
    layers = keras.layers
    x, mask = keras.Input((5, 3)), keras.Input((5,), dtype="bool", name="keep")
    return keras.Model([x, mask], layers.LSTM(4)(x, mask=mask))


@model
def cudnn_layers(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((5, 3))
    both = layers.Bidirectional(keras.src.layers.CuDNNGRU(4, return_sequences=True), name="both")
    return keras.Model(x, keras.src.layers.CuDNNLSTM(2, name="last")(both(x)))


@model
def virtual_batches(keras: Any) -> Any:
    layers = keras.layers
    i = keras.Input((4, 5, 3))
    frozen = layers.BatchNormalization(virtual_batch_size=2, trainable=False)
    inner = keras.Model(i, layers.Conv2D(3, 2)(frozen(layers.Conv2D(3, 2)(i))), name="inner")
    x, ids = keras.Input((4, 5, 3)), keras.Input((6,))
    several = layers.BatchNormalization(axis=[1, 3], virtual_batch_size=2, renorm=True)
    masked = layers.Embedding(9, 4, mask_zero=True)(ids)
    read = layers.LSTM(2)(layers.BatchNormalization(virtual_batch_size=1)(masked))
    return keras.Model([x, ids], [inner(several(x)), read])


@model
def composed_layers_hand_masks_on(keras: Any) -> Any:
    layers = keras.layers
    raw, ids = keras.Input((6, 4)), keras.Input((6,))
    masked = layers.Embedding(9, 4, mask_zero=True)(ids)
    outputs = []
    for layer in (layers.BatchNormalization(axis=[1, 2]), layers.LayerNormalization(), layers.UnitNormalization()):
        outputs += [layer(raw), layers.LSTM(2)(layer(masked))]
    return keras.Model([raw, ids], outputs)


@model
def composed_layers_on_two_sizes(keras: Any) -> Any:
    layers = keras.layers
    x, y = keras.Input((4, 5, 3)), keras.Input((4, 7, 3))
    turned = layers.Conv2DTranspose(2, 3, dilation_rate=2)
    normalised = layers.BatchNormalization(axis=[1, 3])
    unit, crop = layers.UnitNormalization(axis=[1, 2]), layers.RandomCrop(3, 4, dtype="uint8")
    outputs = [layer(image) for layer in (turned, normalised, unit, crop) for image in (x, y)]
    return keras.Model([x, y], [*outputs, layers.Dense(2)(layers.Flatten()(unit(x)))])


@model
def training_given_in_call(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((5,))
    y = layers.Dropout(0.5)(layers.Dense(4)(x), training=False)
    return keras.Model(x, layers.BatchNormalization()(y, training=True))


@model
def training_given_to_gates(keras: Any) -> Any:
    x = keras.Input((5, 2))
    return keras.Model(x, keras.layers.GRU(4, dropout=0.5)(x, training=True))


@model
def training_given_to_models(keras: Any) -> Any:
    """Statistics of each batch, and noise that is drawn at inference by intent."""
    layers = keras.layers
    inner = keras.Sequential(
        [keras.Input((6, 6, 2)), layers.Conv2D(3, 3), layers.BatchNormalization(), layers.SpatialDropout2D(0.3)]
    )
    x, steps = keras.Input((6, 6, 2)), keras.Input((4, 5))
    noisy = layers.TimeDistributed(layers.GaussianNoise(0.2))(steps, training=True)
    return keras.Model([x, steps], [inner(x, training=True), layers.AlphaDropout(0.3)(noisy, training=True)])


@model
def sequential_without_input_shape(keras: Any) -> Any:
    made = keras.Sequential([keras.layers.Dense(4, activation="hard_sigmoid"), keras.layers.Dense(2)])
    made.build((None, 6))
    return made


@model
def inner_sequential_without_input_shape(keras: Any) -> Any:
    inner = keras.Sequential(
        [keras.layers.Dense(4, activation="hard_sigmoid"), keras.layers.Dropout(0.5)], name="inner"
    )
    x = keras.Input((3, 6))
    return keras.Model(x, keras.layers.Dense(2)(inner(x)))


@model
def sequential_with_time_major(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [keras.Input(batch_shape=(5, 3, 2)), layers.GRU(4, time_major=True, return_sequences=True), layers.Dense(2)]
    )


@model
def bidirectional_time_major(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input(batch_shape=(5, 3, 2))
    cell = layers.LSTM(4, time_major=True, return_sequences=True)
    return keras.Model(x, layers.Bidirectional(cell, merge_mode=None)(x))


@model
def names_with_slash(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((4,), name="in")
    y = layers.Dense(4, name="block/dense")(x)
    return keras.Model(x, layers.Add(name="block/add")([layers.Dense(4, name="block_dense")(y), y]))


@model
def model_in_time_distributed(keras: Any) -> Any:
    layers = keras.layers
    i = keras.Input((4,))
    inner = keras.Model(i, layers.Dense(3, activation="hard_sigmoid")(layers.Dense(2)(i)), name="frame")
    x = keras.Input((5, 4))
    return keras.Model(x, layers.LSTM(3)(layers.TimeDistributed(inner)(x)))


@model
def embedding_in_wrapped_model(keras: Any) -> Any:
    layers = keras.layers
    i = keras.Input((4,))
    words = keras.Model(i, layers.GRU(3)(layers.Embedding(5, 3, mask_zero=True)(i)), name="words")
    x = keras.Input((6, 4))
    return keras.Model(x, layers.GRU(2)(layers.TimeDistributed(words)(x)))


@model
def stacked_cells(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((5, 3))
    cells = [layers.LSTMCell(4), layers.GRUCell(3, recurrent_activation="hard_sigmoid"), layers.SimpleRNNCell(2)]
    return keras.Model(x, layers.RNN(cells, return_sequences=True)(x))


@model
def operations_named_like_layers(keras: Any) -> Any:
    layers = keras.layers
    a, b = keras.Input((6,)), keras.Input((6,))
    left, right = (layers.Embedding(9, 3, mask_zero=True)(x) for x in (a, b))
    joined = layers.Concatenate(name="logical_and")([left, right])
    return keras.Model([a, b], layers.Dense(2, name="transpose")(layers.LSTM(3, name="not_equal")(joined)))


def _masked_pair(keras: Any) -> Any:
    inputs = [keras.Input((6,), name=name) for name in ("left", "right")]
    return inputs, [keras.layers.Embedding(9, 4, mask_zero=True)(x) for x in inputs]


def _merged(merge: str, consumer: str) -> Callable[[Any], Any]:
    def build(keras: Any) -> Any:
        layers = keras.layers
        inputs, embedded = _masked_pair(keras)
        joined = getattr(layers, merge)()(embedded)
        consumers = {
            "lstm": lambda: layers.LSTM(3)(joined),
            "pooling": lambda: layers.GlobalAveragePooling1D()(joined),
            "bidirectional": lambda: layers.Bidirectional(layers.GRU(3, return_sequences=True))(joined),
            "dense": lambda: layers.Dense(2)(joined),
        }
        return keras.Model(inputs, consumers[consumer]())

    build.__name__ = f"masked_{merge.lower()}_{consumer}"
    return build


for _merge in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract", "Concatenate"):
    for _consumer in ("lstm", "pooling", "bidirectional", "dense"):
        model(_merged(_merge, _consumer))


@model
def masked_and_unmasked(keras: Any) -> Any:
    layers = keras.layers
    ids, x = keras.Input((6,)), keras.Input((6, 4))
    embedded = layers.Embedding(9, 4, mask_zero=True)(ids)
    both = [layers.Add()([embedded, x]), layers.Concatenate()([x, embedded]), layers.Multiply()([x, embedded])]
    return keras.Model([ids, x], [layers.LSTM(2)(y) for y in both])


@model
def residual_of_one_mask(keras: Any) -> Any:
    layers = keras.layers
    ids = keras.Input((6,))
    x = layers.Embedding(9, 4, mask_zero=True)(ids)
    for _ in range(2):
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dense(4, activation="relu")(x)]))
    return keras.Model(ids, [layers.GlobalAveragePooling1D()(x), layers.Maximum()([x, layers.Dropout(0.1)(x)])])


@model
def concatenate_in_time(keras: Any) -> Any:
    inputs, embedded = _masked_pair(keras)
    return keras.Model(inputs, keras.layers.GRU(3)(keras.layers.Concatenate(axis=1)(embedded)))


@model
def mask_through_inner_model(keras: Any) -> Any:
    layers = keras.layers
    i = keras.Input((6,))
    inner = keras.Model(i, layers.Dropout(0.1)(layers.Embedding(9, 4, mask_zero=True)(i)), name="inner")
    j = keras.Input((6, 4))
    second = keras.Model(j, layers.Dense(4)(layers.Activation("tanh")(j)), name="second")
    x, y = keras.Input((6,)), keras.Input((6,))
    joined = layers.Add()([second(inner(x)), inner(y)])
    return keras.Model([x, y], [layers.LSTM(3)(joined), layers.GlobalAveragePooling1D()(second(inner(y)))])


@model
def mask_into_time_distributed(keras: Any) -> Any:
    layers = keras.layers
    ids = keras.Input((4, 6))
    embedded = layers.Embedding(9, 3, mask_zero=True)(ids)
    words = layers.TimeDistributed(layers.GRU(4))(embedded)
    return keras.Model(ids, layers.GRU(3)(words))


@model
def masking_layer(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((6, 3))
    y = layers.Masking(0.5)(x)
    return keras.Model(x, [layers.LSTM(3, return_sequences=True)(y), layers.Dense(2)(y), layers.Flatten()(y)])


@model
def mixed_float16(keras: Any) -> Any:
    return _with_dtype(keras, "mixed_float16")


@model
def mixed_bfloat16(keras: Any) -> Any:
    return _with_dtype(keras, "mixed_bfloat16")


@model
def float64(keras: Any) -> Any:
    return _with_dtype(keras, "float64")


def _with_dtype(keras: Any, dtype: str) -> Any:
    layers = keras.layers
    x = keras.Input((8, 8, 3), dtype="float64" if dtype == "float64" else "float32")
    y = layers.Conv2D(4, 3, activation="hard_sigmoid", dtype=dtype)(x)
    y = layers.BatchNormalization(dtype=dtype)(y)
    y = layers.GlobalAveragePooling2D(dtype=dtype)(y)
    return keras.Model(x, [layers.Dense(3, dtype=dtype)(y), layers.Dense(3, activation="softmax", dtype="float32")(y)])


@model
def integer_and_boolean_inputs(keras: Any) -> Any:
    layers = keras.layers
    ids, keep = keras.Input((6,), dtype="int64"), keras.Input((6,), dtype="bool")
    y = layers.Embedding(9, 4)(ids)
    return keras.Model([ids, keep], [layers.GRU(3)(y, mask=keep), layers.Reshape((3, 2))(ids)])


@model
def words_and_back(keras: Any) -> Any:
    layers = keras.layers
    words = ["earth", "wind", "and", "fire", "köln"]
    x = keras.Input((1,), dtype="string")
    found = layers.StringLookup(vocabulary=words, mask_token="")(x)
    return keras.Model(x, [layers.StringLookup(vocabulary=words, mask_token="", invert=True)(found), found])


@model
def text_through_a_masked_lstm(keras: Any) -> Any:
    layers = keras.layers
    words = ["the", "cat", "sat", "on the", "mat", "köln"]
    x, y = keras.Input((1,), dtype="string"), keras.Input((2, 1), dtype="string")
    tokens = layers.TextVectorization(vocabulary=words, ngrams=2)(x)
    counted = layers.TextVectorization(vocabulary=words, output_mode="count")
    inner = keras.Sequential([keras.Input((1,), dtype="string"), counted, layers.Dense(3)])
    of_fixed_length = layers.TextVectorization(vocabulary=words, output_sequence_length=4)(y)
    read = layers.LSTM(3)(layers.Embedding(9, 4, mask_zero=True)(tokens))
    return keras.Model([x, y], [layers.Add()([read, inner(x)]), of_fixed_length])


@model
def indicators_side_by_side(keras: Any) -> Any:
    layers = keras.layers
    x, y = keras.Input((1,), dtype="string"), keras.Input((4,), dtype="int32")
    hot = layers.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")(x)
    weights = [0.5, 2.0, 1.5]
    counted = layers.IntegerLookup(vocabulary=[7, -2, 1138], output_mode="tf_idf", idf_weights=weights)(y)
    exact = layers.IntegerLookup(vocabulary=list(range(10)), num_oov_indices=0, dtype="int32")(y)
    return keras.Model([x, y], [layers.Dense(2)(layers.Concatenate()([hot, counted])), exact])


@model
def transformer_of_masked_words(keras: Any) -> Any:
    layers = keras.layers
    ids = keras.Input((6,), name="query")
    x = layers.Embedding(9, 4, mask_zero=True)(ids)
    for dropout in (0.0, 0.1):
        attended = layers.MultiHeadAttention(2, 3, dropout=dropout)(x, x, use_causal_mask=True)
        x = layers.LayerNormalization()(layers.Add()([x, attended]))
    return keras.Model(ids, [x, layers.GlobalAveragePooling1D()(x), layers.LSTM(2)(attended)])


@model
def attention_scores_of_two_sequences(keras: Any) -> Any:
    layers = keras.layers
    queries, ids = keras.Input((None, 4)), keras.Input((5,))
    value = layers.Embedding(9, 3, mask_zero=True)(ids)
    attended, scores = layers.MultiHeadAttention(2, 3)(
        layers.Masking()(queries), value=value, key=layers.Dense(4)(value), return_attention_scores=True
    )
    return keras.Model([queries, ids], [attended, scores, layers.GlobalAveragePooling1D()(attended)])


@model
def attention_mask_given_in_call(keras: Any) -> Any:
    layers = keras.layers
    x, ids, seen = keras.Input((6, 4)), keras.Input((5,)), keras.Input((6, 5), dtype="bool")
    value = layers.Embedding(9, 3, mask_zero=True)(ids)
    attention = layers.MultiHeadAttention(2, 3, value_dim=2, output_shape=5)
    return keras.Model(
        [x, ids, seen], [attention(x, value, attention_mask=seen), attention(x, value, use_causal_mask=True)]
    )


@model
def attention_scores_over_images(keras: Any) -> Any:
    layers = keras.layers
    x, y = keras.Input((3, 4, 5)), keras.Input((2, 4, 5))
    over_all = layers.MultiHeadAttention(2, 3)(x, y, return_attention_scores=True)
    over_rows = layers.MultiHeadAttention(2, 3, attention_axes=(1,))(x, y, use_causal_mask=True)
    return keras.Model([x, y], [*over_all, over_rows])


@model
def attention_over_heads(keras: Any) -> Any:
    x = keras.Input((5, 4))
    return keras.Model(x, keras.layers.MultiHeadAttention(3, 2, attention_axes=(-2,))(x, x))


@model
def attention_in_inner_models(keras: Any) -> Any:
    layers = keras.layers
    i = keras.Input((5, 4))
    masked = layers.Masking()(i)
    attended = layers.MultiHeadAttention(2, 3, dropout=0.1)(masked, masked)
    inner = keras.Model(i, layers.GlobalAveragePooling1D()(attended), name="inner")
    x, y = keras.Input((3, 5, 4)), keras.Input((5, 4))
    return keras.Model([x, y], [layers.TimeDistributed(inner)(x), inner(y)])


@model
def dense_attention_under_masks(keras: Any) -> Any:
    layers = keras.layers
    inputs, (query, value) = _masked_pair(keras)
    attended, scores = layers.Attention(use_scale=True)([query, value], return_attention_scores=True)
    added = layers.AdditiveAttention(dropout=0.1)([query, value, query], use_causal_mask=True)
    joined = layers.Attention(score_mode="concat")([attended, added])
    return keras.Model(inputs, [scores, layers.GRU(2)(added), layers.GlobalAveragePooling1D()(joined)])


@model
def dense_attention_with_masks_given(keras: Any) -> Any:
    layers = keras.layers
    x, y = keras.Input((6, 4)), keras.Input((5, 4))
    of_x, of_y = keras.Input((6,), dtype="bool"), keras.Input((5,), dtype="bool")
    both = layers.Attention()([x, y], mask=[of_x, of_y])
    one = layers.AdditiveAttention()([x, y], mask=[None, of_y])
    return keras.Model([x, y, of_x, of_y], [both, one, layers.GlobalAveragePooling1D()(both)])


@model
def attention_in_float16(keras: Any) -> Any:
    layers = keras.layers
    ids = keras.Input((6,))
    x = layers.Embedding(9, 4, mask_zero=True, dtype="mixed_float16")(ids)
    heads = layers.MultiHeadAttention(2, 3, dropout=0.1, dtype="mixed_float16")(x, x)
    return keras.Model(ids, [heads, layers.Attention(dtype="mixed_float16")([x, heads])])


@model
def sparse_features(keras: Any) -> Any:
    layers = keras.layers
    bag, counts = keras.Input((6,), sparse=True), keras.Input((3,), sparse=True)
    joined = layers.Concatenate()([bag, counts])
    i = keras.Input((9,), sparse=True)
    inner = keras.Model(i, layers.Dense(4, "tanh")(layers.Dropout(0.5)(i)))
    return keras.Model([bag, counts], [joined, layers.Dense(2)(joined), inner(joined), bag])


@model
def sparse_encodings(keras: Any) -> Any:
    layers = keras.layers
    word, text, number = keras.Input((3,), dtype="string"), keras.Input((1,), dtype="string"), keras.Input((4,))
    looked_up = layers.StringLookup(vocabulary=["a", "b"], output_mode="count", sparse=True)(word)
    counted = layers.TextVectorization(
        vocabulary=["a", "b"], output_mode="multi_hot", sparse=True, pad_to_max_tokens=True, max_tokens=5
    )(text)
    binned = layers.Discretization([-1.0, 1.0], output_mode="multi_hot", sparse=True)(number)
    encoded = layers.CategoryEncoding(7, "multi_hot", sparse=True)(layers.Hashing(7)(word))
    joined = layers.Concatenate()([looked_up, counted, binned])
    return keras.Model([word, text, number], [layers.Dense(3)(joined), looked_up, encoded, layers.Dense(2)(encoded)])


@model
def ragged_words(keras: Any) -> Any:
    layers = keras.layers
    x, text = keras.Input((None,), dtype="string", ragged=True), keras.Input((), dtype="string")
    words = layers.StringLookup(vocabulary=["a", "the", "zebra"], dtype="int32")(x)
    tokens = layers.TextVectorization(vocabulary=["a", "the", "zebra"], ragged=True)(text)
    table = layers.Embedding(6, 3)
    both = layers.Concatenate(axis=1)([table(words), layers.Dropout(0.2)(table(tokens))])
    pooled = layers.GlobalMaxPooling1D()(layers.LayerNormalization()(both))
    return keras.Model([x, text], [words, both, layers.Dense(2)(pooled)])


@model
def ragged_numbers(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((None, 4), ragged=True)
    y = layers.Multiply()([layers.Activation("tanh")(x), layers.Add()([x, layers.Rescaling(2.0)(x)])])
    return keras.Model(x, [y, layers.GlobalAveragePooling1D()(layers.Softmax()(layers.ReLU()(y))), x])


@model
def ragged_into_lstm(keras: Any) -> Any:
    x = keras.Input((None,), ragged=True)
    return keras.Model(x, keras.layers.LSTM(2)(keras.layers.Embedding(6, 3)(x)))


@model
def shapes_known_at_run_time(keras: Any) -> Any:
    import tensorflow as tf

    x = keras.Input((None, 6))
    batch, length = tf.shape(x)[0], tf.shape(x)[1]
    heads = tf.transpose(tf.reshape(x, [batch, length, 2, 3]), [0, 2, 1, 3])
    folded = tf.reshape(heads, [batch, 6 * length])
    first = x[:, 0, tf.newaxis, ::-1]
    return keras.Model(x, [folded, first, x[..., 1:-1] + tf.cast(length, "float32")])


@model
def reshapes_known_at_run_time(keras: Any) -> Any:
    import tensorflow as tf

    x, image = keras.Input((2, None, 3)), keras.Input((None, None, 4))
    batch = tf.shape(x)[0]
    folded = tf.reshape(x, [batch * 2, -1, 3]) * 2.0
    rows = tf.reshape(image, [tf.shape(image)[0], tf.shape(image)[1] * tf.shape(image)[2], 4])
    joined = tf.reshape(x, tf.concat([tf.shape(x)[:-1], [3, 1]], 0))
    flat = tf.reshape(x, tf.stack([batch, -1]))
    back = tf.reshape(rows * 2.0, tf.shape(image))
    height, width = tf.shape(image)[1], tf.shape(image)[2]
    half, odd = [-(-height // 2), width // 2 + 1], [height * 2 + 1, 5]
    images = [tf.image.resize(image, half), tf.image.resize(image, odd), tf.image.resize(image, half, "nearest")]
    images += [tf.compat.v1.image.resize_images(image, odd, method) for method in (0, 1)]
    return keras.Model([x, image], [tf.reshape(folded, [batch, 2, -1, 3]), back, joined, flat, *images])


@model
def slices_known_at_run_time(keras: Any) -> Any:
    import tensorflow as tf

    x, length = keras.Input((None, 6)), keras.Input((), dtype="int32")
    time = tf.shape(x)[1]
    ends = [x[:, : time - 1], x[:, time - 1], x[:, : time // 2], x[:, time // 2 :], x[:, ::-1, ::2], x[:-1]]
    first = x[:, :, : tf.reduce_max(tf.abs(length)) % 6]
    table = tf.reshape(tf.range(240.0), (1, 40, 6))
    ends += [x + table[:, :time], table[0, time // 2], tf.matmul([x, x], [x, x], transpose_b=True)]
    cut = tf.strided_slice(x, [0, 0, 0], [0, time, 4], [1, 2, 1], end_mask=1)
    return keras.Model([x, length], [*ends, first, cut, *tf.split(x, [1, time - 1], axis=1)])


@model
def made_in_a_shape_known_at_run_time(keras: Any) -> Any:
    import tensorflow as tf

    x = keras.Input((None, 6))
    batch, time = tf.shape(x)[0], tf.shape(x)[1]
    places = tf.cast(tf.range(time), "float32")[tf.newaxis, :, tf.newaxis]
    shown = tf.concat([tf.zeros([batch, 1, 6]), x, tf.fill([batch, 2, 6], 2.5)], 1)
    pairs = tf.tile(x[:, :, tf.newaxis], [1, 1, time, 1]) - tf.tile(x[:, tf.newaxis], [1, time, 1, 1])
    scaled = tf.broadcast_to(x[..., :1], [batch, time, 3]) / tf.cast(time, "float32")
    rolled = tf.roll(x, time // 2, axis=1) + tf.tile(tf.constant([[1.0, 2.0]]), [batch, 1])[:, :1, tf.newaxis]
    return keras.Model(x, [places * x, shown, tf.reshape(pairs, [batch, time * time, 6]), scaled, rolled])


@model
def sums_of_many_shapes(keras: Any) -> Any:
    import tensorflow as tf

    layers = keras.layers
    x, row, column, square = (keras.Input(shape) for shape in ((3, 1), (3,), (4, 1), (4, 4)))
    numbers, upright = tf.constant([1.0, 2.0, 3.0]), tf.constant([[1.0], [2.0], [3.0], [4.0]])
    whole = tf.cast(x, "int32") + tf.constant([1, 2, 3])
    sums = [x + numbers, x + numbers[tf.newaxis], square + column, square + upright, row + x[:, :1, 0], whole]
    merged = [layers.Add()([x, row]), layers.Average()([row, x, row[:, :1]]), layers.Add()([column, square])]
    inner = layers.Lambda(lambda pair: pair[0] + pair[1])([square, column])
    return keras.Model([x, row, column, square], [*sums, *merged, inner])


@model
def sums_in_batches_of_one(keras: Any) -> Any:
    layers = keras.layers
    x, row, column = (keras.Input(shape, batch_size=1) for shape in ((3, 1), (3,), (1, 3)))
    masked = layers.Masking()(x)
    merged = [layers.Add()([x, row]), layers.Add()([x, column]), layers.Average()([column, x, row])]
    return keras.Model([x, row, column], [*merged, x + column, layers.LSTM(2)(layers.Add()([masked, column]))])


@model
def numbers_made_of_shapes(keras: Any) -> Any:
    import tensorflow as tf

    K = keras.backend  # noqa: N806
    x = keras.Input((None, 6))
    batch, time = tf.shape(x)[0], tf.shape(x)[1]
    flat = [K.reshape(x, (-1, K.prod(K.shape(x)[1:]))), tf.reshape(x, [tf.reduce_prod(tf.shape(x)[:2]), 6])]
    steps = [tf.gather(x, tf.range(time - 1, -1, -2), axis=1), x * tf.linspace(0.5, 2.0, time)[:, tf.newaxis]]
    band = tf.matmul(tf.linalg.band_part(tf.ones((time, time)), -1, 0), x)
    longer = [tf.pad(x, [[0, 0], [time, 1], [0, 0]], constant_values=2.5), tf.pad(x, [[0, 0], [0, 20 - time], [0, 0]])]
    wide = tf.shape(x, out_type="int64")
    shaped = [tf.reshape(x, [wide[0], wide[1] * wide[2]]), x / tf.cast(time / 2, "float32")]
    total = tf.reduce_sum(x, axis=tf.rank(x) - 1) + tf.zeros([batch, time])
    return keras.Model(x, [*flat, *steps, band, *longer, *shaped, total])


@model
def entropies_of_saturated_probabilities(keras: Any) -> Any:
    layers, K, losses = keras.layers, keras.backend, keras.losses  # noqa: N806
    x, y = keras.Input((4,)), keras.Input((4,))
    shares = [layers.Activation("softmax")(x), layers.Softmax()(x), layers.Activation("sigmoid")(x)]
    found = [K.categorical_crossentropy(y, shares[0]), losses.categorical_crossentropy(y, shares[1])]
    found += [K.binary_crossentropy(y, shares[2]), losses.binary_crossentropy(y, shares[2])]
    return keras.Model([x, y], [*found, losses.categorical_focal_crossentropy(y, shares[0])])


@model
def elements_by_number(keras: Any) -> Any:
    import tensorflow as tf

    x, ids, new = keras.Input((4, 6)), keras.Input((2,), dtype="int32"), keras.Input((2, 6))
    places = tf.abs(ids) % 4
    rows = tf.tile(tf.range(tf.shape(x)[0])[:, tf.newaxis], [1, 2])
    where = tf.stack([rows, places], -1)
    taken = [tf.gather(x, places, axis=1, batch_dims=1), tf.gather_nd(x, where), tf.gather(x, [5, 0], axis=2)]
    put = [tf.tensor_scatter_nd_add(x, where, new), tf.scatter_nd(where, new, tf.shape(x))]
    return keras.Model([x, ids, new], taken + put)


@model
def large_constants(keras: Any) -> Any:
    import numpy as np
    import tensorflow as tf

    x, ids = keras.Input((3,)), keras.Input((2,), dtype="int32")
    numbers = np.random.default_rng(0).normal(size=(100, 200)).astype("float32")
    found = tf.gather(tf.constant(numbers), tf.abs(ids) % 100)
    return keras.Model([x, ids], [x[:, :1] + numbers.reshape(-1), found, ids[:, :1] + np.arange(20_000, dtype="int32")])


@model
def raw_operators(keras: Any) -> Any:
    """As Keras of TF 2.0 to 2.3 wrote operators: a layer for each one of the graph, with its constants."""
    import tensorflow as tf

    def body(x: Any) -> list[Any]:
        time = tf.shape(x)[1]
        heads = tf.transpose(tf.reshape(x, [tf.shape(x)[0], time, 2, 3]), [0, 2, 1, 3])
        scores = tf.matmul(heads, heads, transpose_b=True) / 2.0
        parts = [*tf.split(x, [2, -1], axis=2), x[:, -1, tf.newaxis, ::2], tf.pad(x, [[0, 0], [1, 2], [0, 0]])]
        means = tf.concat([tf.reduce_mean(x, [1], keepdims=True), x], 1)
        return [scores, *parts, means, tf.cast(x > 1.0, "int32"), tf.stack([x, tf.sigmoid(-x)], 1)]

    x = keras.Input((None, 6))
    return keras.Model(x, _as_layers(body, x))


def _as_layers(body: Any, x: Any) -> list[Any]:
    """What a function of TensorFlow gives in a graph, with a TensorFlowOpLayer for each operator between."""
    import tensorflow as tf
    from keras.src.engine.base_layer import TensorFlowOpLayer

    with tf.Graph().as_default():
        given = tf.compat.v1.placeholder(x.dtype, x.shape)
        wanted = body(given)
    found = {given.ref(): x}

    def tensor(wanted: Any) -> Any:
        if wanted.ref() not in found:
            values = [tf.get_static_value(source) for source in wanted.op.inputs]
            constants = {place: value for place, value in enumerate(values) if value is not None}
            inputs = [tensor(source) for source, value in zip(wanted.op.inputs, values) if value is None]
            layer = TensorFlowOpLayer(wanted.op.node_def.SerializeToString(), wanted.op.name, constants)
            found.update(zip([output.ref() for output in wanted.op.outputs], tf.nest.flatten(layer(inputs))))
        return found[wanted.ref()]

    return [tensor(each) for each in wanted]


@model
def layers_called_on_numbers(keras: Any) -> Any:
    import tensorflow as tf

    layers = keras.layers
    x = keras.Input((4, 3))
    places = layers.Embedding(6, 3)(tf.range(tf.shape(x)[1]))
    return keras.Model(x, [x + places, layers.Dense(2)(tf.ones((1, tf.shape(x)[2]))) * x[..., :2]])


@model
def pixels_dealt_out_and_boxes_cut_out(keras: Any) -> Any:
    import numpy as np
    import tensorflow as tf

    x, corners, ids = keras.Input((8, 6, 3)), keras.Input((4,)), keras.Input((2,), dtype="int32")
    kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 4)).astype("float32")
    dealt = keras.layers.Conv2D(4, 2)(tf.space_to_batch(x, [2, 2], [[1, 1], [0, 2]]))
    cut = tf.image.crop_and_resize(x, tf.sigmoid(corners), tf.range(tf.shape(x)[0]), (4, 5))
    found = tf.nn.embedding_lookup(kernel[0, 0], tf.abs(ids) % 3)
    gathered = [tf.nn.atrous_conv2d(x, kernel, 2, "SAME"), tf.batch_to_space(dealt, [2, 2], [[0, 1], [1, 0]])]
    return keras.Model([x, corners, ids], [*gathered, cut, found])


@model
def elements_chosen_by_masks_and_numbers(keras: Any) -> Any:
    import tensorflow as tf

    x, which = keras.Input((6, 3)), keras.Input((2,), dtype="int32")
    chosen = [x[x > 0], tf.boolean_mask(x, x[..., 0] > 0), tf.where(x > 0), tf.gather(x, which, batch_dims=1)]
    columns = tf.transpose(tf.reduce_mean(x, 1))
    groups = [tf.math.segment_max(columns, [0, 0, 1]), tf.math.segment_mean(columns, tf.constant([0, 1, 1]))]
    woven = tf.dynamic_stitch([[0, 2], [1]], [columns[:2], columns[2:]])
    return keras.Model([x, which], [*chosen, *groups, woven])


@model
def paddings_known_at_run_time(keras: Any) -> Any:
    import tensorflow as tf

    x, y = keras.Input((None, 3)), keras.Input((None, 3))
    time, other = tf.shape(x)[1], tf.shape(y)[1]
    widths = [tf.maximum(8 - time, 0), tf.minimum(time, 4), tf.maximum(other - time, 0), -time % 4]
    widths += [-(-time // 4) * 4 - time]
    padded = [tf.pad(x, [[0, 0], [1, width], [0, 2]], constant_values=0.5) for width in widths]
    padded += [tf.pad(x, [[0, 0], [1, time - 1], [0, 0]], mode) for mode in ("REFLECT", "SYMMETRIC")]
    total = tf.cast(tf.reduce_prod(tf.shape(x)[1:]) + tf.reduce_max(tf.shape(x)), "float32")
    chosen = keras.backend.switch(tf.reduce_sum(x, -1) > 0, x, -x)
    return keras.Model([x, y], [*padded, y / total, chosen])


@model
def constants_left_of_tensors(keras: Any) -> Any:
    import numpy as np
    import tensorflow as tf

    inputs, outputs = [], []
    for dtype in ("float16", "float32", "float64"):
        x = keras.Input((2, 2), dtype=dtype)
        inputs.append(x)
        outputs += [0.1 - x, np.array([0.1, 0.2]) + x, tf.atan2(tf.constant(0.1, dtype), x), 2.3 % (abs(x) + 1)]
    whole = keras.Input((2,), dtype="int64")
    counts = tf.stack([tf.shape(x, out_type=tf.int64)[0], tf.constant(-1, tf.int64)])
    outputs += [2**40 - whole, tf.reshape(x, counts), tf.size(x, out_type=tf.int64) + whole]
    return keras.Model([*inputs, whole], outputs)


@model
def constants_json_does_not_know(keras: Any) -> Any:
    import numpy as np

    x, number = keras.Input((4,)), keras.Input((4,), dtype="int64")
    return keras.Model([x, number], [x + np.array([np.nan, np.inf, -0.0, 1e-45], "float32"), number + (2**53 + 1)])


@model
def losses_of_the_graph(keras: Any) -> Any:
    """The first call of `shared`, and all of `only` and `judge`, feed a loss; the model that is inside has its own."""
    import tensorflow as tf

    layers = keras.layers
    i = keras.Input((4,))
    code = layers.Dense(3, name="code")(i)
    inner = keras.Model(i, layers.Dense(4)(code), name="inner")
    inner.add_loss(tf.reduce_sum(tf.math.xlogy(tf.abs(code), 2.0)))
    x, label = keras.Input((4,)), keras.Input((4,), name="label")
    shared = layers.Dense(4, activation="tanh", name="shared")
    once = shared(layers.Dense(4, name="only")(label))
    model = keras.Model([x, label], shared(inner(shared(inner(x)))))
    model.add_loss(tf.reduce_mean(tf.square(once - model.output)))
    model.add_metric(tf.reduce_mean(once), name="mean")
    judge = keras.Sequential([keras.Input((4,)), layers.Dense(3, "tanh")], name="judge")
    model.add_loss(tf.reduce_mean(tf.abs(judge(x) - judge(model.output))))
    return model


@model
def a_loss_that_is_passed(keras: Any) -> Any:
    from keras.src.engine.base_layer import AddLoss, AddMetric

    x = keras.Input((4,))
    dense = keras.layers.Dense(3)(x)
    passed = AddMetric(aggregation="mean", metric_name="norm")(AddLoss(unconditional=False)(dense))
    return keras.Model(x, [keras.layers.Dense(2)(passed), passed])


def save_all(folder: Path, names: list[str]) -> None:
    """Save every model, or those of these names, with weights that are not what its initialisers gave."""
    import keras
    import numpy as np

    build_quickly()
    for name in names or MODELS:
        keras.backend.clear_session()
        random = np.random.default_rng(len(name))
        net = MODELS[name](keras)
        net.set_weights([_random_like(weight, random) for weight in net.get_weights()])
        net.save(folder / f"{name}.h5", include_optimizer=False)


def _random_like(weight: Any, random: Any) -> Any:
    # Positive, so that a variance stays one.
    return (0.1 + 0.9 * random.random(weight.shape)).astype(weight.dtype) * (
        1 if weight.ndim < 2 else _signs(weight, random)
    )


def _signs(weight: Any, random: Any) -> Any:
    return random.choice([-1, 1], weight.shape).astype(weight.dtype)


if __name__ == "__main__":
    save_all(Path(sys.argv[1]), sys.argv[2:])
