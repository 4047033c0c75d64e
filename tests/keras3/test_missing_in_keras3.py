"""What an older Keras 3 has not is told by name, with the layer that needs it and the version that has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from importer.build import missing_in_keras3
from importer.build.rebuild import rebuild
from interchange.errors import Exit, Failure
from translation.keras2_to_3.translate import translated


def test_an_operation_that_is_missing(old: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras
    import tensorflow as tf

    x = old.Input((3,), name="x")
    graph, _ = translated(json.loads(old.Model(x, tf.math.tanh(x)).to_json()))
    monkeypatch.delattr(keras.ops, "tanh")
    monkeypatch.setitem(missing_in_keras3.OPERATIONS, "tanh", "3.99")  # type: ignore[arg-type]
    with pytest.raises(Failure) as failed:
        rebuild(graph)
    (problem,) = failed.value.problems
    assert failed.value.code is Exit.REFUSED
    assert problem.layer == "tf.math.tanh"
    assert f"keras.ops.tanh, which Keras {keras.__version__} does not have" in problem.text
    assert problem.unblock == "use --keras 3.99 or a newer one"


@pytest.mark.parametrize(("version", "helps"), [("3.8.0", "without --keras"), (None, "please report it")])
def test_what_helps_where_nobody_knows_what_has_it(
    version: str | None, helps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.setattr(keras, "__version__", version or keras.__version__)
    assert helps in missing_in_keras3.Lacking("keras.ops.new", None).unblock


def test_a_defect_of_ours_is_no_refusal() -> None:
    with pytest.raises(AttributeError) as raised:
        object().tanh  # type: ignore[attr-defined]  # noqa: B018
    assert missing_in_keras3.operation(raised.value) is None


@pytest.mark.parametrize(("version", "since"), [("3.8.0", "3.14"), ("3.14.0", None)])
def test_an_argument_that_is_missing(version: str, since: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(keras, "__version__", version)
    found = missing_in_keras3.argument("layers", "BatchNormalization", {"renorm": True})
    assert (found and found.since) == since
