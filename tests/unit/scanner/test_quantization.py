"""A quantisation-aware model is one row, whatever else stands beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit, Failure
from keras2to3.scanner.examine import scan_model
from tests.models.hdf5_files import dense, lambda_layer, layer, sequential, write

MODULE = "tensorflow_model_optimization.python.core.quantization.keras"


def config(class_name: str) -> dict[str, Any]:
    return {"class_name": class_name, "module": MODULE, "registered_name": class_name, "config": {"num_bits": 8}}


def quantised(name: str, class_name: str = "QuantizeWrapperV2") -> dict[str, Any]:
    inner = dense(name, activation=config("QuantizeAwareActivation"))
    return layer(class_name, f"quant_{name}", layer=inner, quantize_config=config("Default8BitQuantizeConfig"))


def test_it_is_told_by_one_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", sequential(layer("QuantizeLayer", "start"), quantised("a"), quantised("b")))
    with pytest.raises(Failure) as caught:
        scan_model(path)
    (problem,) = caught.value.problems
    assert (caught.value.code, problem.layer, problem.class_name) == (Exit.REFUSED, "start", "QuantizeLayer")
    assert problem.text.startswith("3 layers are those of TensorFlow Model Optimization")


def test_what_stands_beside_it_is_told_as_well(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", sequential(quantised("a"), lambda_layer("f"), layer("Own", "own")))
    with pytest.raises(Failure) as caught:
        scan_model(path)
    assert [problem.layer for problem in caught.value.problems] == ["quant_a", "f", "own"]


def test_whoever_defines_the_layers_is_not_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.h5", sequential(quantised("a")))
    own = ("QuantizeWrapperV2", "QuantizeAwareActivation", "Default8BitQuantizeConfig")
    assert scan_model(path, defined=own).problems == ()
