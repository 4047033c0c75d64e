"""Keras 3 as the importing worker has it; tf_keras stands in for Keras 2.15 and goes through the real exporter."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import pytest

from importer.whole_model import migrate
from interchange.bundle import Bundle
from interchange.messages.requests import ImportRequest

os.environ |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0"}


def pytest_configure(config: pytest.Config) -> None:
    """The frameworks may call outdated what they do among themselves, and Keras 3 warns of every mask that ends."""
    for line in ("ignore::DeprecationWarning", "ignore:Layer .* was passed an input with a mask:UserWarning"):
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session", autouse=True)
def _frozen_frameworks() -> None:
    """Keep what the frameworks have imported out of garbage collections, as the workers do: each is a hundred times
    faster, and every test has several.
    """
    import keras  # noqa: F401
    import tf_keras  # noqa: F401

    gc.collect()
    gc.freeze()


@pytest.fixture
def old() -> ModuleType:
    """Keras 2 with fresh names."""
    import keras
    import tf_keras

    keras.backend.clear_session()
    tf_keras.backend.clear_session()
    return tf_keras


@contextlib.contextmanager
def keras_2_everywhere() -> Iterator[None]:
    """Within, whoever imports `keras` or a module of it gets that of tf_keras."""
    import tf_keras  # noqa: F401  (what it has loaded is found below)

    homes = {name: name.partition(".")[0] for name in sys.modules}
    twins = {name.removeprefix("tf_"): sys.modules[name] for name, home in homes.items() if home == "tf_keras"}
    with mock.patch.dict(sys.modules):
        for name in [name for name, home in homes.items() if home == "keras"]:
            del sys.modules[name]
        sys.modules.update(twins)
        yield


def exported(model: Any, folder: Path, own: Any = None) -> Bundle:
    """The bundle of a Keras 2 model, with classes of the user's `own`; its weights are at random and none is zero."""
    from exporter import whole_model
    from exporter.load import LoadRequest, custom_objects
    from interchange.messages.requests import ProbeOptions

    random = np.random.default_rng(2015)
    weights = [random.uniform(0.1, 0.9, weight.shape) for weight in model.get_weights()]
    model.set_weights(weights)
    with (
        keras_2_everywhere(),
        mock.patch.object(whole_model, "load", return_value=model),
        mock.patch.object(whole_model.training, "write", return_value=False),  # there is no file to read
    ):
        whole_model.export(
            LoadRequest(Path("model.h5"), own=own or custom_objects.NO_CUSTOM_OBJECTS),
            folder,
            {},
            ProbeOptions(),
            lambda line: None,
        )
    model.set_weights(weights)  # which the measuring of noise has moved
    return Bundle.open(folder)


@dataclass(frozen=True)
class Arrived:
    """A model that has come through: the file, stock Keras 3's reading of it, and what the report says."""

    path: Path
    model: Any
    report: Mapping[str, Any]


@pytest.fixture
def arrive(old: ModuleType, tmp_path: Path) -> Callable[[Any], Arrived]:
    """Migrate a Keras 2 model: every step from the exporter to the verified file."""

    def arrive(model: Any) -> Arrived:
        import keras

        exported(model, tmp_path / "bundle")
        path = tmp_path / "model.keras"
        report = migrate(ImportRequest(tmp_path / "bundle", path), lambda line: None).to_json()
        return Arrived(path, keras.saving.load_model(path), report)

    return arrive


@pytest.fixture(autouse=True)
def _one_policy() -> Iterator[None]:
    """No test leaves its dtype policy to the next."""
    import keras

    yield
    keras.config.set_dtype_policy("float32")
