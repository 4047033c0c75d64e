"""Graphs without a model of Keras: which of them can be tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter import graph_alone
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.messages.requests import ExportGraphRequest, ProbeOptions, SourceFacts


def export(folder: Path, samples: Path | None = None) -> None:
    about = SourceFacts("saved", "", "savedmodel", {})
    request = ExportGraphRequest(folder / "saved", folder / "bundle", about, ProbeOptions(samples))
    graph_alone.export(request, lambda _: None)


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
        export(tmp_path)
    assert caught.value.code is Exit.REFUSED
    assert [(problem.layer, problem.key) for problem in caught.value.problems] == [("given", "shape")]


def test_samples_tell_how_many_axes_an_input_has(keras: Any, tmp_path: Path) -> None:
    import tensorflow as tf

    module = tf.Module()
    signature = [tf.TensorSpec(None, "float32", name="given")]
    module.answer = tf.function(lambda given: tf.reduce_sum(given, -1), input_signature=signature)
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.answer)
    np.savez(tmp_path / "samples.npz", given=np.ones((2, 3, 4), "float32"))
    export(tmp_path, tmp_path / "samples.npz")
    bundle = Bundle.open(tmp_path / "bundle")
    shapes = {(row.facts["case"], row.facts["role"]): row.shape[1:] for row in bundle.rows("reference.npz")}
    assert shapes["normal", "input"] == shapes["samples", "input"] == (3, 4)
    assert shapes["normal", "output"] == (3,)
