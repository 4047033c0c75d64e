"""Build or find the environments, and take the models of one command through them."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Optional, TypeVar

from interchange.errors import Exit
from keras2to3.ci.recorder import Recorder
from keras2to3.environments import builder, requested_versions, supplied
from keras2to3.environments.requested_versions import Target
from keras2to3.executors.scheduler import After, migrate
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keras2to3.reports.summary import Row


_Options = TypeVar("_Options", bound=Options)


def start(options: Options, show: Lines, after: Optional[After] = None, recorder: Optional[Recorder] = None) -> Exit:
    """Migrate or roll back models with the environments that the options ask for; the rest as in `migrate`."""
    ready = with_environments(options, show)
    if not options.oldest:
        return migrate(ready, show, after, recorder)
    from keras2to3.executors.compatibility import measure

    # Before anything is done that it would have to wait for.
    oldest = builder.ensure(requested_versions.OLDEST, show.say)
    measured = functools.partial(measure, ready, oldest, show)

    def both(folder: Path, rows: Sequence[Row]) -> None:
        measured(folder, rows)
        if after is not None:
            after(folder, rows)

    return migrate(dataclasses.replace(ready, keep_bundles=True), show, both, recorder)


def with_environments(options: _Options, show: Lines) -> _Options:
    """The options with a Python for each side, which is built where none is given."""
    supplied.require(options)
    name, changes = Target(options.keras, options.tensorflow).environment()
    return dataclasses.replace(
        options,
        keras2_python=options.keras2_python or builder.ensure("keras2", show.say),
        keras3_python=options.keras3_python or builder.ensure(name, show.say, changes=changes),
    )
