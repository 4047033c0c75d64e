"""`with` and `try` in a body: scopes of names compute nothing, and what is tried is all that is followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame
from bytecode.refusals import Refused


class Scope:
    """What a function that opens a scope of names gives; called, it is left."""


SCOPE = Scope()
SCOPES = frozenset("name_scope compat.v1.name_scope keras.backend.name_scope".split())


def _enter(_: Context, frame: Frame, __: None) -> None:
    if frame.pop() is not SCOPE:
        raise Refused("with, of anything but a scope of names", "with")
    frame.push(SCOPE)
    frame.push("scope")


def _leave(_: Context, frame: Frame, __: None) -> None:
    """Up to 3.8: the scope lies below a None that says that nothing was raised."""
    scope, nothing = frame.take(2)
    if scope is not SCOPE or nothing is not None:
        raise Refused("with, of anything but a scope of names", "with")
    frame.push(None)


def _setup_block(_: Context, frame: Frame, __: None) -> None:
    frame.blocks.append((None, len(frame.stack)))


def _pop_block(_: Context, frame: Frame, __: None) -> None:
    if not frame.blocks:
        raise Refused("a loop ends outside of one")
    frame.blocks.pop()


def _break(_: Context, frame: Frame, __: None) -> None:
    if not frame.blocks or frame.blocks[-1][0] is None:
        raise Refused("a loop is left from within try or with, or outside of one", "BREAK")
    target, depth = frame.blocks.pop()
    frame.number = int(target or 0)
    del frame.stack[depth:]


HANDLERS: dict[str, Callable[[Any, Any, Any], None]] = {
    "ENTER": _enter,
    "LEAVE": _leave,
    "SETUP_BLOCK": _setup_block,
    "POP_BLOCK": _pop_block,
    "BREAK": _break,
}
