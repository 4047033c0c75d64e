"""Bodies and code objects made to do harm end soon, in a refusal that names why."""

from __future__ import annotations

import ast
import base64
import json
import marshal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bytecode import Code, Limits, Refused, Unreadable, read, run
from bytecode.interpreter.trace import Recorder, readable
from keras2to3.scanner import lambda_bodies
from tests.oracles.numpy_backend import NumpyBackend, tensor
from tests.support.paths import ORACLES, ROOT
from translation.lambdas.library_names import LIBRARIES
from translation.lambdas.stored_functions import unpack

WRITTEN = json.loads((ORACLES / "bytecode.json").read_text(encoding="utf-8"))
SCALES = {python: base64.b64decode(entry["bodies"]["scale"][0]) for python, entry in WRITTEN.items()}
HOSTILE = WRITTEN["3.11"]["hostile"]
REASONS = {
    "endless loop": "steps",
    "endless recursion": "deeper",
    "mutual recursion": "deeper",
    "power": "a number of",
    "shift": "a number of",
    "product": "a number of",
    "text": "a container of",
    "list": "a container of",
    "range to a list": "a container of|steps",
    "sum of a range": "a container of|steps",
    "growing list": "a container of|steps",
    "doubling list": "a container of|steps",
    "doubling tuple": "nested deeper|steps",
    "doubling tuple as a key": "nested deeper|steps",
    "zeros": "an array of",
    "outer product": "an array of",
    "tile": "an array of",
    "objects": "given to a function of NumPy",
    "dtype": "given to a function of NumPy",
    "round": "digits",
    "tensor of zeros": "larger",
    "format": "unsupported formatting",
    "braces": "unsupported formatting",
    "attribute in braces": "unsupported formatting",
    "tensor in text": "formatting of Tensor as a string",
    "nothing reduced": "of nothing",
    "reference": "the variable fn",
    "member of a builtin": "fromkeys",
    "search": "a container of",
    "infinite generator": "steps|a container of",
    "condition": "a condition on a tensor",
    "loop over a tensor": "a loop over a tensor",
    "open": "the name open",
    "eval": "the name eval",
    "import": "import of os",
    "dunder": "the method __class__|the attribute __class__|a call of Method|the method mro",
    "private": "private",
    "attribute": "STORE_ATTR",
    "global": "STORE_GLOBAL",
    "unknown function": "no_such_function",
    "unknown name": "Config",
    "file": "fromfile",
    "f-string": "unsupported formatting",
    "with": "other than a name scope",
    "raise": "RAISE_VARARGS",
    "numpy method": "tofile",
}


def body(name: str) -> Code:
    return unpack(HOSTILE[name]).code


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_by_name(name: str) -> None:
    with pytest.raises(Refused, match=REASONS[name]):
        run(body(name), [tensor(np.ones((2, 3, 4), np.float32))], backend=NumpyBackend(), libraries=LIBRARIES)


def test_a_reference_to_a_function_of_a_library_is_told_as_such() -> None:
    config = {"function": HOSTILE["reference"], "function_type": "lambda", "module": "keras.src.backend"}
    assert (
        lambda_bodies.obstacle(config)
        == "it refers to a function of keras.src.backend, and the file does not say to which one"
    )


def test_the_mask_of_a_lambda_is_looked_at_too() -> None:
    scale = WRITTEN["3.11"]["bodies"]["scale"]
    assert lambda_bodies.obstacle({"function": scale, "mask": scale}) is None
    assert "Config" in str(lambda_bodies.obstacle({"function": scale, "mask": HOSTILE["unknown name"]}))
    assert "cannot be read" in str(lambda_bodies.obstacle({"function": scale, "mask": "a_function"}))


def test_a_refusal_tells_the_line_and_the_name() -> None:
    with pytest.raises(Refused) as refusal:
        run(body("unknown name"), [tensor(np.ones((2, 3), np.float32))], backend=NumpyBackend(), libraries=LIBRARIES)
    assert (refusal.value.name, refusal.value.line) == ("Config", 3)


