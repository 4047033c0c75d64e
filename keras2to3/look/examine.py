"""The look itself: which format a path holds, what it says, and whether anything speaks against loading it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from interchange.errors import Failure, Problem, refused
from keras2to3.look import laws, source, unmigrated
from keras2to3.look.seen import Look


def examine(path: Path) -> Look:
    """Everything that can be told safely, with all problems; a Failure (exit code 3) only for what is no model."""
    size = source.require_hdf5(path)
    from keras2to3.look.formats import h5  # here, because h5py takes longer to import than most files to look at

    return h5.examine(path, size)


def look(path: Path, trust: bool = False) -> Look:
    """Look at a model before it is migrated; `trust` lifts the laws that `laws` says can be lifted.

    Raises a `Failure` where it ends here, in this order: REFUSED for what is unsafe, UNREADABLE for a format that is
    not migrated yet, REFUSED for what Keras 2.15 cannot load.
    """
    seen = examine(path)
    standing = [problem for problem in seen.problems if not (trust and laws.lifted(problem))]
    if not any(problem.law for problem in standing):
        unmigrated.require_whole_model(seen)
    if standing:
        raise _refusal(path, standing)
    return seen


def _refusal(path: Path, problems: Sequence[Problem]) -> Failure:
    what = "one part" if len(problems) == 1 else f"{len(problems)} parts"
    hint = "Each is named with its layer, the reason, and what would unblock it."
    return refused(problems, f"{path} holds {what} that must not or cannot be loaded.", hint)
