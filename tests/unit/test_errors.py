"""What becomes of an exception."""

from __future__ import annotations

import errno
import os

import pytest

from interchange.errors import Exit, Failure, Problem, failure_of, refused
from interchange.wording import said


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    with pytest.raises(type(error)) as caught:
        raise error from cause
    return caught.value


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EACCES", "EROFS", "EFBIG"])
def test_what_the_machine_refuses_is_no_defect(code: str) -> None:
    number = getattr(errno, code)
    failure = failure_of(OSError(number, os.strerror(number), "weights.npz"))
    assert failure.code is Exit.ENVIRONMENT
    assert os.strerror(number) in failure.message
    assert "weights.npz" in failure.message
    assert failure.hint


@pytest.mark.parametrize("kind", [OSError, RuntimeError])
def test_hdf5_tells_it_in_words(kind: type[Exception]) -> None:
    text = "Can't synchronously write data (file write failed: errno = 28, error message = 'No space left on device')"
    failure = failure_of(kind(text))
    assert failure.code is Exit.ENVIRONMENT
    assert os.strerror(errno.ENOSPC) in failure.message


def test_the_cause_counts_however_deep() -> None:
    full = OSError(errno.ENOSPC, "full")
    assert failure_of(raised(ValueError("keras"), raised(RuntimeError("tf"), full))).code is Exit.ENVIRONMENT
    assert failure_of(raised(Failure(Exit.WEIGHTS, "no"), full)).code is Exit.ENVIRONMENT


def test_what_was_being_handled_counts_unless_it_was_put_aside() -> None:
    error = ValueError("in the middle of it")
    error.__context__ = OSError(errno.ENOSPC, "full")
    assert failure_of(error).code is Exit.ENVIRONMENT
    error.__suppress_context__ = True
    assert failure_of(error).code is Exit.INTERNAL


def test_an_error_that_is_its_own_cause_is_told_all_the_same() -> None:
    failure, defect = Failure(Exit.DIFFERS, "no"), ValueError("no")
    assert failure_of(raised(failure, failure)) is failure
    assert failure_of(raised(defect, raised(RuntimeError("tf"), defect))).code is Exit.INTERNAL


def test_an_expected_failure_stays_itself() -> None:
    failure = Failure(Exit.WEIGHTS, "do not fit")
    assert failure_of(raised(failure, FileNotFoundError(errno.ENOENT, "gone"))) is failure


@pytest.mark.parametrize("error", [MemoryError(), type("ResourceExhaustedError", (Exception,), {})("OOM")])
def test_no_memory_is_no_defect(error: Exception) -> None:
    failure = failure_of(error)
    assert failure.code is Exit.ENVIRONMENT
    assert "--memory" in (failure.hint or "")


def test_a_limit_is_told_apart_from_a_full_disk() -> None:
    assert "--memory" in (failure_of(OSError(errno.EFBIG, "large")).hint or "")
    assert "--output-dir" in (failure_of(OSError(errno.ENOSPC, "full")).hint or "")


def test_anything_else_is_our_defect_with_its_traceback() -> None:
    failure = failure_of(raised(ZeroDivisionError("x")))
    assert failure.code is Exit.INTERNAL
    assert "ZeroDivisionError: x" in failure.message
    assert "Traceback" in failure.detail["log"]


def test_the_codes_of_a_terminal_are_left_out() -> None:
    bold = raised(ValueError("when calling it.\n\n\x1b[1m2  is no\tshape\x1b[0m \x1b[38;5;9m!\x1b[K"))
    assert said(bold) == "ValueError: when calling it. 2 is no shape !"
    failure = failure_of(bold)
    assert "\x1b" not in failure.message + failure.detail["log"]


def test_what_is_said_is_of_bearable_length() -> None:
    assert len(said(ValueError("word " * 1000))) == 400


def test_a_failure_travels_unchanged() -> None:
    problem = Problem("lstm", "LSTM", "no", "units", 3, "do it")
    failure = refused([problem], "one thing", "a hint")
    assert Failure.from_json(failure.to_json()) == failure
    assert failure.code is Exit.REFUSED


def test_every_code_has_a_meaning() -> None:
    assert all(code.meaning for code in Exit)
