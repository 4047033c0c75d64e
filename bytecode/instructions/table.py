"""All instructions that can be interpreted, by CPython's names; functions of every Python are lowered to these.

Python documents LOAD_CONST at https://docs.python.org/3/library/dis.html#opcode-LOAD_CONST, and so on; one that newer
Pythons no longer have is documented there for the last one that had it (`opcodes.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bytecode.instructions import calls, containers, flow, operations, variables
from bytecode.instructions.definition import Definition


def _definitions(module: Any) -> Iterator[Definition]:
    """Those that a module has decorated, or has made in a tuple."""
    for value in vars(module).values():
        values = value if isinstance(value, tuple) else (value,)
        yield from (item for item in values if isinstance(item, Definition))


INSTRUCTIONS: Mapping[str, Definition] = {
    definition.name: definition
    for module in (variables, operations, containers, calls, flow)
    for definition in _definitions(module)
}
