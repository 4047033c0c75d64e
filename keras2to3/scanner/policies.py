"""The policies of the scanner: one sentence each on what a model file must not do, and which `--trust` lifts."""

from __future__ import annotations

import enum
from collections.abc import Collection

from interchange.errors import Problem

_TRUSTED = "`--trust` lets Keras 2.15 load it: only for a file whose maker you trust."
_NEVER = "Nothing lifts this policy, not even `--trust`."


class Policy(enum.Enum):
    """A policy; its value is `law` in a report's `error.problems`."""

    BYTECODE = "bytecode"
    FOREIGN_CODE = "foreign-code"
    OPERATORS = "operators"
    OTHER_FILES = "other-files"
    PROMISES = "promises"
    MEMBERS = "members"
    NAMES = "names"
    LIMITS = "limits"
    FORM = "form"
    SAFE_MODE = "safe-mode"

    @property
    def sentence(self) -> str:
        """The policy in one sentence."""
        return _SENTENCES[self]

    @property
    def trustable(self) -> bool:
        """Whether `--trust` lifts it."""
        return self in _TRUSTABLE

    def violation(
        self, layer: str, class_name: str, text: str, key: str | None = None, value: object = None, instead: str = ""
    ) -> Problem:
        """A problem that names this policy; `instead` is what the user can do without trusting the file."""
        unblock = f"{instead} {_TRUSTED if self.trustable else _NEVER}".lstrip()
        return Problem(layer, class_name, text, key, value, unblock, self.value)


_SENTENCES = {
    Policy.BYTECODE: "Python code in a file is never run.",
    Policy.FOREIGN_CODE: "A file can name classes, functions and modules of Keras only.",
    Policy.OPERATORS: "Every operator of a graph computes from its input tensors only.",
    Policy.OTHER_FILES: "A model is complete in its file or folder: no link, path or plug-in leads out of it.",
    Policy.PROMISES: "Nothing declares more data than the file stores.",
    Policy.MEMBERS: "An archive has every member once, readable, and below its own root.",
    Policy.NAMES: "Names contain no paths and no control characters.",
    Policy.LIMITS: "Depth, counts and sizes are within the limits of a model.",
    Policy.FORM: "Everything has the form in which Keras writes it.",
    Policy.SAFE_MODE: "Nothing in a file turns off Keras's safe mode.",
}
_TRUSTABLE = frozenset({Policy.BYTECODE, Policy.FOREIGN_CODE, Policy.OPERATORS})


def concerns_replaced_layer(problem: Problem, replaced: Collection[str]) -> bool:
    """Whether a problem concerns something that never runs, because its layer is `replaced`.

    That is the bytecode of a Lambda, and what the file has lost of an operator.
    """
    idle = ((Policy.BYTECODE.value, "Lambda"), (None, "TFOpLambda"))
    return (problem.policy, problem.class_name) in idle and problem.layer in replaced


def is_lifted_by_trust(problem: Problem) -> bool:
    """Whether `--trust` lifts this problem; a problem that violates no policy is not lifted."""
    return problem.policy is not None and Policy(problem.policy).trustable
