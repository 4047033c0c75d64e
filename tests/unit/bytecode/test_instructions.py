"""The table of instructions has CPython's names, and says of each what its handler does to the stack."""

from __future__ import annotations

from typing import Any

import pytest

from bytecode import Code, Instruction, run
from bytecode.instructions import opcodes
from bytecode.instructions.table import INSTRUCTIONS
from tests.oracles.numpy_backend import NumpyBackend
from tests.unit.bytecode.test_bodies import WRITTEN
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import unpack

# Instructions that no body of the tests uses: what is on the stack, the argument, and the result.
OTHERS: dict[str, tuple[tuple[Any, ...], Any, Any]] = {
    "UNARY_POSITIVE": ((-2,), None, -2),
    "UNARY_NOT": ((0,), None, True),
    "SET_UPDATE": (((1, 2),), 1, {1, 2}),
    "BUILD_SET_UNPACK": (((1, 2), (2, 3)), 2, {1, 2, 3}),
}
KINDS = {None, "count", "depth", "target", "consts", "names", "slots", "cells", "lowered"}


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_each_is_an_instruction_of_some_python(name: str) -> None:
    assert any(name in opcodes.numbers(python) for python in opcodes.PYTHONS)
    assert INSTRUCTIONS[name].argument in KINDS
    assert (INSTRUCTIONS[name].jump_pushes is not None) <= (INSTRUCTIONS[name].argument == "target")


def test_the_bodies_of_the_tests_use_every_instruction() -> None:
    used: set[str] = set()

    def collect(code: Code) -> None:
        used.update(step.op for step in code.instructions)
        for constant in filter(lambda value: isinstance(value, Code), code.consts):
            collect(constant)

    for entry in WRITTEN.values():
        for body in entry["bodies"].values():
            collect(unpack(body[:3]).code)
    assert INSTRUCTIONS.keys() - used == OTHERS.keys()


@pytest.mark.parametrize("name", OTHERS)
def test_an_instruction_that_no_body_of_the_tests_uses(name: str) -> None:
    consts, argument, result = OTHERS[name]
    steps = [*(Instruction("LOAD_CONST", number) for number in range(len(consts))), Instruction(name, argument)]
    if name == "SET_UPDATE":
        steps = [Instruction("BUILD_SET", 0), *steps]
    code = Code("f", "3.8", 0, 0, 0, 0, (), (), (), (), consts, (*steps, Instruction("RETURN_VALUE")))
    assert run(code, [], backend=NumpyBackend(), libraries=LIBRARIES) == result
