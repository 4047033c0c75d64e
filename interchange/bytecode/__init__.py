"""Functions that a model file holds as the bytecode of some Python: read and followed, never run."""

from interchange.bytecode.code import Code, Instruction
from interchange.bytecode.limits import Limits
from interchange.bytecode.machine import run
from interchange.bytecode.read import read
from interchange.bytecode.refusals import Refused, Unreadable
from interchange.bytecode.source import source
from interchange.bytecode.stored import Stored, unpack
from interchange.bytecode.world import World

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
    "source",
    "unpack",
]
