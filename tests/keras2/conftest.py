"""Keras 2.15, quiet and on the CPU, as the exporting worker has it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from types import ModuleType

import pytest

from exporter.run import inference

os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}

# What an old framework does that its Python or itself calls outdated by now.
OUTDATED = ("ignore::DeprecationWarning", "ignore:You are saving your model as an HDF5 file:UserWarning")


def pytest_configure(config: pytest.Config) -> None:
    for line in OUTDATED:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session", autouse=True)
def _frozen_framework() -> None:
    """Keep what Keras has imported out of garbage collections, as the worker does: every test has several."""
    import keras  # noqa: F401

    gc.collect()
    gc.freeze()


@pytest.fixture
def keras() -> Iterator[ModuleType]:
    """Keras with fresh names and a fixed seed."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(2015)
    yield keras
    inference.release()
