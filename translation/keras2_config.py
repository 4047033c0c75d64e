"""The one road from an architecture of any vintage to one that Keras 2.15 can build, whatever it was stored in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from interchange.custom_objects import bare, found, names_of
from interchange.errors import Exit, Failure
from interchange.replacements import Replacement
from translation.config_tree import layers_of
from translation.keras1_to_2.architecture import modern
from translation.keras1_to_2.file_facts import Facts, facts_of, is_keras_1
from translation.keras2_to_2_15 import vocabularies
from translation.keras2_to_2_15.archive_configs import legacy
from translation.keras2_to_2_15.defaults import completed
from translation.keras2_to_2_15.duplicate_names import check_unique
from translation.keras2_to_runnable import Normalised, Tell, normalised
from translation.keras_releases import author
from translation.user_models import LISTED, of_own_class, plain


def readable(
    architecture: Mapping[str, Any],
    tell: Tell,
    replaced: Mapping[str, Replacement] = MappingProxyType({}),
    *,
    has_tables: bool = False,
    facts: Facts | None = None,
    own: Collection[str] = (),
) -> Mapping[str, Any]:
    """The architecture as Keras 2.15 can build it; `tell` hears of every layer that is spelled anew.

    With `has_tables` vocabularies may be left out: the source has them in a place of their own. The `facts` are what
    the source tells besides: what is left out means what it meant to the Keras that wrote it. What is called by a name
    in `own` is the user's, and its config nobody else's to spell anew.

    Raises `Failure`: `REFUSED` for what cannot be built or told apart, `UNREADABLE` where something is missing.
    """
    _check_model(architecture)
    architecture = _of_keras(architecture, own, tell)
    facts = facts or facts_of(architecture, None)
    wrote = author(facts.version or ("1.0" if is_keras_1(architecture) else None))
    architecture = modern(architecture, facts, tell)
    check_unique(architecture)
    architecture = vocabularies.listed(architecture)
    if not has_tables:
        vocabularies.check_complete(architecture)
    return normalised(completed(legacy(architecture, own), wrote, facts, tell, own), tell, replaced)


def _of_keras(architecture: Mapping[str, Any], own: Collection[str], tell: Tell) -> Mapping[str, Any]:
    """The architecture in which models of a class that nobody defines are the functional ones that they list."""
    unknown = [each for each in of_own_class(architecture) if found(names_of(each.entry), own) is None]
    for each in unknown:
        tell(Normalised(each.shown, each.class_name, LISTED.format(bare(each.class_name)), "original"))
    made: Mapping[str, Any] = plain(architecture) if unknown else architecture
    return made


def _check_model(architecture: Mapping[str, Any]) -> None:
    if not layers_of(architecture):
        text = f"this is the config of a {architecture.get('class_name')}, not of a model with layers"
        raise Failure(Exit.UNREADABLE, text, "Pass a file that model.to_json() or model.save() wrote.")
