"""A user's function in place of a layer: what it builds, and what it must not."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from importer.decompositions.layers import Blueprint, replacement
from interchange.errors import Exit, Failure
from interchange.user_files.replacements import Replacement
from keras2to3.dry_run.replaced_layers import parse
from tests.support.paths import MODELS
from translation.keras2_to_3.spec import Spec

FILE = MODELS / "replacements.py"
RAISE = next(number for number, line in enumerate(FILE.read_text().splitlines(), 1) if "raise RuntimeError" in line)


def given(function: str) -> Replacement:
    return parse(f"inner/it={FILE}:{function}")


def composed(replaced: Replacement, arguments: Any = None) -> Any:
    import keras

    x = keras.Input((4,))
    settings = {"replacement": replaced, "arguments": arguments}
    return replacement.compose(Blueprint("it", "float32", settings, x, inputs=x)).layer


def test_it_is_called_as_the_lambda_was() -> None:
    import numpy as np

    layer = composed(given("softsign"), {"scale": 3.0})
    assert layer.name == "it"
    assert "replacement" not in json.dumps(layer.get_config())
    np.testing.assert_allclose(layer(np.float32([[1.0, -3.0, 0.0, 9.0]])), [[1.5, -2.25, 0.0, 2.7]])


def test_it_is_called_as_the_operator_was() -> None:
    import keras

    x, y = keras.Input((4,)), keras.Input((4,))
    spec = Spec("operators", "TFOpLambda", {"replacement": given("softsign")}, "it", "it")
    result = replacement.call(spec, [x], {"scale": y})
    assert keras.Model([x, y], result).get_layer("it")


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("raises", f"line {RAISE} raises RuntimeError: never meant to be called"),
        ("softsign", "it raises TypeError: softsign() missing 1 required positional argument: 'scale'"),
        ("returns_a_number", "it returns int, not a tensor"),
        ("returns_nothing", "it returns NoneType, not a tensor"),
        ("with_weights", "it creates weights"),
        ("with_a_lambda", "it builds Lambda"),
        ("with_a_function", "it builds function fourfold"),
        ("with_a_layer_of_ones_own", "it builds Own"),
    ],
)
def test_what_cannot_stand_there_is_refused_under_the_name_of_the_layer(function: str, says: str) -> None:
    with pytest.raises(Failure) as caught:
        composed(given(function))
    (problem,) = caught.value.problems
    assert caught.value.code is Exit.REFUSED
    assert (problem.layer, problem.class_name, problem.value) == ("inner/it", "Lambda", f"replacements.py:{function}")
    assert says in problem.text


def test_a_file_that_does_not_run_or_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import nowhere\ndef f(x): return x\n")
    broken = parse(f"it={file}:f")
    with pytest.raises(
        Failure, match="cannot be run: line 1: ModuleNotFoundError: No module named 'nowhere'"
    ) as caught:
        composed(broken)
    assert caught.value.code is Exit.REFUSED
    with pytest.raises(Failure, match="has changed") as caught:
        composed(dataclasses.replace(broken, sha256="0" * 64))
    assert caught.value.code is Exit.USAGE
