"""What Keras 2.15 runs for a Lambda that is replaced, so that there is a truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from exporter.load import LoadRequest, load
from interchange.errors import Exit, Failure
from keras2to3.dry_run.replaced_layers import parse
from tests.models.replacements import fourfold
from tests.models.untranslatable import squashed
from tests.support.paths import MODELS
from translation.keras2_to_runnable import Normalised

FILE = MODELS / "replacements.py"
BODIES = {
    "followed": lambda x: x * 4,
    "named": squashed,
    "lost": tf.nn.l2_normalize,
    "trusted": lambda x: x * len(open.__name__),
    "helped": lambda x: fourfold(x),  # noqa: PLW0108  (bytecode is what is asked for)
}


def loaded(keras: Any, path: Path, body: str, function: str, *, trust: bool = False) -> tuple[np.ndarray, Normalised]:
    """What the model answers to one, and what is told of its Lambda."""
    x = keras.Input((1,))
    arguments = {"named": {"scale": 1.0}, "lost": {"axis": 1}}.get(body)
    keras.Model(x, keras.layers.Lambda(BODIES[body], name="it", arguments=arguments)(x)).save(path)
    rows: list[Normalised] = []
    replaced = {"it": parse(f"it={FILE}:{function}")}
    model = load(LoadRequest(path, "h5", trust, replaced), rows.append)
    return model(np.ones((1, 1), "float32")).numpy(), rows[0]


@pytest.mark.parametrize(
    ("body", "function", "trust", "truth", "answer"),
    [
        ("followed", "fivefold", False, "recovered", 4),
        ("followed", "fivefold", True, "recovered", 4),
        ("named", "softsign", False, "given", 0.5),
        ("lost", "unit", False, "given", 1),
        ("trusted", "fivefold", True, "original", 4),
        ("helped", "fivefold", True, "original", 4),
    ],
)
def test_the_truth(
    keras: Any, tmp_path: Path, body: str, function: str, trust: bool, truth: str, answer: float
) -> None:
    found, row = loaded(keras, tmp_path / "a.h5", body, function, trust=trust)
    assert (row.layer, row.rule, row.truth, found.item()) == ("it", "Lambda", truth, answer)


@pytest.mark.parametrize(("body", "function"), [("named", "squashed"), ("trusted", "fourfold")])
def test_where_there_is_none_the_replacement_is_refused(keras: Any, tmp_path: Path, body: str, function: str) -> None:
    with pytest.raises(Failure, match="the original function is unknown") as caught:
        loaded(keras, tmp_path / "a.h5", body, function)
    assert caught.value.code is Exit.REFUSED
    assert caught.value.problems[0].layer == "it"


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_an_operator_that_is_not_whole_is_what_the_user_s_file_says(keras: Any, tmp_path: Path, ending: str) -> None:
    x = keras.Input((2,))
    saved = keras.Model(x, tf.where(x == 1.0, x * 2, x))
    saved.save(tmp_path / f"a.{ending}")
    (name,) = (layer.name for layer in saved.layers if layer.name.endswith(".eq"))
    rows: list[Normalised] = []
    replaced = {name: parse(f"{name}={FILE}:is_one")}
    model = load(LoadRequest(tmp_path / f"a.{ending}", ending, replaced=replaced), rows.append)
    np.testing.assert_array_equal(model(np.array([[1.0, 3.0]], "float32")), [[2, 3]])
    assert [(row.layer, row.truth) for row in rows] == [(name, "given")]
    assert "replacement" not in str(model.get_config())


def test_an_operator_that_is_whole_is_the_truth_itself(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((2,))
    keras.Model(x, tf.abs(x)).save(tmp_path / "a.h5")
    rows: list[Normalised] = []
    model = load(
        LoadRequest(tmp_path / "a.h5", replaced={"tf.math.abs": parse(f"tf.math.abs={FILE}:fivefold")}), rows.append
    )
    np.testing.assert_array_equal(model(np.array([[-1.0, 3.0]], "float32")), [[1, 3]])
    assert rows == []
