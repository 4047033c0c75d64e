"""Functions of Python 3.4 and 3.5, assembled by hand from their documentation: there are no such interpreters here."""

from __future__ import annotations

import marshal
from typing import Any

import numpy as np
import pytest

from bytecode import Code, Refused, Unreadable, read, run
from bytecode.instructions import opcodes
from tests.oracles.numpy_backend import NumpyBackend, numbers, tensor
from translation.lambdas.library_names import LIBRARIES

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def assembled(python: str, steps: str, consts: tuple[Any, ...] = (None,), names: tuple[str, ...] = ()) -> bytes:
    """A function of `x` in the layout of 3.4 to 3.7, with instructions of one byte or three."""
    code = b""
    for step in steps.split("; "):
        name, *argument = step.split()
        code += bytes([opcodes.numbers(python)[name]]) + b"".join(int(n).to_bytes(2, "little") for n in argument)
    fields = (code, consts, names, ("x",), (), (), "model.py", "f")
    counts = b"".join(n.to_bytes(4, "little") for n in (1, 0, 1, 9, 67))
    return b"c" + counts + b"".join(marshal.dumps(value, 2) for value in fields) + b"\1\0\0\0" + marshal.dumps(b"", 2)


def result(code: Code) -> Any:
    return numbers(run(code, [tensor(X)], backend=NumpyBackend(), libraries=LIBRARIES))


SCALE = "LOAD_FAST 0; LOAD_CONST 1; BINARY_TRUE_DIVIDE; LOAD_CONST 2; BINARY_SUBTRACT; RETURN_VALUE"


def test_both_read_what_means_the_same_in_both() -> None:
    code = read(assembled("3.4", SCALE, (None, 127.5, 1.0)))
    assert code.python == "3.5"
    np.testing.assert_array_equal(result(code), X / np.float32(127.5) - 1)


def test_named_arguments_are_pairs_on_the_stack() -> None:
    steps = "LOAD_GLOBAL 0; LOAD_ATTR 1; LOAD_FAST 0; LOAD_CONST 1; LOAD_CONST 2; CALL_FUNCTION 257; RETURN_VALUE"
    code = read(assembled("3.5", steps, (None, "axis", -1), ("K", "sum")))
    np.testing.assert_array_equal(result(code), X.sum(-1))


@pytest.mark.parametrize(
    ("python", "steps"),
    [
        ("3.4", "BUILD_MAP 1; LOAD_CONST 1; LOAD_CONST 0; STORE_MAP"),
        ("3.5", "LOAD_CONST 0; LOAD_CONST 1; BUILD_MAP 1"),
    ],
)
def test_dictionaries_tell_the_two_apart(python: str, steps: str) -> None:
    code = read(
        assembled(python, f"{steps}; LOAD_CONST 0; BINARY_SUBSCR; LOAD_FAST 0; BINARY_MULTIPLY; RETURN_VALUE", ("k", 3))
    )
    assert code.python == python
    np.testing.assert_array_equal(result(code), X * 3)


def test_a_loop_of_old_ends_where_its_block_does() -> None:
    steps = (
        "SETUP_LOOP 22; LOAD_CONST 0; GET_ITER; FOR_ITER 14; POP_TOP; LOAD_FAST 0; LOAD_FAST 0; BINARY_ADD; "
        "STORE_FAST 0; JUMP_ABSOLUTE 7; POP_BLOCK; NOP; LOAD_FAST 0; RETURN_VALUE"
    )
    code = read(assembled("3.5", steps, ((1, 2),)))
    np.testing.assert_array_equal(result(code), X * 4)


STARS = (
    "LOAD_GLOBAL 0; LOAD_FAST 0; LOAD_CONST 0; LOAD_CONST 1; LOAD_CONST 2; CALL_FUNCTION_VAR 257; RETURN_VALUE",
    ("axis", 1, ()),
    ("K",),
)


def test_what_the_two_read_as_different_functions_is_refused_with_both_names() -> None:
    with pytest.raises(Unreadable, match=r"Python 3\.4 and 3\.5 both read it, as different functions"):
        read(assembled("3.5", *STARS))


def test_an_order_of_arguments_that_is_not_certain_is_refused() -> None:
    """What follows the return is never reached, but only 3.5 can have written it."""
    steps, consts, names = STARS
    code = read(assembled("3.5", f"{steps}; LOAD_FAST 0; BINARY_MATRIX_MULTIPLY", consts, names))
    assert code.python == "3.5"
    with pytest.raises(Refused, match="CALL_FUNCTION_VAR with named arguments"):
        result(code)
