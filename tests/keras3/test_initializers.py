"""Free initialisers: building draws and factorises nothing, and the files still name what there was."""

from __future__ import annotations

import numpy as np
import pytest

from importer.build.initializers import make_free
from interchange.workers.initializers import COSTLY

HEIRS = ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal")


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Free initialisers for the length of a test."""
    import keras

    for name in COSTLY:
        kind = getattr(keras.initializers, name)
        monkeypatch.setattr(kind, "__call__", kind.__call__)
    make_free()


@pytest.mark.parametrize("name", [*COSTLY, *HEIRS])
@pytest.mark.parametrize("dtype", [None, "float16"])
def test_what_costs_gives_zeros(free: None, name: str, dtype: str | None) -> None:
    import keras

    for shape in ((3, 4), (300, 4000)):  # what is large is handed over without a copy
        value = getattr(keras.initializers, name)()(shape, dtype=dtype)
        assert value.dtype == (dtype or "float32")
        np.testing.assert_array_equal(value, np.zeros(shape))


@pytest.mark.parametrize("name", ["Ones", "Identity"])
def test_what_costs_nothing_stays(free: None, name: str) -> None:
    import keras

    assert np.any(getattr(keras.initializers, name)()((3, 3)))


def test_a_layer_is_built_of_zeros_and_names_its_initializers_as_before(free: None) -> None:
    import keras

    layer = keras.layers.LSTM(4, recurrent_initializer=keras.initializers.Orthogonal(gain=3.0))
    layer.build((None, 5, 3))
    assert not np.any(layer.cell.recurrent_kernel)
    assert layer.get_config()["recurrent_initializer"]["config"] == {"seed": None, "gain": 3.0}