def test_limits_are_the_callers() -> None:
    with pytest.raises(Refused, match="more than 3 steps"):
        run(
            read(SCALES["3.11"]),
            [tensor(np.ones(2, np.float32))],
            backend=NumpyBackend(),
            libraries=LIBRARIES,
            limits=Limits(steps=3),
        )


@pytest.mark.parametrize("python", SCALES)
def test_a_truncated_code_object_is_unreadable(python: str) -> None:
    data = SCALES[python]
    for end in range(len(data)):
        with pytest.raises(Unreadable):
            read(data[:end])
    with pytest.raises(Unreadable, match="1 bytes follow"):
        read(data + b"N")


def _code(replaced: dict[str, Any], python: str = "3.8") -> bytes:
    """A code object of the layout of 3.8, field by field."""
    fields: dict[str, Any] = {
        "argcount": 1, "posonly": 0, "kwonly": 0, "nlocals": 1, "stacksize": 2, "flags": 83,
        "code": bytes([124, 0, 83, 0]), "consts": (None,), "names": (), "varnames": ("x",), "freevars": (),
        "cellvars": (), "filename": "m", "name": "f", "first": 1, "lines": b"",
    }  # fmt: skip
    fields.update(replaced)
    numbers = ("argcount", "posonly", "kwonly", "nlocals", "stacksize", "flags", "first")
    return b"c" + b"".join(
        value.to_bytes(4, "little", signed=True) if key in numbers else marshal.dumps(value, 2)
        for key, value in fields.items()
    )


FORGED = {
    "jump outside": ({"code": bytes([113, 200, 83, 0])}, "jumps to byte 200"),
    "jump into an instruction": ({"code": bytes([113, 3, 124, 0, 83, 0])}, "jumps to byte 3"),
    "no return": ({"code": bytes([124, 0, 1, 0])}, "the code ends without a return"),
    "no instructions": ({"code": b""}, "table of lines|no instructions"),
    "empty stack": ({"code": bytes([23, 0, 83, 0])}, "takes 2 of 0 values"),
    "deep stack": ({"code": bytes([124, 0] * 9 + [83, 0])}, "values are on a stack of 2"),
    "left behind": ({"code": bytes([124, 0, 124, 0, 83, 0])}, "left on the stack"),
    "unknown instruction": ({"code": bytes([255, 0, 83, 0])}, "no instruction 255"),
    "argument to none": ({"code": bytes([124, 0, 83, 7])}, "has an argument"),
    "missing local": ({"code": bytes([124, 1, 83, 0])}, "there is no name 1"),
    "missing constant": ({"code": bytes([100, 1, 83, 0])}, "there is no constant 1"),
    "missing comparison": ({"code": bytes([124, 0, 124, 0, 107, 77, 83, 0])}, "there is no comparison 77"),
    "half an instruction": ({"code": bytes([124, 0, 83])}, "ends within an instruction"),
    "prefix at the end": ({"code": bytes([124, 0, 83, 0, 144, 1])}, "within its last instruction"),
    "huge argument": ({"code": bytes([144, 255, 144, 255, 144, 255, 124, 255, 83, 0])}, "out of range"),
    "negative count": ({"argcount": -1}, "argcount is -1"),
    "more arguments than names": ({"argcount": 2}, "more arguments than"),
    "locals without names": ({"nlocals": 5}, "5 local variables have 1 names"),
    "names that are numbers": ({"names": (1,)}, "not a string"),
    "names that are no tuple": ({"names": "x"}, "not a tuple"),
    "code that is text": ({"code": "abc"}, "not bytes"),
    "list of constants": ({"consts": ([],)}, "unknown kind of value"),
    "lines beyond the code": ({"lines": bytes([200, 1])}, "table of lines"),
    "depth by path": ({"code": bytes([124, 0, 114, 6, 124, 0, 124, 0, 83, 0])}, "is reached with|left on the stack"),
}


