"""The door of `.keras` files: three layouts of weights, vocabularies beside them, and what does not fit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from exporter.load import LoadRequest, load
from interchange.errors import Exit, Failure
from tests.models import edited_keras_files as archives
from tests.models.edited_keras_files import OLD
from tests.models.keras_files import TEXTS, net, numbers, shuffled, words

Saved = dict[str, tuple[Path, Any, list[Any]]]
LAYOUTS: dict[str, Callable[[Path, Path], Path]] = {
    "layers": shutil.copy,
    "windows": archives.on_windows,
    OLD: archives.of_keras_2_13,
}


def opened(path: Path) -> Any:
    return load(LoadRequest(path, "keras"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """Each model's file, inputs for it, and what it answers."""
    import keras

    folder = tmp_path_factory.mktemp("saved")
    found = {}
    for build, x in ((net, np.random.default_rng(1).normal(size=(2, 6, 4)).astype("float32")), (words, TEXTS)):
        model = build(keras)
        model.save(folder / f"{build.__name__}.keras")
        found[build.__name__] = (folder / f"{build.__name__}.keras", x, [answer.numpy() for answer in model(x)])
    return found


@pytest.mark.parametrize("name", ["net", "words"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_every_layer_what_it_had(
    keras: Any, saved: Saved, tmp_path: Path, layout: str, name: str
) -> None:
    path, x, expected = saved[name]
    for answer, wanted in zip(opened(LAYOUTS[layout](path, tmp_path / "other.keras"))(x), expected, strict=True):
        np.testing.assert_array_equal(answer, wanted)


def test_bins_that_were_counted_are_counted_again(keras: Any, tmp_path: Path) -> None:
    model = numbers(keras)
    model.save(tmp_path / "model.keras")
    x = [np.array([[1.5, 8.0], [4.0, -1.0]], "float32"), np.array([[1, 3], [5, 7]])]
    for answer, expected in zip(opened(tmp_path / "model.keras")(x), model(x), strict=True):
        np.testing.assert_array_equal(answer, expected)


def test_weights_of_cudnn_become_those_of_a_cell(keras: Any, tmp_path: Path) -> None:
    gru = keras.layers.GRU(2, return_sequences=True)
    lstm = keras.layers.Bidirectional(keras.layers.LSTM(3), name="both")
    model = shuffled(keras.Sequential([keras.Input((5, 4)), gru, lstm]))
    model.save(tmp_path / "model.keras")
    content = archives.members(tmp_path / "model.keras")
    config = content[archives.CONFIG].decode()
    for name in ("GRU", "LSTM"):
        config = config.replace(f'"class_name": "{name}"', f'"class_name": "CuDNN{name}"')
    archives.write(tmp_path / "cudnn.keras", {**content, archives.CONFIG: config.encode()})

    def of_cudnn(file: h5py.File) -> None:
        file.move("layers/gru", "layers/cu_dnngru")
        for place, gates in (
            ("layers/cu_dnngru", 3),
            ("layers/bidirectional/forward_layer", 4),
            ("layers/bidirectional/backward_layer", 4),
        ):
            kernel, recurrent, bias = (file[f"{place}/cell/vars/{index}"][()] for index in range(3))
            del file[f"{place}/cell"]
            for index, weight in enumerate((kernel, recurrent)):
                turned = [part.T.reshape(part.shape) for part in np.split(weight, gates, axis=1)]
                file[f"{place}/vars/{index}"] = np.concatenate(turned, axis=1)
            whole = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
            file[f"{place}/vars/2"] = whole.reshape(-1)

    x = np.random.default_rng(1).normal(size=(2, 5, 4)).astype("float32")
    answer = opened(archives.edited(tmp_path / "cudnn.keras", tmp_path / "other.keras", of_cudnn))(x)
    np.testing.assert_allclose(answer, model(x), rtol=1e-5, atol=1e-6)


@pytest.fixture
def dense(keras: Any, tmp_path: Path) -> Path:
    layers = [keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2, name="second")]
    shuffled(keras.Sequential(layers)).save(tmp_path / "dense.keras")
    return tmp_path / "dense.keras"


def smaller(file: h5py.File) -> None:
    del file["layers/dense/vars/0"]
    file["layers/dense/vars/0"] = np.zeros((4, 2), "float32")


def surplus(file: h5py.File) -> None:
    file["layers/dense/vars/2"] = np.zeros(5, "float32")
    file["layers/dense_7/vars/0"] = np.zeros(6, "float32")


def missing(file: h5py.File) -> None:
    del file["layers/dense/vars/1"]
    del file["layers/dense_1"]


@pytest.mark.parametrize(
    ("edit", "rows"),
    [
        (smaller, [("first", "kernel is (4, 3) in the model and (4, 2) in the file")]),
        (
            surplus,
            [
                ("first", "2 (5,) is stored and belongs to nothing"),
                ("layers/dense_7/0", "is stored and belongs to no layer"),
            ],
        ),
        (missing, [("first", "bias is missing"), ("second", "kernel is missing"), ("second", "bias is missing")]),
    ],
)
def test_whatever_does_not_fit_is_listed(
    dense: Path, edit: Callable[[h5py.File], None], rows: list[tuple[str, str]]
) -> None:
    with pytest.raises(Failure) as caught:
        opened(archives.edited(dense, dense.with_name("broken.keras"), edit))
    assert caught.value.code is Exit.WEIGHTS
    assert [(problem.layer, problem.text) for problem in caught.value.problems] == rows


def test_a_vocabulary_that_is_not_there_is_missed(keras: Any, tmp_path: Path) -> None:
    lookup = keras.layers.StringLookup(name="words")
    lookup.adapt(np.array([["a"], ["b"]]))
    x = keras.Input((1,), dtype="string")
    keras.Model(x, lookup(x)).save(tmp_path / "model.keras")
    content = {name: data for name, data in archives.members(tmp_path / "model.keras").items() if "assets" not in name}
    with pytest.raises(Failure) as caught:
        opened(archives.write(tmp_path / "bare.keras", content))
    assert (caught.value.code, caught.value.problems[0].layer) == (Exit.UNREADABLE, "words")


def test_layers_of_one_name_are_refused_by_it(dense: Path) -> None:
    def twice(config: Any) -> None:
        config["config"]["layers"][2]["config"]["name"] = "first"

    with pytest.raises(Failure, match="first") as caught:
        opened(archives.configured(dense, dense.with_name("twice.keras"), twice))
    assert caught.value.code is Exit.REFUSED
