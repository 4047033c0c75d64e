"""Reads functions that a model file holds as the bytecode of some Python, and interprets them; they are never run."""

from bytecode.code import Code, Instruction
from bytecode.interpreter.backend import Backend
from bytecode.interpreter.budget import Limits
from bytecode.interpreter.machine import run
from bytecode.reading.read import read
from bytecode.refusals import Refused, Unreadable

__all__ = ["Backend", "Code", "Instruction", "Limits", "Refused", "Unreadable", "read", "run"]
