"""What the library of a store raises, as the exceptions of `Store`."""

from __future__ import annotations

import errno
import functools
import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

from interchange.errors import Failure
from keras2to3.fleet.stores.store import ChangedError, StoredFile, UnavailableError

_OF_THIS_MACHINE = frozenset((
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.EROFS,
    errno.EMFILE, errno.ENFILE,
))  # fmt: skip
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")

Method = TypeVar("Method", bound=Callable[..., Any])


def answering(method: Method) -> Method:
    """A method that raises OSError for whatever the library of a store raises, and repeats no credentials of a URL."""

    @functools.wraps(method)
    def call(store: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(store, *args, **kwargs)
        except (Failure, FileNotFoundError, PermissionError, ChangedError, UnavailableError):
            raise
        except Exception as error:  # each library has exceptions of its own
            if isinstance(error, OSError) and error.errno in _OF_THIS_MACHINE:
                raise
            key = args[0].key if args and isinstance(args[0], StoredFile) else "".join(args[:1])
            text = f"{error}" if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            raise UnavailableError(f"{store.url}/{key}: {_CREDENTIALS.sub('', text)}") from error

    return cast("Method", call)
