"""One set of instructions for all Pythons: those of each Python are lowered to the ones in `instructions/table.py`.

Most are the same in every Python that has them. At the end are those that stand for others whatever their argument;
`lowering_rules.py` has the rest. What no function of a model needs stays as it is, and is refused when it is executed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bytecode.code import Instruction
from bytecode.instructions.table import INSTRUCTIONS
from bytecode.reading.code_objects import Compiled
from bytecode.reading.decode import Step
from bytecode.reading.lowering_rules import DIFFERENT, Lowered, Place, found
from bytecode.refusals import Unreadable

_TARGET = object()  # stands for the instruction that a jump goes to


def lower(
    compiled: Compiled, python: str, steps: Sequence[Step], line: Callable[[int], int | None]
) -> tuple[Instruction, ...]:
    """The steps of a function in the common instructions; jumps then count instructions, not bytes."""
    place = Place(compiled, python)
    joined = _joined(steps)
    lowered = [_lowered(place, joined.get(step.start, step)) for step in steps]
    starts = [0, *itertools.accumulate(map(len, lowered))]
    numbers = {step.start: number for step, number in zip(steps, starts)}
    return tuple(
        Instruction(op, numbers[step.target] if argument is _TARGET else argument, line(step.start))  # type: ignore[index]
        for step, instructions in zip(steps, lowered)
        for op, argument in instructions
    )


def _joined(steps: Sequence[Step]) -> dict[int, Step]:
    """Steps that others are part of, by where they start.

    KW_NAMES of 3.11 and 3.12 tells the call after it which arguments are named; others push the names before the call.
    SET_FUNCTION_ATTRIBUTE of 3.13 gives a function what MAKE_FUNCTION takes in others.
    """
    joined: dict[int, Step] = {}
    for number, step in enumerate(steps):
        if step.name == "KW_NAMES":
            call = next((other for other in steps[number + 1 : number + 3] if other.name != "PRECALL"), step)
            if call.name != "CALL":
                raise Unreadable("KW_NAMES without a call behind it")
            joined[call.start] = replace(call, name="CALL_KW")
        elif step.name == "MAKE_FUNCTION":
            attributes = itertools.takewhile(lambda other: other.name == "SET_FUNCTION_ATTRIBUTE", steps[number + 1 :])
            joined[step.start] = replace(step, argument=sum({other.argument for other in attributes}, step.argument))
    return joined


def _lowered(place: Place, step: Step) -> Lowered:
    if step.name in _FIXED:
        return _FIXED[step.name]
    if step.name in DIFFERENT:
        return DIFFERENT[step.name](place, step.argument)
    return ((step.name, _argument(place, step)),)


def _argument(place: Place, step: Step) -> Any:
    """The argument of an instruction that is the same in all Pythons."""
    kind = INSTRUCTIONS[step.name].argument if step.name in INSTRUCTIONS else None
    if kind in (None, "target"):
        return kind and _TARGET
    if kind == "depth" and not step.argument:
        raise Unreadable(f"{step.name} of nothing")
    if kind in ("count", "depth"):
        return step.argument
    return found(place, kind, step.argument)


_SIGNS = {
    "POWER": "**", "MULTIPLY": "*", "MATRIX_MULTIPLY": "@", "MODULO": "%", "ADD": "+", "SUBTRACT": "-", "DIVIDE": "/2",
    "FLOOR_DIVIDE": "//", "TRUE_DIVIDE": "/", "LSHIFT": "<<", "RSHIFT": ">>", "AND": "&", "XOR": "^", "OR": "|",
}  # fmt: skip
_JUMPS = "JUMP_FORWARD JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT CONTINUE_LOOP".split()
_NOTHING = (  # SET_FUNCTION_ATTRIBUTE is part of MAKE_FUNCTION, and POP_JUMP_IF_TRUE needs no TO_BOOL before
    "NOP PRECALL CACHE RESUME MAKE_CELL COPY_FREE_VARS GEN_START TO_BOOL SET_FUNCTION_ATTRIBUTE WITH_CLEANUP_FINISH "
    "PRINT_NEWLINE".split()
)
_FIXED: dict[str, Lowered] = {
    **{f"BINARY_{name}": (("BINARY_OP", sign),) for name, sign in _SIGNS.items()},
    **{f"INPLACE_{name}": (("BINARY_OP", f"{sign}="),) for name, sign in _SIGNS.items()},
    **{f"POP_JUMP_{way}_IF_{test}": ((f"POP_JUMP_IF_{test}", _TARGET),)
       for way in ("FORWARD", "BACKWARD") for test in ("FALSE", "TRUE", "NONE", "NOT_NONE")},
    **dict.fromkeys(_JUMPS, (("JUMP_ABSOLUTE", _TARGET),)),
    **dict.fromkeys(_NOTHING, ()),
    "ROT_TWO": (("ROT_N", 2),),
    "ROT_THREE": (("ROT_N", 3),),
    "ROT_FOUR": (("ROT_N", 4),),
    "DUP_TOP": (("COPY", 1),),
    "DUP_TOP_TWO": (("COPY", 2), ("COPY", 2)),
    "SETUP_WITH": (("SETUP_FINALLY", None), ("BEFORE_WITH", None)),
    "SETUP_EXCEPT": (("SETUP_FINALLY", None),),
    "WITH_CLEANUP_START": (("WITH_CLEANUP", None),),
    **dict.fromkeys(("END_FINALLY", "POP_FINALLY", "PRINT_ITEM"), (("POP_TOP", None),)),  # printing computes nothing
    "BINARY_SLICE": (("BUILD_SLICE", 2), ("BINARY_SUBSCR", None)),
    "STORE_SLICE": (("BUILD_SLICE", 2), ("STORE_SUBSCR", None)),
    "FORMAT_SIMPLE": (("FORMAT_VALUE", 0),),
    "FORMAT_WITH_SPEC": (("FORMAT_VALUE", 4),),
}  # fmt: skip
"""By name, what an instruction becomes whatever its argument."""
