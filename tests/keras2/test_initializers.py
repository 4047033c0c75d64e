"""Free initialisers: what would be drawn or factorised is zeros, and the model is the same after loading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.keras2.initializers import make_free
from exporter.load import LoadRequest, load
from interchange.workers.initializers import COSTLY

HEIRS = ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")


@pytest.fixture
def free(keras: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Free initialisers for the length of a test."""
    from keras.src.initializers import initializers

    for name in COSTLY:
        original = getattr(initializers, name).__call__
        monkeypatch.setattr(getattr(initializers, name), "__call__", original)
    make_free()


@pytest.mark.parametrize("name", [*COSTLY, *HEIRS])
@pytest.mark.parametrize("dtype", [None, "float16"])
def test_what_costs_gives_zeros(keras: Any, free: None, name: str, dtype: str | None) -> None:
    for shape in ((3, 4), (300, 4000)):  # what is large is handed over without a copy
        value = getattr(keras.initializers, name)()(shape, dtype=dtype)
        assert value.dtype == (dtype or "float32")
        np.testing.assert_array_equal(value, np.zeros(shape))


@pytest.mark.parametrize("name", ["Ones", "Identity"])
def test_what_costs_nothing_stays(keras: Any, free: None, name: str) -> None:
    assert getattr(keras.initializers, name)()((3, 3)).numpy().any()


def test_a_config_names_its_initializers_as_before(keras: Any, free: None) -> None:
    config = keras.layers.Dense(2, kernel_initializer=keras.initializers.Orthogonal(gain=3.0)).get_config()
    assert config["kernel_initializer"]["class_name"] == "Orthogonal"
    assert config["kernel_initializer"]["config"] == {"gain": 3.0, "seed": None}


@pytest.fixture
def drawn(keras: Any) -> Any:
    """A model made with costly initialisers, before they are free."""
    return keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4), keras.layers.Dense(2)])


def test_a_loaded_model_has_the_weights_of_its_file(drawn: Any, free: None, tmp_path: Path) -> None:
    drawn.save(tmp_path / "model.h5")
    for stored, loaded in zip(drawn.get_weights(), load(LoadRequest(tmp_path / "model.h5")).get_weights()):
        np.testing.assert_array_equal(stored, loaded)
