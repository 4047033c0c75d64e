"""An architecture of any Keras 1 or 2, in whatever file, as one that Keras 2.15 can build."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from interchange.errors import Exit, Failure
from interchange.user_files.custom_objects import bare, found, names_of
from interchange.user_files.replacements import Replacement
from translation.config_tree import layers_of
from translation.keras1_to_2.file_facts import Facts, facts_of, is_keras_1
from translation.keras2_to_runnable import Normalised, Tell
from translation.keras_releases import author
from translation.steps import TO_KERAS_2_15, Origin
from translation.user_models import LISTED, of_own_class, plain


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
