"""SavedModels that write and read files for TensorFlow 2.15: what the look refuses would be carried out."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import canary
from tests.attacks.canary import SECRET
from tests.attacks.graph_files import GRAPHS

LIVE = [name for name, graph in GRAPHS.items() if graph.live]


@pytest.mark.parametrize("name", LIVE)
def test_without_the_look_it_would_do_its_harm(name: str, tmp_path: Path) -> None:
    secrets = canary.make(tmp_path / "canary", code="")
    before = set(secrets.folder.iterdir())
    GRAPHS[name].make(secrets).write(tmp_path / "model")
    answers = _answers(tmp_path / "model")
    assert set(secrets.folder.iterdir()) - before or SECRET in str(answers)


def _answers(folder: Path) -> Any:
    """What the signature answers; a graph may fail after it has done what it is made for."""
    import tensorflow as tf

    with contextlib.suppress(tf.errors.OpError):
        return tf.saved_model.load(str(folder)).signatures["serving_default"]()
    return None
