"""Expected failures as data: the exit code, one clear sentence, a hint, and every problem found."""

from __future__ import annotations

import enum
import errno
import os
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from interchange.wording import uncoloured


class Exit(enum.IntEnum):
    """Exit codes of the command; with several sources the highest wins."""

    VERIFIED = 0
    INTERNAL = 1
    USAGE = 2
    UNREADABLE = 3
    REFUSED = 4
    WEIGHTS = 5
    DIFFERS = 6
    BUNDLE = 7
    ENVIRONMENT = 8
    WORKER_DIED = 9
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What the code tells the user, in the words the README prints."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.VERIFIED: "every source was verified, or restored where there were no outputs to compare",
    Exit.INTERNAL: "internal error",
    Exit.USAGE: "usage: an unknown or contradictory argument",
    Exit.UNREADABLE: "the source cannot be read",
    Exit.REFUSED: "refused: the model holds something unsupported or unsafe",
    Exit.WEIGHTS: "weights do not fit the architecture",
    Exit.DIFFERS: "the outputs differ",
    Exit.BUNDLE: "the interchange bundle is invalid",
    Exit.ENVIRONMENT: "an environment or the output folder failed",
    Exit.WORKER_DIED: "a worker died, or was stopped at a limit",
    Exit.INTERRUPTED: "interrupted",
}


# What the machine refuses, whoever asks: no room, no right, a medium that fails.
_OF_THE_MACHINE = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO,
})  # fmt: skip
_HDF5_ERRNO = re.compile(r"errno = (\d+)")  # HDF5 wraps what the system said in a sentence of its own
_NOT_ALLOWED = "choose another place with --output-dir; a worker reads the sources and writes there, and nowhere else"
_HINTS = {
    errno.EFBIG: "let the workers take more with --memory, which limits files as well",
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
}
_NO_MEMORY = "ResourceExhaustedError"  # TensorFlow's name for a MemoryError
_LOG_CHARACTERS = 4000


@dataclass(frozen=True)
class Problem:
    """One reason why a model is not migrated, precise enough to act upon.

    `layer` is the path of the layer from the outermost model (`encoder/lstm`), `class_name` its Keras class,
    `key` and `value` the constructor argument at fault, `text` the reason, `unblock` what the user can do, `law` the
    one that a file breaks which is unsafe; None for what is merely unsupported.
    """

    layer: str
    class_name: str
    text: str
    key: str | None = None
    value: Any = None
    unblock: str | None = None
    law: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The shape of `report.json`'s `error.problems` rows."""
        return {
            "layer": self.layer,
            "class": self.class_name,
            "key": self.key,
            "value": self.value,
            "text": self.text,
            "unblock": self.unblock,
            "law": self.law,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Problem:
        """The inverse of `to_json`."""
        return cls(row["layer"], row["class"], row["text"], row["key"], row["value"], row["unblock"], row["law"])

    def __str__(self) -> str:
        where = f"{self.layer} ({self.class_name})" if self.layer else self.class_name
        what = "" if self.key is None else f" {self.key}={self.value!r}"
        return f"{where}{what}: {self.text}"


@dataclass
class Failure(Exception):
    """An expected failure: it travels from a worker to the report unchanged.

    `detail` carries facts for the report that are no message: the comparison of outputs after a difference.
    """

    code: Exit
    message: str
    hint: str | None = None
    problems: tuple[Problem, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back."""
        return {
            "code": int(self.code),
            "message": self.message,
            "hint": self.hint,
            "problems": [problem.to_json() for problem in self.problems],
            "detail": dict(self.detail),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Failure:
        """The inverse of `to_json`."""
        problems = tuple(Problem.from_json(row) for row in data["problems"])
        return cls(Exit(data["code"]), data["message"], data["hint"], problems, data["detail"])


def refused(problems: Iterable[Problem], message: str, hint: str | None = None) -> Failure:
    """A refusal (exit code 4) that lists all problems of a model at once."""
    return Failure(Exit.REFUSED, message, hint, tuple(problems))


def failure_of(error: Exception) -> Failure:
    """What to report for any exception: a full disk is the machine's, anything unforeseen is our defect.

    An expected failure stays what it is, unless the machine is what caused it.
    """
    for cause in _chain(error):
        if isinstance(cause, MemoryError) or type(cause).__name__ == _NO_MEMORY:
            hint = "close other programs, or let the workers take more with --memory"
            return Failure(Exit.ENVIRONMENT, "the memory does not suffice that a worker may take", hint)
        number = _errno(cause)
        if number in _OF_THE_MACHINE:
            where = f"{cause.filename}: " if isinstance(cause, OSError) and cause.filename else ""
            hint = _HINTS.get(number, "free some space, or choose another place with --output-dir")
            return Failure(Exit.ENVIRONMENT, f"{where}cannot be read or written: {os.strerror(number)}", hint)
    return error if isinstance(error, Failure) else _internal(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, what it was raised from, and so on, until one comes again."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _errno(error: BaseException) -> int:
    if isinstance(error, OSError) and error.errno:
        return error.errno
    told = _HDF5_ERRNO.search(str(error)) if isinstance(error, (OSError, RuntimeError)) else None
    return int(told[1]) if told else 0


def _internal(error: Exception) -> Failure:
    text = uncoloured(f"internal error: {type(error).__name__}: {error}").strip()
    log = uncoloured("".join(traceback.format_exception(type(error), error, error.__traceback__)))[-_LOG_CHARACTERS:]
    hint = "please report it with error.log from the report"
    return Failure(Exit.INTERNAL, text[:2000], hint, detail={"log": log})