def test_the_code_object_that_is_forged_is_sound_otherwise() -> None:
    assert read(_code({})).python in ("3.8", "3.9")


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_code_object_is_unreadable(name: str) -> None:
    replaced, reason = FORGED[name]
    with pytest.raises(Unreadable, match=reason):
        read(_code(replaced))


def _with_constants(raw: bytes) -> bytes:
    """The sound code object with other bytes where its constants were."""
    return _code({}).replace(marshal.dumps((None,), 2), raw)


CONSTANTS = {
    "deep nesting": b"\x28\x01\x00\x00\x00" * 5000 + b"N",
    "reference to itself": b"\xa8\x01\x00\x00\x00r\x00\x00\x00\x00",
    "reference to nothing": b"(\x01\x00\x00\x00r\x09\x00\x00\x00",
    "negative reference": b"(\x01\x00\x00\x00r\xff\xff\xff\xff",
    "lying count": b"(\xff\xff\xff\x7f",
    "negative count": b"(\xff\xff\xff\xff",
    "lying length of text": b"(\x01\x00\x00\x00u\xff\xff\xff\x7f",
    "giant number": b"(\x01\x00\x00\x00l\xff\xff\xff\x7f",
    "digit out of range": b"(\x01\x00\x00\x00l\x01\x00\x00\x00\xff\xff",
    "number that is none": b"(\x01\x00\x00\x00f\x03abc",
    "growing references": b"(\x1e\x00\x00\x00" + b"\xa8\x01\x00\x00\x00N"
    + b"".join(b"\xa8\x02\x00\x00\x00" + (b"r" + n.to_bytes(4, "little")) * 2 for n in range(29)),
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_that_would_not_end_are_unreadable(name: str) -> None:
    with pytest.raises(Unreadable):
        read(_with_constants(CONSTANTS[name]))


def test_the_table_of_lines_tells_which_jumps_count_bytes() -> None:
    """A jump counts bytes up to 3.9, and instructions from 3.10 on, whose table of lines covers all of the code."""
    code = bytes([100, 0, 114, 4, 100, 0, 83, 0, 100, 1, 83, 0])
    made = {"code": code, "consts": (1, 2), "lines": bytes([len(code) - 2, 1])}
    assert read(_code(made)).python in ("3.8", "3.9")
    assert read(_code({**made, "lines": bytes([len(code), 0])})).python == "3.10"


@pytest.mark.parametrize(
    "text", [None, 5, [], {"class_name": "other"}, "not base64 and not marshalled", ["AAAA", 5, 6]]
)
def test_what_is_no_stored_function_is_unreadable(text: Any) -> None:
    with pytest.raises(Unreadable):
        unpack(text)


def test_every_spelling_of_a_stored_function_is_read() -> None:
    data = SCALES["2.7"]
    base = base64.b64encode(data).decode()
    config = {"code": base, "defaults": None, "closure": None}
    spelled = ({"class_name": "__lambda__", "config": config}, {"class_name": "__tuple__", "items": [base, None, None]})
    for stored in (base, [base, None, None], data.decode("latin-1"), *spelled):
        assert unpack(stored).code == read(data)


@settings(max_examples=400)
@given(st.sampled_from(sorted(WRITTEN)), st.sampled_from(sorted(WRITTEN["3.6"]["bodies"])), st.data())
def test_mutated_bytes_are_refused_or_end_soon(python: str, name: str, data: Any) -> None:
    entry = WRITTEN[python]["bodies"]
    mutated = bytearray(base64.b64decode(entry.get(name, entry["scale"])[0]))
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    try:
        code = read(bytes(mutated))
        backend = Recorder(NumpyBackend(), {})
        found = run(
            code,
            [tensor(np.ones((2, 3, 4), np.float32))],
            backend=backend,
            libraries=LIBRARIES,
            limits=Limits(steps=2000),
        )
        assert readable(backend, code, found)
    except (Unreadable, Refused):
        pass


def test_no_module_of_the_reader_can_run_what_it_reads() -> None:
    files = [*(ROOT / "bytecode").rglob("*.py"), *(ROOT / "translation" / "lambdas").rglob("*.py")]
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}
    assert len(trees) > 40
    for file, tree in trees.items():
        forbidden = {"marshal", "dis", "opcode", "importlib", "pickle"}
        if file.is_relative_to(ROOT / "bytecode"):
            forbidden.add("types")
        for node in ast.walk(tree):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            called = [node.func.id] if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else []
            assert not forbidden & set(imported), file
            assert not {"eval", "exec", "compile", "__import__"} & set(called), file


