"""What becomes of an exception."""

from __future__ import annotations

import errno
import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from interchange.errors import Exit, Failure, Problem, failure_of, reading, refused
from interchange.text import said


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    with pytest.raises(type(error)) as caught:
        raise error from cause
    return caught.value


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EACCES", "EROFS", "EFBIG", "EMFILE", "ESTALE"])
def test_what_the_machine_refuses_is_no_defect(code: str) -> None:
    number = getattr(errno, code)
    failure = failure_of(OSError(number, os.strerror(number), "weights.npz"))
    assert failure.code is Exit.ENVIRONMENT
    assert os.strerror(number) in failure.message
    assert "weights.npz" in failure.message
    assert failure.hint


TensorFlowError = type(
    "ResourceExhaustedError", (Exception,), {"__module__": "tensorflow.python.framework.errors_impl"}
)


def forms(number: int, path: str) -> list[Exception]:
    """All ways in which a library tells what the system has said of a file."""
    words = os.strerror(number)
    return [
        OSError(number, words, path),
        OSError(f"Can't synchronously read data (file read failed: time = Mon, filename = '{path}', errno = {number})"),
        OSError(number, f"Unable to synchronously open file (unable to open file: name = '{path}', errno = {number})"),
        RuntimeError(
            f"Problems closing file (file write failed: filename = '{path}', file descriptor = 3, errno = {number})"
        ),
        TensorFlowError(f"{{{{function_node __wrapped__SaveV2}}}} {path}; {words} [Op:SaveV2]"),
    ]


UNNAMED = {
    "tofile": OSError("16384 requested and 0 written"),
    "copytree": shutil.Error([("/a", "/b", str(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a", None, "/b")))]),
}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("form", range(5))
def test_a_full_disk_is_a_full_disk_whoever_tells_it(number: int, form: int) -> None:
    for error in (forms(number, "/out/a b;c")[form], raised(ValueError("keras"), forms(number, "/out/x")[form])):
        failure = failure_of(error, Path("/out"))
        assert failure.code is Exit.ENVIRONMENT
        assert os.strerror(number) in failure.message
        assert "free some space" in (failure.hint or "")


@pytest.mark.parametrize("name", UNNAMED)
def test_a_full_disk_is_told_also_where_no_number_is(name: str) -> None:
    failure = failure_of(UNNAMED[name])
    assert failure.code is Exit.ENVIRONMENT
    assert os.strerror(errno.ENOSPC) in failure.message


def test_numpy_and_zipfile_tell_a_full_disk_like_this() -> None:
    with pytest.raises(OSError, match="written") as short, Path("/dev/full").open("wb", buffering=0) as full:
        np.zeros(1 << 16).tofile(full)
    assert os.strerror(errno.ENOSPC) in failure_of(short.value).message
    with pytest.raises(OSError, match="space") as zipped, zipfile.ZipFile("/dev/full", "w") as archive:
        archive.writestr("a", bytes(1 << 16))
    assert os.strerror(errno.ENOSPC) in failure_of(zipped.value).message


OF_A_SOURCE = [
    *(errno.EACCES, errno.EPERM, errno.EIO, errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR, errno.ESTALE, errno.ENOENT),
    errno.ENOTDIR,
]


@pytest.mark.parametrize("number", OF_A_SOURCE, ids=errno.errorcode.get)
@pytest.mark.parametrize("form", range(5))
def test_what_the_system_says_of_a_source_is_that_it_cannot_be_read(number: int, form: int) -> None:
    named = {
        "/in/model": "/in/model",
        "/in/saved": "/in/saved/variables/v.index",
        "/in/c.index": "/in/c.data-00000-of-00001",
    }
    for source, path in named.items():
        failure = failure_of(raised(ValueError("keras"), forms(number, path)[form]), Path(source))
        assert failure.code is Exit.UNREADABLE
        assert path in failure.message
        assert "--output-dir" not in (failure.hint or "")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.EROFS, errno.EPERM], ids=errno.errorcode.get)
@pytest.mark.parametrize("form", range(5))
def test_of_any_other_file_it_is_the_environment(number: int, form: int) -> None:
    for path in ("/in/model2", "/in/models/a", "/out/model"):
        failure = failure_of(forms(number, path)[form], Path("/in/model"))
        assert failure.code is Exit.ENVIRONMENT
        assert path in failure.message


def test_a_source_that_is_gone_is_told_instead_of_a_defect(tmp_path: Path) -> None:
    error = OSError("SavedModel file does not exist at: x/{saved_model.pbtxt|saved_model.pb}")
    assert failure_of(error, tmp_path / "x").code is Exit.UNREADABLE
    assert failure_of(error, tmp_path).code is Exit.INTERNAL


def test_what_is_said_while_a_source_is_read_is_said_of_it() -> None:
    for number in OF_A_SOURCE:
        with pytest.raises(Failure) as caught, reading(Path("/in/model")):
            raise Failure(Exit.REFUSED, "is damaged") from OSError(number, os.strerror(number))
        assert caught.value.code is Exit.UNREADABLE
        assert failure_of(caught.value) is caught.value
        assert "/in/model" in caught.value.message


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOMEM, ""), OSError(errno.EINVAL, ""), ValueError("x"), MemoryError()]
)
def test_what_the_process_lacks_and_what_a_file_asks_for_is_not_said_of_it(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, reading(Path("/in/model")):
        raise error
    assert caught.value is error


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


@pytest.mark.parametrize(
    "error", [MemoryError(), TensorFlowError("OOM when allocating"), OSError(errno.ENOMEM, "mmap")]
)
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
