"""One small set of instructions for all Pythons: what each of theirs becomes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

from bytecode.code import Instruction
from bytecode.reading.code_objects import Compiled
from bytecode.reading.decode import Step
from bytecode.reading.meanings import ARGUED, Meaning, Place
from bytecode.refusals import Unreadable


def normalise(
    compiled: Compiled, python: str, steps: Sequence[Step], line: Callable[[int], int | None]
) -> tuple[Instruction, ...]:
    """The steps of a function in the common instructions; jumps then count instructions, not bytes."""
    place = Place(compiled, python)
    joined = _joined(steps)
    meanings = [_meaning(place, joined.get(step.start, step)) for step in steps]
    numbers: dict[int | None, int] = {}
    total = 0
    for step, found in zip(steps, meanings):
        numbers[step.start] = total
        total += len(found)
    return tuple(
        Instruction(op, numbers[step.target] if argument is _TARGET else argument, line(step.start))
        for step, found in zip(steps, meanings)
        for op, argument in found
    )


def _joined(steps: Sequence[Step]) -> dict[int, Step]:
    """What two steps tell together.

    KW_NAMES of 3.11 and 3.12 tells the call after it which arguments are named; others push the names before the call.
    SET_FUNCTION_ATTRIBUTE of 3.13 gives a function what MAKE_FUNCTION took along before.
    """
    found: dict[int, Step] = {}
    for number, step in enumerate(steps):
        if step.name == "KW_NAMES":
            call = next((other for other in steps[number + 1 : number + 3] if other.name != "PRECALL"), step)
            if call.name != "CALL":
                raise Unreadable("KW_NAMES without a call behind it")
            found[call.start] = replace(call, name="CALL_FUNCTION_KW")
        elif step.name == "MAKE_FUNCTION":
            given = itertools.takewhile(lambda other: other.name == "SET_FUNCTION_ATTRIBUTE", steps[number + 1 :])
            found[step.start] = replace(step, argument=sum({other.argument for other in given}, step.argument))
    return found


def _meaning(place: Place, step: Step) -> Sequence[Meaning]:
    if step.name in _FIXED:
        return _FIXED[step.name]
    if step.name in ARGUED:
        return ARGUED[step.name](place, step.argument)
    return (("REFUSE", step.name),)  # a known instruction, whose effect is none that a model needs


_TARGET = object()  # stands for the instruction a step jumps to
_BINARY = {
    "POWER": "**", "MULTIPLY": "*", "MATRIX_MULTIPLY": "@", "MODULO": "%", "ADD": "+", "SUBTRACT": "-", "DIVIDE": "/2",
    "FLOOR_DIVIDE": "//", "TRUE_DIVIDE": "/", "LSHIFT": "<<", "RSHIFT": ">>", "AND": "&", "XOR": "^", "OR": "|",
}  # fmt: skip
_UNARY = {"POSITIVE": "+", "NEGATIVE": "-", "NOT": "not", "INVERT": "~"}
_NOTHING = (  # SET_FUNCTION_ATTRIBUTE is told with MAKE_FUNCTION, and what is tested needs no TO_BOOL before
    "NOP PRECALL CACHE RESUME MAKE_CELL COPY_FREE_VARS GEN_START TO_BOOL SET_FUNCTION_ATTRIBUTE".split()
)
_JUMPS = {
    "JUMP_FORWARD": "JUMP", "JUMP_ABSOLUTE": "JUMP", "JUMP_BACKWARD": "JUMP", "JUMP_BACKWARD_NO_INTERRUPT": "JUMP",
    "CONTINUE_LOOP": "JUMP", "JUMP_IF_FALSE_OR_POP": "JUMP_IF_FALSE_OR_POP",
    "JUMP_IF_TRUE_OR_POP": "JUMP_IF_TRUE_OR_POP", "FOR_ITER": "FOR_ITER", "SETUP_LOOP": "SETUP_LOOP",
    **{f"POP_JUMP{way}_IF_{test}": f"POP_JUMP_IF_{test}"
       for way in ("", "_FORWARD", "_BACKWARD") for test in ("FALSE", "TRUE", "NONE", "NOT_NONE")},
}  # fmt: skip

_FIXED: dict[str, Sequence[Meaning]] = {
    **{f"BINARY_{name}": (("BINARY", sign),) for name, sign in _BINARY.items()},
    **{f"INPLACE_{name}": (("INPLACE", sign),) for name, sign in _BINARY.items()},
    **{f"UNARY_{name}": (("UNARY", sign),) for name, sign in _UNARY.items()},
    **{f"SLICE+{bits}": (("SLICE", bits),) for bits in range(4)},
    **{name: ((op, _TARGET),) for name, op in _JUMPS.items()},
    **dict.fromkeys(_NOTHING, ()),
    "POP_TOP": (("POP", None),),
    "ROT_TWO": (("ROT", 2),),
    "ROT_THREE": (("ROT", 3),),
    "ROT_FOUR": (("ROT", 4),),
    "DUP_TOP": (("COPY", 1),),
    "DUP_TOP_TWO": (("COPY", 2), ("COPY", 2)),
    "BINARY_SUBSCR": (("SUBSCRIPT", None),),
    "STORE_SUBSCR": (("STORE_SUBSCRIPT", None),),
    "GET_ITER": (("ITER", None),),
    "RETURN_VALUE": (("RETURN", None),),
    "YIELD_VALUE": (("YIELD", None),),
    "RETURN_GENERATOR": (("NONE", None),),  # the generator itself; the POP that follows takes it away
    "BREAK_LOOP": (("BREAK", None),),
    "POP_BLOCK": (("POP_BLOCK", None),),
    "BEFORE_WITH": (("ENTER", None),),
    "SETUP_WITH": (("SETUP_BLOCK", None), ("ENTER", None)),
    **dict.fromkeys(("SETUP_EXCEPT", "SETUP_FINALLY"), (("SETUP_BLOCK", None),)),
    "BEGIN_FINALLY": (("NONE", None),),  # nothing was raised
    **dict.fromkeys(("WITH_CLEANUP", "WITH_CLEANUP_START"), (("LEAVE", None),)),
    "WITH_CLEANUP_FINISH": (),
    **dict.fromkeys(("END_FINALLY", "POP_FINALLY"), (("POP", None),)),
    "STORE_MAP": (("STORE_MAP", None),),
    "PRINT_ITEM": (("POP", None),),  # what is written on the way computes nothing
    "PRINT_NEWLINE": (),
    "LIST_TO_TUPLE": (("TO_TUPLE", None),),
    "BINARY_SLICE": (("BUILD_SLICE", 2), ("SUBSCRIPT", None)),
    "STORE_SLICE": (("BUILD_SLICE", 2), ("STORE_SUBSCRIPT", None)),
    "FORMAT_SIMPLE": (("FORMAT_VALUE", 0),),
    "FORMAT_WITH_SPEC": (("FORMAT_VALUE", 4),),
}
