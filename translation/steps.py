"""The steps that an architecture takes from the Keras that wrote it to Keras 3, in order.

One more version is one more `Step`: a table of rules, and the function that applies them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from interchange.user_files.replacements import Replacement
from translation import keras2_to_runnable
from translation.keras1_to_2 import classes
from translation.keras1_to_2.architecture import as_keras_2
from translation.keras1_to_2.file_facts import Facts
from translation.keras2_to_2_15 import defaults, vocabularies
from translation.keras2_to_2_15.archive_configs import hdf5_config
from translation.keras2_to_2_15.duplicate_names import check_unique
from translation.keras2_to_3 import rules
from translation.keras2_to_3.translate import translated
from translation.keras2_to_runnable import Tell
from translation.keras3_minors import new_arguments
from translation.keras_releases import Author

Architecture = Mapping[str, Any]


@dataclass(frozen=True)
class Origin:
    """What is known of a model besides its architecture, until Keras 2.15 builds it.

    `author` is the Keras that wrote it, None if nobody knows. `tell` gets each `Normalised` layer. `own` are the names
    of the user's classes, whose configs stay as they are, and `replaced` the functions that the user gives for layers.
    With `has_tables` vocabularies may be missing, because the source has them elsewhere.
    """

    facts: Facts
    author: Author | None
    tell: Tell
    own: Collection[str]
    replaced: Mapping[str, Replacement]
    has_tables: bool


@dataclass(frozen=True)
class Step:
    """A move from what the Keras `before` writes to what the Keras `after` reads.

    `rules` returns the table of what differs, and `apply` makes the move; it raises `Failure` where there is no way.
    """

    before: str
    after: str
    rules: Callable[[], Mapping[Any, Any]]
    apply: Callable[..., Any]


def _from_keras_1(architecture: Architecture, origin: Origin) -> Architecture:
    return as_keras_2(architecture, origin.facts, origin.tell)


def _from_any_keras_2(architecture: Architecture, origin: Origin) -> Architecture:
    check_unique(architecture)
    architecture = vocabularies.listed(architecture)
    if not origin.has_tables:
        vocabularies.check_complete(architecture)
    config = hdf5_config(architecture, origin.own)
    return defaults.with_former_defaults(config, origin.author, origin.facts, origin.tell, origin.own)


def _runnable(architecture: Architecture, origin: Origin) -> Architecture:
    return keras2_to_runnable.normalised(architecture, origin.tell, origin.replaced)


TO_KERAS_2_15 = (
    Step("Keras 1", "Keras 2", lambda: classes.RULES, _from_keras_1),
    Step("Keras 2", "Keras 2.15", lambda: {(row.classes, row.key): row for row in defaults.FORMER}, _from_any_keras_2),
    Step("Keras 2.15", "Keras 2.15 on a CPU", lambda: keras2_to_runnable.TABLE, _runnable),
)
"""The steps before Keras 2.15 builds the model, each from (architecture, `Origin`) to an architecture."""

TO_KERAS_3 = Step("Keras 2.15", "Keras 3", rules.table, translated)
"""From the architecture that Keras 2.15 writes to the `Graph` that the importer builds."""

TO_OLDER_KERAS_3 = Step("Keras 3", "any Keras 3", lambda: new_arguments.NEWER, new_arguments.plain)
"""From a config that Keras 3 writes to one that its older minors read as well."""

STEPS = (*TO_KERAS_2_15, TO_KERAS_3, TO_OLDER_KERAS_3)
