"""Calls with `training=True`: written out, or refused with a way out that leads there."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.errors import Exit, Failure
from translation.keras2_to_3.translate import NOT_TRAINING


@pytest.mark.parametrize("shape", [(4,), (5, 4), (3, 3, 4)])
def test_batches_are_normalised_by_their_own_statistics(old: Any, arrive: Any, shape: tuple[int, ...]) -> None:
    x = old.Input(shape)
    model = old.Model(x, old.layers.BatchNormalization()(x, training=True))
    arrived = arrive(model).model
    for shift, count in ((0, 6), (30, 3), (5, 1)):
        given = (shift + np.random.default_rng(count).standard_normal((count, *shape))).astype("float32")
        np.testing.assert_allclose(arrived(given, training=False), model(given), rtol=2e-5, atol=2e-4)


def test_what_is_dropped_at_inference_is_drawn_anew_by_every_call(old: Any, arrive: Any) -> None:
    x = old.Input((50,))
    arrived = arrive(old.Model(x, old.layers.Dropout(0.5)(x, training=True)))
    first, second = (np.asarray(arrived.model(np.ones((4, 50), "float32"), training=False)) for _ in range(2))
    assert {*np.unique(first)} == {0.0, 2.0}
    assert (first != second).any()
    assert any("keras.random" in change["text"] for change in arrived.report["changes"])


def test_the_way_out_of_a_call_that_is_refused_leads_there(old: Any, arrive: Any, tmp_path: Path) -> None:
    x, gru = old.Input((3, 2)), old.layers.GRU(2, dropout=0.5)
    with pytest.raises(Failure) as caught:
        arrive(old.Model(x, gru(x, training=True)))
    assert caught.value.code is Exit.REFUSED
    assert [problem.unblock for problem in caught.value.problems] == [NOT_TRAINING]
    shutil.rmtree(tmp_path / "bundle")
    assert arrive(old.Model(x, gru(x))).report["verification"]["strength"] == "full"


def test_a_layer_that_is_called_in_both_ways_is_refused_with_the_cause_and_two_ways_out(
    old: Any, arrive: Any, tmp_path: Path
) -> None:
    def called(*training: bool | None) -> Any:
        x, layer = old.Input((3,)), old.layers.BatchNormalization(name="normalised")
        return old.Model(x, [layer(x * (place + 1.0), training=how) for place, how in enumerate(training)])

    with pytest.raises(Failure) as caught:
        arrive(called(True, None))
    assert caught.value.code is Exit.REFUSED
    assert "changes its weights" in caught.value.message
    assert "training=True in all calls of this layer, or in none" in str(caught.value.hint)
    for training in ((True, True), (None, None)):
        shutil.rmtree(tmp_path / "bundle")
        assert arrive(called(*training)).report["verification"]["strength"] == "full"
