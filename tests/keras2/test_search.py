"""Models that take not every input: what our probes learn, and what stands in for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exporter.probes.input_facts import input_facts
from exporter.probes.search import Answered, Search
from interchange.errors import Failure
from interchange.values import array_of


def answered(model: Any, until: float = math.inf) -> Answered:
    return Search(model, until).answered(input_facts(model))


def learnt(model: Any) -> str | None:
    search = Search(model, math.inf)
    search.answered(input_facts(model))
    return search.learnt


def given(model: Any, index: int = 0) -> list[np.ndarray]:
    """What the probes give an input."""
    return [array_of(case.inputs[index]) for call, _ in answered(model) for case in call]


def embedding_inside(keras: Any, rows: int, positions: int = 20, **options: Any) -> Any:
    """The layer of Keras's own guide to a transformer."""

    class TokenAndPositionEmbedding(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.token_emb = keras.layers.Embedding(rows, 3, **options)
            self.pos_emb = keras.layers.Embedding(positions, 3)

        def call(self, x: Any) -> Any:
            import tensorflow as tf

            return self.token_emb(x) + self.pos_emb(tf.range(tf.shape(x)[-1]))

    return TokenAndPositionEmbedding()


def behind_cast(keras: Any, x: Any) -> Any:
    import tensorflow as tf

    return keras.layers.Embedding(50, 2)(tf.cast(x, "int32"))


def behind_arithmetic(keras: Any, x: Any) -> Any:
    import tensorflow as tf

    return keras.layers.Embedding(50, 2)(tf.cast(x, "int32") - 1000)


def several_axes(keras: Any, x: Any) -> Any:
    import tensorflow as tf

    return tf.gather_nd(tf.eye(50), tf.cast(x, "int32")[..., tf.newaxis])


DOMAINS: dict[str, tuple[Callable[[Any, Any], Any], str, int]] = {
    "inside a layer, as floats": (lambda keras, x: embedding_inside(keras, 50)(x), "float32", 0),
    "inside a layer, as integers": (lambda keras, x: embedding_inside(keras, 50)(x), "int32", 0),
    "behind a cast": (behind_cast, "float32", 0),
    "behind arithmetic": (behind_arithmetic, "float32", 1000),
    "along several axes": (several_axes, "float32", 0),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_ids_that_are_looked_up_somewhere_within_reach_both_ends(keras: Any, name: str) -> None:
    build, dtype, low = DOMAINS[name]
    x = keras.Input((4,), dtype=dtype)
    numbers = {float(number) for values in given(keras.Model(x, build(keras, x))) for number in values.ravel()}
    assert {low, low + 49} <= numbers <= set(range(low, low + 50))


def test_a_table_of_positions_bounds_the_length_and_not_the_ids(keras: Any) -> None:
    x = keras.Input((None,), dtype="int32")
    values = given(keras.Model(x, embedding_inside(keras, 50, positions=5)(x)))
    assert {array.shape[1] for array in values} == {5}
    assert {0, 49} <= {int(number) for array in values for number in array.ravel()}


def test_what_a_layer_masks_inside_is_padded(keras: Any) -> None:
    x = keras.Input((4,))
    (fact,) = input_facts(keras.Model(x, embedding_inside(keras, 50, mask_zero=True)(x)))
    assert fact.padding == 0.0


def test_an_input_that_is_innocent_of_an_error_stays_as_it_was(keras: Any) -> None:
    ids, numbers = keras.Input((4,)), keras.Input((4,))
    model = keras.Model([ids, numbers], [embedding_inside(keras, 50)(ids), numbers * 2])
    assert all((values == np.rint(values)).all() for values in given(model))
    assert any((values != np.rint(values)).any() for values in given(model, 1))
    assert learnt(model) == f"{model.input_names[0]}: whole numbers from 0 to 49"


def texts(keras: Any, function: Callable[[Any], Any]) -> Any:
    x = keras.Input((), dtype="string", name="x")
    return keras.Model(x, keras.layers.Lambda(function)(x))


def decoded(x: Any) -> Any:
    import tensorflow as tf

    def pixels(content: Any) -> Any:
        return tf.image.resize(tf.io.decode_jpeg(content, channels=3), (4, 4))

    return tf.map_fn(pixels, x, fn_output_signature=tf.float32)


def test_numbers_in_strings_and_pictures_are_tried(keras: Any) -> None:
    import tensorflow as tf

    functions = {
        b"1.5": tf.strings.to_number,
        b"-7": lambda x: tf.strings.to_number(x, "int32"),
        b"\x89PNG": decoded,
        b"\xff\xd8\xff": lambda x: tf.map_fn(tf.io.extract_jpeg_shape, x, fn_output_signature=tf.int32),
        b"iVBORw0KGgo": lambda x: decoded(tf.io.decode_base64(x)),
    }
    for begin, function in functions.items():
        found = [value for values in given(texts(keras, function)) for value in values.tolist()]
        assert any(value.startswith(begin) for value in found), begin


def test_pictures_have_the_size_that_an_error_tells(keras: Any) -> None:
    import tensorflow as tf

    def shaped(content: Any) -> Any:
        return tf.ensure_shape(tf.io.decode_png(content, channels=1), (28, 20, 1))

    def flat(content: Any) -> Any:
        return tf.reshape(tf.io.decode_png(content, channels=1), (784,))

    for pixels, size in ((shaped, (28, 20)), (flat, (28, 28))):
        model = texts(keras, lambda x, pixels=pixels: tf.map_fn(pixels, x, fn_output_signature=tf.uint8))
        found = {value for values in given(model) for value in values.tolist()}
        assert {tf.io.decode_image(value).shape[:2].as_list() == [*size] for value in found} == {True}


def test_bytes_are_as_many_as_an_error_tells(keras: Any) -> None:
    import tensorflow as tf

    for dtype, size in (("uint8", 1), ("float32", 4)):
        model = texts(keras, lambda x, dtype=dtype: tf.reshape(tf.io.decode_raw(x, dtype), (-1, 28, 28)))
        assert {len(value) for values in given(model) for value in values.tolist()} == {784 * size}


def cropped(keras: Any, size: int) -> Any:
    x = keras.Input((None, 1))
    return keras.Model(x, keras.layers.Conv1D(2, 3)(keras.layers.Cropping1D(size)(x)))


def test_long_axes_are_found_by_doubling(keras: Any) -> None:
    assert {values.shape[1] for values in given(cropped(keras, 2500))} == {7168}
    assert learnt(cropped(keras, 2500)) == "length 7168"
    assert learnt(cropped(keras, 1)) is None


def test_a_length_is_taken_from_an_error(keras: Any) -> None:
    import tensorflow as tf

    x = keras.Input((None, 3))
    assert {values.shape[1] for values in given(keras.Model(x, x + tf.ones((100, 3))))} == {100}


def test_no_size_is_tried_that_would_fill_the_memory(keras: Any) -> None:
    import tensorflow as tf

    x = keras.Input((None, None))
    model = keras.Model(x, keras.layers.Lambda(lambda x: tf.ensure_shape(x, (None, 1_000_000, 1_000_000)))(x))
    with pytest.raises(Failure, match=r"expected shape \[\?,1000000,1000000\]\. Tried") as caught:
        answered(model)
    assert "of length 7, 16" in caught.value.message
    assert "1792" in caught.value.message
    assert ", 1000000, " not in caught.value.message.partition("Tried were")[2]


def test_no_time_is_spent_beyond_the_budget(keras: Any) -> None:
    with pytest.raises(Failure, match=r"of length 7, 16, 33, 64, 128, 224$") as caught:
        answered(cropped(keras, 2500), until=0)
    assert caught.value.hint
