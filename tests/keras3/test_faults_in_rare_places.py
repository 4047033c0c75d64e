"""Faults that few inputs show: another word, other rows of an embedding, a step elsewhere, a mask that is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.verify.verify import verify
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.messages.requests import ToleranceOptions
from tests.keras3.conftest import exported
from tests.keras3.test_verify import built

Build = Callable[[Any, Any], Any]
WORDS = [f"word {number}" for number in range(60)]


def stepping(offset: float) -> Build:
    import tensorflow as tf

    return lambda old, x: old.layers.Dense(2)(tf.round(x * 1.3 + offset))


def compared(step: float) -> Build:
    import tensorflow as tf

    return lambda old, x: old.layers.Dense(2)(tf.where(x > step, x, tf.zeros_like(x)))


def looking_up(words: list[str]) -> Build:
    def build(old: Any, x: Any) -> Any:
        numbers = old.layers.StringLookup(vocabulary=words)(x)
        return old.layers.Dense(2)(old.layers.Flatten()(old.layers.Embedding(61, 3)(numbers)))

    return build


def masked(*, is_masked: bool) -> Build:
    def build(old: Any, x: Any) -> Any:
        y = old.layers.Embedding(50, 4, mask_zero=is_masked)(x)
        return old.layers.Dense(2, "sigmoid")(
            old.layers.GlobalMaxPooling1D()(old.layers.LSTM(3, return_sequences=True)(y))
        )

    return build


def normalised(epsilon: float) -> Build:
    def build(old: Any, x: Any) -> Any:
        y = old.layers.Dense(6, "relu")(x)
        return old.layers.Dense(2, "softmax")(old.layers.BatchNormalization(epsilon=epsilon)(y))

    return build


def gated(slope: float | None) -> Build:
    import tensorflow as tf

    def build(old: Any, x: Any) -> Any:
        y = old.layers.Dense(4)(x)
        gate = tf.clip_by_value(y * slope + 0.5, 0.0, 1.0) if slope else old.layers.Activation("hard_sigmoid")(y)
        return old.layers.Dense(1, "sigmoid")(gate)

    return build


FLOATS, IDS, STRINGS = ((4,), "float32"), ((10,), "int32"), ((1,), "string")
FAULTS: Mapping[str, tuple[tuple[tuple[int, ...], str], Build, Build]] = {
    "a step moved by 0.3": (FLOATS, stepping(0.2), stepping(0.5)),
    "a comparison moved by 0.01": (FLOATS, compared(0.37), compared(0.38)),
    "a word in the middle": (STRINGS, looking_up(WORDS), looking_up([*WORDS[:31], "other", *WORDS[32:]])),
    "a mask dropped": (IDS, masked(is_masked=True), masked(is_masked=False)),
    "an epsilon": (FLOATS, normalised(1e-3), normalised(1e-5)),
    "the hard_sigmoid of Keras 3": (FLOATS, gated(None), gated(1 / 6)),
}


def model(old: Any, takes: tuple[tuple[int, ...], str], build: Build) -> Any:
    old.backend.clear_session()
    x = old.Input(takes[0], dtype=takes[1], name="x")
    return old.Model(x, build(old, x))


def require_caught(wrong: Any, bundle: Bundle) -> None:
    with pytest.raises(Failure) as caught:
        verify(wrong, bundle, ToleranceOptions())
    assert caught.value.code is Exit.DIFFERS


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_few_inputs_show_is_caught(old: Any, fault: str, tmp_path: Path) -> None:
    takes, *builds = FAULTS[fault]
    right, wrong = (exported(model(old, takes, build), tmp_path / name) for build, name in zip(builds, "ab"))
    verify(built(right).model, right, ToleranceOptions())
    require_caught(built(wrong).model, right)


def test_swapped_rows_of_an_embedding_are_caught_whichever_they_are(old: Any, tmp_path: Path) -> None:
    def averaged(old: Any, x: Any) -> Any:
        y = old.layers.Embedding(900, 4, name="words")(x)
        return old.layers.Dense(2, "softmax")(old.layers.GlobalAveragePooling1D()(y))

    bundle = exported(model(old, IDS, averaged), tmp_path / "bundle")
    rebuilt = built(bundle).model
    words = rebuilt.get_layer("words").embeddings
    table = np.array(words)
    for row in (0, 77, 450, 898):
        swapped = table.copy()
        swapped[[row, row + 1]] = table[[row + 1, row]]
        words.assign(swapped)
        require_caught(rebuilt, bundle)
    words.assign(table)
    verify(rebuilt, bundle, ToleranceOptions())


def test_what_proves_nothing_of_further_samples_is_not_told(old: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    x = old.Input((3,))
    bundle = exported(old.Model(x, tf.sin(x * 1e6)), tmp_path / "bundle")
    found = verify(built(bundle).model, bundle, ToleranceOptions())
    assert {row.probe for row in found.proves_nothing} == {"wide", "single"}
    assert "more-1" in found.inputs
    assert found.samples < 200
