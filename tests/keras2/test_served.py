"""Graphs without a model of Keras: which of them can be tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exporter import served
from interchange.errors import Exit, Failure


@pytest.mark.parametrize("kind", ["string", "float32"])
@pytest.mark.parametrize("shape", [(), None])
def test_an_input_without_an_axis_of_samples_is_refused_by_its_name(
    keras: Any, tmp_path: Path, kind: str, shape: Any
) -> None:
    import tensorflow as tf

    def answer(given: Any) -> Any:
        return tf.identity(given)

    module = tf.Module()
    module.answer = tf.function(answer, input_signature=[tf.TensorSpec(shape, kind, name="given")])
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.answer)
    with pytest.raises(Failure) as caught:
        served.export(tmp_path / "saved", tmp_path / "bundle", {}, None, lambda _: None)
    assert caught.value.code is Exit.REFUSED
    assert [(problem.layer, problem.key) for problem in caught.value.problems] == [("given", "shape")]
