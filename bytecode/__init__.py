"""Functions that a model file holds as the bytecode of some Python: read and followed, never run."""

from bytecode.code import Code, Instruction
from bytecode.limits import Limits
from bytecode.machine import run
from bytecode.read import read
from bytecode.refusals import Refused, Unreadable
from bytecode.stored import Stored, unpack
from bytecode.world import World

__all__ = [
    "Code",
    "Instruction",
    "Limits",
    "Refused",
    "Stored",
    "Unreadable",
    "World",
    "read",
    "run",
    "unpack",
]