# Of Python 3.11: a set and a dictionary of the first 30,000 multiples of 2**61 - 1, which all have the same hash.
COLLIDING = {
    "set": (
        "YwEAAAAAAAAAAAAAAAQAAAADAAAA8zwAAACXAGQBhAB0AQAAAAAAAAAAAABkAqYBAACrAQAAAAAAAAAARACmAAAAqwAAAAAAAAAA"
        "AHICfABuAXwAUwApA05jAQAAAAAAAAAAAAAABAAAABMAAADzGAAAAJcAaAB8AF0HfQFkAHwBegUAAJICjAhTACkBbAUAAAD/f/9/"
        "/3//fwEAqQApAtoCLjDaAWtzAgAAACAg+gg8c3RyaW5nPvoJPHNldGNvbXA+ehs8bGFtYmRhPi48bG9jYWxzPi48c2V0Y29tcD4B"
        "AAAAcxwAAACAANAPMtAPMtAPMqABkBeYIZEL0A8y0A8y0A8y8wAAAABpMHUAACkB2gVyYW5nZSkB2gF4cwEAAAAgcgUAAAD6CDxs"
        "YW1iZGE+cgoAAAABAAAAcyQAAACAANAPMtAPMqVVqDWhXKRc0A8y0Q8y1A8y0Ao5iCGIIbgBgAByBwAAAA=="
    ),
    "dict": (
        "YwEAAAAAAAAAAAAAAAQAAAADAAAA8zwAAACXAGQBhAB0AQAAAAAAAAAAAABkAqYBAACrAQAAAAAAAAAARACmAAAAqwAAAAAAAAAA"
        "AHICfABuAXwAUwApA05jAQAAAAAAAAAAAAAABAAAABMAAADzGgAAAJcAaQB8AF0IfQFkAHwBegUAAGQBkwKMCVMAKQJsBQAAAP9/"
        "/3//f/9/AQDpAQAAAKkAKQLaAi4w2gFrcwIAAAAgIPoIPHN0cmluZz76CjxkaWN0Y29tcD56HDxsYW1iZGE+Ljxsb2NhbHM+Ljxk"
        "aWN0Y29tcD4BAAAAcx4AAACAANAPNdAPNdAPNaAxkBeYIZELmFHQDzXQDzXQDzXzAAAAAGkwdQAAKQHaBXJhbmdlKQHaAXhzAQAA"
        "ACByBgAAAPoIPGxhbWJkYT5yCwAAAAEAAABzJAAAAIAA0A810A81rQWoZakMrAzQDzXRDzXUDzXQCjyIIYghuDGAAHIIAAAA"
    ),
}


@pytest.mark.parametrize("kind", COLLIDING)
def test_keys_that_collide_are_refused_before_there_are_many(kind: str) -> None:
    with pytest.raises(Refused, match="a number as a key"):
        run(unpack(COLLIDING[kind]).code, [tensor(np.ones(3, np.float32))], backend=NumpyBackend(), libraries=LIBRARIES)
