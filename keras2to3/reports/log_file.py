"""`--log-file`: everything that is said, with its time, by the standard library's logging."""

from __future__ import annotations

import logging
import re
import sys
import time
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.version import __version__

_LINE = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR) ")
_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s"
_HINT = "choose another file for --log-file"


def opened(path: Path) -> logging.Logger:
    """A logger that appends to a file. Raises `Failure` for a file that is no log of ours, or cannot be written."""
    _require_log(path)
    try:
        handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise Failure(Exit.ENVIRONMENT, f"{path} cannot be written: {error.strerror or error}", _HINT) from error
    formatter = logging.Formatter(_FORMAT, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger = logging.getLogger("keras2to3")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False  # what a program that imports us does with its own
    logger.addHandler(handler)
    logger.info("keras2to3 %s, Python %s", __version__, sys.version.split()[0])
    return logger


def close(logger: logging.Logger | None) -> None:
    """Close the file."""
    if logger is None:
        return
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def _require_log(path: Path) -> None:
    """Text after a model would make the model unreadable."""
    try:
        with path.open("rb") as file:
            begin = file.read(100)
    except OSError:
        return  # whoever opens it to write will tell
    if begin and not _LINE.match(begin):
        raise Failure(Exit.ENVIRONMENT, f"{path} is there and is not a log of keras2to3", _HINT)
