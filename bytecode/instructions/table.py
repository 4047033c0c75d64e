"""All instructions that can be interpreted, by CPython's names; functions of every Python are lowered to these.

Python documents LOAD_CONST at https://docs.python.org/3/library/dis.html#opcode-LOAD_CONST, and so on; one that newer
Pythons no longer have is documented there for the last one that had it (`opcodes.py`).
"""

from __future__ import annotations

from collections.abc import Mapping

from bytecode.instructions import calls, containers, flow, operations, variables
from bytecode.instructions.definition import Definition

INSTRUCTIONS: Mapping[str, Definition] = {
    definition.name: definition
    for module in (variables, operations, containers, calls, flow)
    for definition in module.DEFINITIONS
}
