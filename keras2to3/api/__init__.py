"""The commands as functions of Python: `from keras2to3 import migrate, check, inspect, rollback`.

They run the same engine as the command line, print nothing unless asked, and set no signal handlers.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Union, cast

from interchange.errors import Failure, failure_of
from keras2to3 import platforms
from keras2to3.api import keywords
from keras2to3.api.errors import Keras2To3Error
from keras2to3.api.results import Checked, Checks, Inspected, Migration, Migrations
from keras2to3.options.commands import CheckOptions, InspectOptions, Options
from keras2to3.reports.console import Lines

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from keras2to3.api.keywords import CheckKeywords, InspectKeywords, MigrateKeywords, RollbackKeywords

Sources = Union[str, "os.PathLike[str]", Iterable[Union[str, "os.PathLike[str]"]]]


def migrate(sources: Sources, *, verbose: bool = False, **options: Unpack[MigrateKeywords]) -> Migrations:
    """Migrate models of Keras 2 to Keras 3, as `keras2to3 migrate` does: a result for each source.

    `sources` are paths of files and folders, or patterns. The keywords are the options of the command line with `_` in
    place of `-`; with `verbose`, its lines go to standard error. A model that is refused or differs raises nothing
    until `raise_for_status` is called. Raises `Keras2To3Error` if the run itself fails.
    """
    return _models("migrate", sources, options, verbose=verbose)


def rollback(sources: Sources, *, verbose: bool = False, **options: Unpack[RollbackKeywords]) -> Migrations:
    """Write models of Keras 3 for Keras 2.15, as `keras2to3 rollback` does; otherwise as `migrate`."""
    return _models("rollback", sources, options, verbose=verbose)


def check(sources: Sources, *, verbose: bool = False, **options: Unpack[CheckKeywords]) -> Checks:
    """What `migrate` would do with each source, as `keras2to3 check` tells it: nothing is run."""
    from keras2to3.dry_run import check as command

    parsed = keywords.parsed("check", _listed(sources), options)
    assert isinstance(parsed, CheckOptions)
    with _public_errors():
        command.check(parsed, _lines(verbose=verbose))
        document = json.loads((parsed.output_dir / command.NAME).read_bytes())
    return Checks(tuple(map(Checked.of, document["sources"])))


def inspect(sources: Sources, **options: Unpack[InspectKeywords]) -> tuple[Inspected, ...]:
    """What is inside each source, as `keras2to3 inspect` prints it."""
    from keras2to3.inspection import command

    parsed = keywords.parsed("inspect", _listed(sources), {**options, "json": True})
    assert isinstance(parsed, InspectOptions)
    printed = io.StringIO()
    with _public_errors():
        command.inspect(parsed, printed, lambda _: None)
    return tuple(map(Inspected.of, json.loads(printed.getvalue())["sources"]))


def _models(verb: str, sources: Sources, options: Any, *, verbose: bool) -> Migrations:
    from keras2to3.executors.start import start

    parsed = keywords.parsed(verb, _listed(sources), options)
    assert isinstance(parsed, Options)
    rows: list[dict[str, Any]] = []
    with _public_errors():
        start(parsed, _lines(verbose=verbose), lambda _, found: rows.extend(found))
    return Migrations(tuple(map(Migration.of, rows)))


def _listed(sources: Sources) -> list[str]:
    if isinstance(sources, (str, os.PathLike)):
        return [os.fspath(sources)]
    return [os.fspath(source) for source in cast("Iterable[str]", sources)]


def _lines(*, verbose: bool) -> Lines:
    return Lines(sys.stderr if verbose else io.StringIO())


@contextlib.contextmanager
def _public_errors() -> Iterator[None]:
    """Whatever ends the run is raised as an error that the caller can name; an interrupt stays one."""
    try:
        platforms.require_workers()
        yield
    except Failure as failure:
        raise Keras2To3Error.of(failure_of(failure)) from failure
    except Exception as error:
        raise Keras2To3Error.of(failure_of(error)) from error
