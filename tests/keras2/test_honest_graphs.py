"""SavedModels that people really have, of TensorFlow 1 and 2: their tables and Savers break no law."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keras2to3.scanner.examine import examine

MAKERS: dict[str, Callable[[Path], None]] = {}


def made(make: Callable[[Path], None]) -> Callable[[Path], None]:
    MAKERS[make.__name__] = make
    return make


def _words(folder: Path) -> str:
    path = folder.with_name("words.txt")
    path.write_text("a\nb\n")
    return str(path)


@made
def tables(folder: Path) -> None:
    import tensorflow as tf

    lookup, words = tf.lookup, _words(folder)
    line, number = lookup.TextFileIndex.WHOLE_LINE, lookup.TextFileIndex.LINE_NUMBER

    class Tables(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            read = lookup.TextFileInitializer(words, tf.string, line, tf.int64, number)
            self.of_file = lookup.StaticHashTable(read, -1)
            self.of_vocabulary = lookup.StaticVocabularyTable(read, 3)
            self.of_tensors = lookup.StaticHashTable(lookup.KeyValueTensorInitializer(["a"], [1]), -1)
            self.changing = lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, x: Any) -> Any:
            looked = [table.lookup(x) for table in (self.of_file, self.of_vocabulary, self.of_tensors, self.changing)]
            return tf.add_n([tf.cast(each, tf.float32) for each in looked])

    module = Tables()
    tf.saved_model.save(module, str(folder), signatures=module.__call__)


@made
def tables_saved_again(folder: Path) -> None:
    import tensorflow as tf

    tables(folder.with_name("first"))
    loaded = tf.saved_model.load(str(folder.with_name("first")))
    tf.saved_model.save(loaded, str(folder), signatures=loaded.signatures)


@made
def exported_with_words(folder: Path) -> None:
    import keras

    x = keras.Input((1,), dtype="string")
    keras.Model(x, keras.layers.StringLookup(vocabulary=_words(folder))(x)).export(str(folder))


@made
def functions_that_only_compute(folder: Path) -> None:
    import keras
    import tensorflow as tf

    class Computing(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4, 4, 1])])
        def __call__(self, x: Any) -> Any:
            tf.print("answering", tf.shape(x))
            y = keras.layers.Resizing(2, 2, interpolation="area")(x)
            z = tf.math.betainc(tf.abs(y), 2.0 + y, tf.sigmoid(y))
            return y + z + tf.math.special.dawsn(y) + tf.math.special.expint(y) + tf.math.bessel_i0e(y)

    module = Computing()
    tf.saved_model.save(module, str(folder), signatures=module.__call__)


def _of_tensorflow_1(folder: Path, resource: bool, savers: int = 0, file: bool = False) -> None:
    import tensorflow as tf
    from tensorflow.python.ops import lookup_ops

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x, words = v1.placeholder(tf.float32, [None, 3]), v1.placeholder(tf.string, [None])
        y = tf.matmul(x, v1.get_variable("w", [3, 2], use_resource=resource))
        v1.add_to_collection("regularization_losses", tf.reduce_sum(y))
        if file:
            path = tf.constant(_words(folder))
            v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, path)
            found = lookup_ops.index_table_from_file(vocabulary_file=path, num_oov_buckets=1).lookup(words)
            y = y + tf.reduce_sum(tf.cast(found, tf.float32))
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        for sharded in range(savers):
            v1.train.Saver(sharded=bool(sharded))
        builder = v1.saved_model.Builder(str(folder))
        signature = v1.saved_model.predict_signature_def({"x": x, "words": words}, {"y": y})
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            {"serving_default": signature},
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=v1.tables_initializer(),
        )
        builder.save()


@made
def of_tensorflow_1(folder: Path) -> None:
    _of_tensorflow_1(folder, resource=True)


@made
def of_tensorflow_1_with_old_variables_and_savers_left_over(folder: Path) -> None:
    _of_tensorflow_1(folder, resource=False, savers=2)


@made
def of_tensorflow_1_with_a_file(folder: Path) -> None:
    _of_tensorflow_1(folder, resource=False, file=True)


@pytest.mark.parametrize("name", MAKERS)
def test_what_tensorflow_writes_breaks_no_law(name: str, tmp_path: Path) -> None:
    MAKERS[name](tmp_path / "model")
    assert examine(tmp_path / "model").unsafe == ()
