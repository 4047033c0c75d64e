"""A recovered body as readable Python, for the report; what has no simple words is told step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bytecode import phrases
from bytecode.code import Code, Instruction
from bytecode.expressions import Unsaid
from bytecode.statements import body, parameters


def source(code: Code, defaults: Sequence[Any] = (), closure: Sequence[Any] = ()) -> str:
    """The function as a lambda or a `def`, or else as a list of its steps, below the values it took along."""
    taken = [f"# {name} = {value!r:.100}" for name, value in zip(code.freevars, closure)]
    try:
        return "\n".join([*taken, _function(code, defaults)])
    except (Unsaid, RecursionError):  # or conditions within conditions, deeper than anyone writes them
        return "\n".join([*taken, _listing(code)])


def _function(code: Code, defaults: Sequence[Any]) -> str:
    lines = body(code)
    values = [phrases.constant(tuple(value) if isinstance(value, list) else value) for value in defaults]
    if len(lines) == 1 and lines[0].startswith("return ") and code.name == "<lambda>":
        return f"lambda {parameters(code, values)}: {lines[0][len('return ') :]}"
    name = "f" if code.name == "<lambda>" else code.name
    return "\n".join([f"def {name}({parameters(code, values)}):", *(f"    {line}" for line in lines)])


def _listing(code: Code) -> str:
    steps = (f"{number:4} {step.op} {_told(code, step)}".rstrip() for number, step in enumerate(code.instructions))
    return "\n".join([f"# {code.name}, step by step", *steps])


def _told(code: Code, step: Instruction) -> str:
    if step.op == "CONST":
        return phrases.constant(code.consts[step.argument]).text
    return "" if step.argument is None else str(step.argument)
