"""An architecture of any Keras 1 or 2, in whatever file, as one that Keras 2.15 can build."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from interchange.errors import Exit, Failure
from interchange.user_files.custom_objects import bare, found, names_of
from interchange.user_files.replacements import Replacement
from translation import keras2_to_runnable
from translation.config_tree import layers_of
from translation.keras1_to_2 import classes
from translation.keras1_to_2.architecture import as_keras_2
from translation.keras1_to_2.file_facts import Facts, facts_of, is_keras_1
from translation.keras2_to_2_15 import defaults, vocabularies
from translation.keras2_to_2_15.archive_configs import hdf5_config
from translation.keras2_to_2_15.duplicate_names import check_unique
from translation.keras2_to_runnable import Normalised, Tell
from translation.keras_releases import Author, author
from translation.step import Step
from translation.user_models import LISTED, of_own_class, plain

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


def as_keras_2_15(
    architecture: Mapping[str, Any],
    tell: Tell,
    replaced: Mapping[str, Replacement] = MappingProxyType({}),
    *,
    has_tables: bool = False,
    facts: Facts | None = None,
    own: Collection[str] = (),
) -> Mapping[str, Any]:
    """The architecture as Keras 2.15 can build it; the arguments are those of `Origin`.

    Raises `Failure`: `REFUSED` for what cannot be built or is ambiguous, `UNREADABLE` where something is missing.
    """
    _check_model(architecture)
    architecture = _of_keras(architecture, own, tell)
    facts = facts or facts_of(architecture, None)
    wrote = author(facts.version or ("1.0" if is_keras_1(architecture) else None))
    origin = Origin(facts, wrote, tell, own, replaced, has_tables)
    for step in TO_KERAS_2_15:
        architecture = step.apply(architecture, origin)
    return architecture


def _of_keras(architecture: Mapping[str, Any], own: Collection[str], tell: Tell) -> Mapping[str, Any]:
    """The architecture, in which models of undefined classes become the functional models whose layers they list."""
    unknown = [each for each in of_own_class(architecture) if found(names_of(each.entry), own) is None]
    for each in unknown:
        tell(Normalised(each.shown, each.class_name, LISTED.format(bare(each.class_name)), "original"))
    made: Mapping[str, Any] = plain(architecture) if unknown else architecture
    return made


def _check_model(architecture: Mapping[str, Any]) -> None:
    if not layers_of(architecture):
        text = f"this is the config of a {architecture.get('class_name')}, not of a model with layers"
        raise Failure(Exit.UNREADABLE, text, "Pass a file that model.to_json() or model.save() wrote.")
