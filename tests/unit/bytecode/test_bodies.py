"""Functions that seven Pythons compiled are read, attributed to their Python, and compute what Python computes."""

from __future__ import annotations

import inspect
import json
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from bytecode import Code, run
from bytecode.instructions import opcodes
from bytecode.interpreter.trace import Recorder, parameters, readable
from interchange import strictjson
from tests.oracles.bytecode_bodies import CLOSED, PLAIN, PYTHON_2, PYTHON_3, PYTHON_38
from tests.oracles.numpy_backend import NumpyBackend, numbers, tensor
from tests.oracles.numpy_tensors import NAMES, Library, Live, inward
from tests.support.paths import ORACLES
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import unpack

WRITTEN = json.loads((ORACLES / "bytecode.json").read_text(encoding="utf-8"))
SOURCES = {**PLAIN, **CLOSED, **PYTHON_3, **PYTHON_38, **PYTHON_2}
CASES = [(python, name) for python, entry in WRITTEN.items() for name in entry["bodies"]]
ONLY_PYTHON_2 = {
    "whole division": lambda x: x * 3,
    "long": lambda x: x * 3 + 2,
    "tuple argument": lambda xs: xs[0] * xs[1] - xs[2],
    "print": lambda x: x,
}
# The Pythons that compile a body to the same instructions; one of them is in `Code.python`.
SAME = {"3.6": {"3.6", "3.7"}, "3.7": {"3.7"}, "3.8": {"3.8", "3.9"}, "3.9": {"3.9"}, "3.12": {"3.11", "3.12"}}


def arrays() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=(2, 3, 4)).astype(np.float32) for _ in range(3)]


def arguments(many: bool, kind: type | Any) -> list[Any]:
    made = [kind(array) for array in arrays()]
    return [made] if many else made[:1]


def computed(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What Python itself computes from the source of the body."""
    for module in ("tensorflow", "keras", "keras.backend"):
        monkeypatch.setitem(sys.modules, module, _module(module))
    if name in ONLY_PYTHON_2:
        function = ONLY_PYTHON_2[name]
    else:
        space: dict[str, Any] = dict(NAMES)
        exec(SOURCES[name], space)
        function = space["f"]
    many = next(iter(inspect.signature(function).parameters)) == "xs"
    return numbers(inward(function(*arguments(many, Live))))


def _module(name: str) -> Any:
    library = NAMES["tf" if name == "tensorflow" else "K"]

    class Module(ModuleType):
        def __getattr__(self, attribute: str) -> Any:
            if attribute.startswith("__"):
                raise AttributeError(attribute)
            return NAMES["K"] if attribute == "backend" else getattr(library, attribute)

    return Module(name)


def recovered(python: str, name: str) -> Any:
    """What the interpreter computes from the compiled body."""
    text, defaults, cells, *kwdefaults = WRITTEN[python]["bodies"][name]
    stored = unpack([text, defaults, cells])
    code = stored.code
    assert Code.from_json(strictjson.parse(strictjson.dump(code.to_json()))) == code
    assert code.python in SAME.get(python, {python})
    many = code.varnames[0] in ("xs", ".0")
    backend = NumpyBackend()
    found = run(
        code,
        arguments(many, tensor),
        backend=backend,
        libraries=LIBRARIES,
        defaults=stored.defaults,
        kwdefaults=dict(*kwdefaults),
        closure=stored.closure,
    )
    return numbers(found)


def same(left: Any, right: Any) -> None:
    if isinstance(left, list):
        assert len(left) == len(right)
        for mine, other in zip(left, right):
            same(mine, other)
    else:
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(("python", "name"), CASES)
def test_a_body_tells_its_python_and_means_what_python_computes(
    python: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    same(recovered(python, name), computed(name, monkeypatch))


def traced(python: str, name: str) -> str:
    """The operations of a body as Python."""
    text, defaults, cells, *kwdefaults = WRITTEN[python]["bodies"][name]
    stored = unpack([text, defaults, cells])
    given = arguments(stored.code.varnames[0] in ("xs", ".0"), tensor)
    recorder = Recorder(NumpyBackend(), parameters(stored.code, given, {}))
    found = run(
        stored.code,
        given,
        backend=recorder,
        libraries=LIBRARIES,
        defaults=stored.defaults,
        kwdefaults=dict(*kwdefaults),
        closure=stored.closure,
    )
    return readable(recorder, stored.code, found)


@pytest.mark.parametrize(("python", "name"), CASES)
def test_the_recorded_operations_are_a_function_that_computes_the_same(python: str, name: str) -> None:
    text = traced(python, name)
    if name == "many":  # of which the first ones alone are written
        assert text.endswith("# and 100 more operations")
        return
    space: dict[str, Any] = {**NAMES, "keras": Library("keras")}
    exec(text if text.startswith("def ") else f"f = {text}", space)
    function = space[next(reversed(space))]
    many = next(iter(inspect.signature(function).parameters)) in ("xs", "x0")
    same(numbers(inward(function(*arguments(many, Live)))), recovered(python, name))


def test_the_recorded_operations_are_good_to_read() -> None:
    for python in WRITTEN:
        assert traced(python, "scale") == "def f(x):\n    t1 = x / 127.5\n    return t1 - 1"


@pytest.mark.parametrize("python", WRITTEN)
def test_the_instructions_are_those_of_the_interpreter(python: str) -> None:
    assert dict(opcodes.numbers(python)) == WRITTEN[python]["opcodes"]


def test_numbers_that_are_whole_stay_so_when_rounded() -> None:
    rounded = numbers(NumpyBackend().call("math.round", (tensor(np.array([1, -2], np.int32)),), {}))
    assert (rounded.dtype, rounded.tolist()) == (np.int32, [1, -2])


def test_functions_and_arguments_that_tensorflow_renamed_are_said_in_new_words() -> None:
    assert LIBRARIES.modern("sub", {"keep_dims": True, "name": "a"}) == (
        "subtract",
        {"keepdims": True, "name": "a"},
    )
    assert LIBRARIES.modern("argmax", {"dimension": 1}) == ("argmax", {"axis": 1})


@pytest.mark.parametrize(
    ("dotted", "path"),
    [
        ("keras.backend.tf.nn", "nn"),
        ("tensorflow.keras.backend", "keras.backend"),
        ("tensorflow.python.keras.backend", "keras.backend"),
        ("keras.backend.tensorflow_backend", "keras.backend"),
    ],
)
def test_modules_by_other_names(dotted: str, path: str) -> None:
    assert LIBRARIES.module(dotted, whole=True).path == path
