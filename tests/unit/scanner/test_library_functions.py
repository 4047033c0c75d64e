"""Functions of libraries that a Lambda was given as they are: told by module and name, never by their own bodies."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bytecode import Code, run
from interchange.errors import Exit
from keras2to3.cli.command_line import parse
from keras2to3.dry_run import assess
from keras2to3.options.commands import CheckOptions
from keras2to3.scanner.lambda_bodies import is_wrapper, obstacle, unblock
from keras2to3.scanner.process.messages import ScanRequest
from tests.models.hdf5_files import layer
from tests.oracles.numpy_backend import NumpyBackend, numbers, tensor
from tests.support.paths import ORACLES
from tests.unit.dry_run.test_replaced_layers import checked, source
from translation.lambdas.bodies import recovered
from translation.lambdas.library_functions import is_lost, symbol_of
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import unpack

pytestmark = pytest.mark.usefixtures("scan_here")

WRITTEN = json.loads((ORACLES / "bytecode.json").read_text(encoding="utf-8"))
WRAPPER = WRITTEN["3.11"]["hostile"]["reference"][:3]
NN = "tensorflow.python.ops.nn_impl"


def wrapper(name: Any, module: str | None, **arguments: Any) -> dict[str, Any]:
    return {"function": [*WRAPPER[:2], [name]], "module": module, "arguments": arguments}


@pytest.mark.parametrize(
    ("name", "module", "symbol"),
    [
        ("l2_normalize", NN, "nn.l2_normalize"),
        ("l2_normalize_v2", NN, "nn.l2_normalize"),
        ("reduce_sum_v1", "tensorflow_core.python.ops.math_ops", "math.reduce_sum"),
        ("expand_dims_v2", "tensorflow.python.ops.array_ops", "expand_dims"),
        ("norm_v2", "tensorflow.python.ops.linalg_ops", "linalg.norm"),
        ("abs", "keras.src.backend", "keras.backend.abs"),
        ("abs", "keras.backend.tensorflow_backend", "keras.backend.abs"),
        ("abs", "tensorflow_core.python.keras.backend", "keras.backend.abs"),
        ("gelu", "keras.activations", "keras.activations.gelu"),
        ("write_file", "tensorflow.python.ops.gen_io_ops", None),
        ("no_such", NN, None),
        ("l2_normalize", "__main__", None),
        ("l2_normalize", None, None),
        ("op_dispatch_handler", NN, None),
    ],
)
def test_module_and_name_tell_the_public_function(name: str, module: str | None, symbol: str | None) -> None:
    assert symbol_of(wrapper(name, module)) == symbol


def test_it_is_called_with_all_that_the_layer_gives() -> None:
    body = recovered(wrapper("l2_normalize", NN))["function"]
    x = np.array([[3.0, 4.0]], np.float32)
    found = run(Code.from_json(body["code"]), [tensor(x)], {"axis": 1}, backend=NumpyBackend(), libraries=LIBRARIES)
    np.testing.assert_allclose(numbers(found), x / 5, rtol=1e-6)


@pytest.mark.parametrize(("name", "lost"), [("op_dispatch_handler", True), ("abs", False), (3.0, False)])
def test_what_a_wrapper_has_lost(name: Any, lost: bool) -> None:
    assert is_lost(unpack(wrapper(name, NN)["function"])) is lost
    assert is_wrapper(wrapper(name, NN)) is lost


def test_the_way_out_where_it_is_lost_arrives(tmp_path: Path) -> None:
    config = wrapper("op_dispatch_handler", NN)
    path = source(tmp_path, layer("Lambda", "it", **copy.deepcopy(config)))
    (problem,) = checked(path)["error"]["problems"]
    assert "the file does not say to which one" in problem["text"]
    assert problem["unblock"] == unblock(config, "it", "")
    file = tmp_path / "mine.py"
    file.write_text("def unit(x): ...\n")
    refusal = checked(path, f"it={file}:unit")
    assert refusal["exit_code"] == Exit.REFUSED
    told = refusal["error"]["problems"][0]["unblock"]
    for text in (problem["unblock"], told):
        (old,) = [line for line in text.split("`") if line.startswith("def ")]
        file.write_text(f"def unit(x): ...\n{old}: ...\n")
        assert checked(path, f"it={file}:unit")["status"] == "ready"


def test_what_is_named_needs_no_way_out() -> None:
    assert obstacle(wrapper("l2_normalize", NN)) is None
    assert "unknown names" in str(obstacle(WRITTEN_AS_MAIN))


WRITTEN_AS_MAIN = {"function": WRITTEN["3.11"]["hostile"]["unknown name"][:3], "module": "__main__"}


def test_a_file_that_defines_the_names_of_a_body_is_a_way_out(tmp_path: Path) -> None:
    path = source(tmp_path, layer("Lambda", "it", **WRITTEN_AS_MAIN, arguments={}))
    (problem,) = checked(path)["error"]["problems"]
    assert "Where Config are numbers or texts, name a file that defines them" in problem["unblock"]
    file = tmp_path / "own.py"
    for content, ready in (("class Config:\n    scale = 2.0\n", True), ("Other = 3\n", False)):
        file.write_text(content)
        given = parse(["check", str(path), "--custom-objects", str(file), "--output-dir", str(tmp_path / "out")])
        assert isinstance(given, CheckOptions)
        report = assess.checked(ScanRequest.of(path, None, given))
        assert (report.error is None) is ready
