"""Expected failures as data: the exit code, one clear sentence, a hint, and every problem found."""

from __future__ import annotations

import contextlib
import enum
import errno
import os
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from interchange import system_errors
from interchange.messages.limits import Text, Word
from interchange.messages.message import Message, to_json
from interchange.system_errors import Said
from interchange.text import uncoloured


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
    POLICY = 10
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
    Exit.POLICY: "a verified source fails a rule of --fail-on",
    Exit.INTERRUPTED: "interrupted",
}


# What the machine refuses, whoever asks: no room, no right, a medium that fails, too many files at once.
_OF_THE_MACHINE = frozenset({
    *system_errors.NO_ROOM, *system_errors.NO_MEMORY, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO,
    errno.ESTALE, errno.EMFILE, errno.ENFILE,
})  # fmt: skip
# What is said of no file that is read: room and limits, which the process lacks, and that a place is beyond its end,
# which the file itself has named.
_OF_NO_SOURCE = frozenset({
    *system_errors.NO_ROOM, *system_errors.NO_MEMORY,
    errno.EFBIG, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EINVAL,
})  # fmt: skip
_NOT_ALLOWED = "choose another place with --output-dir; a worker can only read the sources and write to that folder"
_MORE_FILES = "let processes open more files, with `ulimit -n`"
_HINTS = {
    errno.EFBIG: "raise --memory, which also limits file sizes",
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EMFILE: _MORE_FILES,
    errno.ENFILE: _MORE_FILES,
}
_NOT_YOURS = "Let your user read it, by chmod u+r for a file and u+rx for a folder, also for those on the way to it."
_GONE = "Check the path; it is relative to the current folder."
_MISSING = (errno.ENOENT, errno.ENOTDIR)
_SOURCE_HINTS = {
    errno.EACCES: _NOT_YOURS,
    errno.EPERM: _NOT_YOURS,
    errno.EIO: "Its disk reports errors: copy it to another disk, and pass the copy.",
    errno.ESTALE: "It was replaced on the network share: run the command again.",
    errno.ELOOP: "A link on its path leads back to itself: pass the path of the file itself.",
    errno.ENAMETOOLONG: "The path is too long: check it.",
    errno.ENOENT: _GONE,
    errno.ENOTDIR: _GONE,
    errno.EAGAIN: "Another program has locked it: close it there, or pass a copy.",
}
_RESOURCES = "ResourceExhaustedError"  # TensorFlow's name for a MemoryError, and for a full disk
_LOG_CHARACTERS = 4000
REPORT_IT = "please report it with error.log from the report"
"""What to do about a defect of ours."""


@dataclass(frozen=True)
class Problem(Message):
    """One reason why a model is not migrated, precise enough to act upon.

    `layer` is the path of the layer from the outermost model (`encoder/lstm`), `class_name` its Keras class,
    `key` and `value` the constructor argument at fault, `text` the reason, `unblock` what the user can do, `policy` the
    one that a file breaks which is unsafe; None for what is merely unsupported.
    """

    layer: Text
    class_name: Text = field(metadata={"key": "class"})
    text: Text
    key: Optional[Text] = None
    value: Any = None
    unblock: Optional[Text] = None
    policy: Optional[Word] = field(default=None, metadata={"key": "law"})

    def to_json(self) -> dict[str, Any]:
        """A row of `error.problems` in a report, without what a derived class knows besides."""
        return to_json(self, Problem)

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


def failure_of(error: Exception, source: Path | None = None) -> Failure:
    """What to report for any exception: a full disk is the machine's, anything unforeseen is our defect.

    An expected failure stays what it is, unless the machine is what caused it. What the system says of the `source`,
    which is only read, is that it cannot be read.
    """
    for cause in system_errors.causes(error):
        told = system_errors.told_by(cause)
        if told and source is not None and _is_about(told, source):
            return unreadable(told, source)
        if _is_of_memory(cause, told):
            hint = "close other programs, or raise --memory"
            return Failure(Exit.ENVIRONMENT, "the memory limit of a worker is too low", hint)
        if told and told.number in _OF_THE_MACHINE:
            where = f"{told.path}: " if told.path else ""
            hint = _HINTS.get(told.number, "free some space, or choose another place with --output-dir")
            return Failure(Exit.ENVIRONMENT, f"{where}cannot be read or written: {told.words}", hint)
    if isinstance(error, Failure):
        return error
    lost = None if source is None else _reason_to_lack(source)
    return _internal(error) if lost is None or source is None else unreadable(lost, source)


def _is_of_memory(error: BaseException, told: Said | None) -> bool:
    """TensorFlow has one name for a full memory and a full disk."""
    if told is not None:
        return told.number in system_errors.NO_MEMORY
    return isinstance(error, MemoryError) or type(error).__name__ == _RESOURCES


def _is_about(told: Said, source: Path) -> bool:
    """Whether it is said of a file, of what is below a folder, or of the shards of a checkpoint beside its index."""
    if not told.path or told.number in _OF_NO_SOURCE:
        return False
    path, whole = os.path.realpath(told.path), os.path.realpath(source)
    return path == whole or path.startswith((f"{whole}{os.sep}", f"{whole.removesuffix('.index')}.data-"))


def _reason_to_lack(source: Path) -> Said | None:
    """Why a source cannot be read by now, where it cannot: some libraries tell it in words of their own."""
    try:
        if source.is_dir():
            next(source.iterdir(), None)
        else:
            source.open("rb").close()
    except OSError as error:
        return system_errors.told_by(error)
    return None


def unreadable(told: Said, path: Path) -> Failure:
    """The failure for a source of which the system has said something."""
    what = "does not exist" if told.number in _MISSING else f"cannot be read: {told.words}"
    return Failure(Exit.UNREADABLE, f"{told.path or path} {what}.", _SOURCE_HINTS.get(told.number))


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """The time in which nothing but `path` is read: what the system says then is said of it. Raises `Failure`."""
    try:
        yield
    except Exception as error:
        told = system_errors.said(error)
        if told is None or told.number in _OF_NO_SOURCE:
            raise
        raise unreadable(told, path) from None


def _internal(error: Exception) -> Failure:
    text = uncoloured(f"internal error: {type(error).__name__}: {error}").strip()
    log = uncoloured("".join(traceback.format_exception(type(error), error, error.__traceback__)))[-_LOG_CHARACTERS:]
    return Failure(Exit.INTERNAL, text[:2000], REPORT_IT, detail={"log": log})
