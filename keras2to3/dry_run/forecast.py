"""What a migration would come to as far as the file alone tells: the exporter's and importer's rules, and no Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from interchange.errors import Exit, Failure, Problem
from interchange.user_files.replacements import Replacement
from keras2to3.dry_run.lambda_bodies import refusals
from translation.keras2_to_2_15.canonical_names import with_canonical_names

if TYPE_CHECKING:
    from interchange.messages.changes import Change
    from keras2to3.scanner.scanned_file import ScannedFile
    from translation.keras2_to_3.spec import Graph
    from translation.keras2_to_runnable import Normalised

# What rules raise at a value of a type that no layer of Keras writes; Keras 2.15 cannot build such a layer either.
_MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_MIGRATE = "migrate shows what Keras 2.15 says about it"


@dataclass(frozen=True)
class Forecast:
    """The changes that the rules would make, and the failure that a migration would end with at the latest."""

    changes: tuple[Change, ...] = ()
    failure: Failure | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every reason of the failure."""
        return self.failure.problems if self.failure else ()


def forecast(
    architecture: Mapping[str, Any],
    replaced: Mapping[str, Replacement] = MappingProxyType({}),
    seen: ScannedFile | None = None,
    own: Mapping[str, str] = MappingProxyType({}),
    written_by: str | None = None,
) -> Forecast:
    """What exporter and importer decide before a layer is built, in the order in which they do.

    Of what was `seen` of the file, vocabularies are taken that lie beside the architecture. Those in the tables of a
    SavedModel only TensorFlow reads. `own` are the names of the classes and functions that the user
    gives Keras 3, each with what it is made of. `written_by` is the Keras that the user says wrote it.
    """
    unfollowed: list[Problem] = []
    try:
        normal = _normalised(architecture, seen, own, written_by)
        unfollowed = [problem for path, problem in refusals(normal[0], own).items() if path not in replaced]
        found = _translated(normal, replaced, own)
        return found if not unfollowed else Forecast(failure=_refused(unfollowed))
    except Failure as failure:
        return Forecast(failure=_refused([*unfollowed, *failure.problems]) if unfollowed else failure)
    except _MALFORMED as error:
        text = f"the rules cannot read this architecture: {type(error).__name__}: {error}"
        return Forecast(failure=Failure(Exit.UNREADABLE, text, _MIGRATE))


def repaired(seen: ScannedFile) -> tuple[Change, ...]:
    """What would be put right in a file of Keras 3 that opens as it is."""
    from translation.keras3_minors.repairs import with_lists

    return with_lists(seen.architecture).changes if seen.format == "keras" else ()


def forecast_back(seen: ScannedFile, own: Mapping[str, str]) -> Forecast:
    """What a rollback decides before a layer is built; a file that says what it was migrated from becomes that.

    `own` are the names that the user gives Keras 2.15, each with what it is made of.
    """
    from translation.keras3_to_2.translate import translated

    if seen.has_provenance or seen.architecture is None:
        return Forecast()
    try:
        return Forecast(tuple(translated(seen.architecture, own)[1]))
    except Failure as failure:
        return Forecast(failure=failure)
    except _MALFORMED as error:
        text = f"the rules cannot read this architecture: {type(error).__name__}: {error}"
        return Forecast(failure=Failure(Exit.UNREADABLE, text))


def _normalised(
    architecture: Mapping[str, Any], seen: ScannedFile | None, own: Mapping[str, str], written_by: str | None
) -> tuple[Mapping[str, Any], list[Normalised]]:
    from translation.keras1_to_2.file_facts import facts_of
    from translation.keras2_config import as_keras_2_15
    from translation.keras2_to_2_15.archive import Archive
    from translation.keras2_to_2_15.archive_vocabularies import with_words

    if seen is not None and seen.assets:
        groups: dict[str, Mapping[str, Any]] = {name.removesuffix("/vars"): {} for name in seen.groups}
        architecture = with_words(Archive.of(architecture, seen.assets, groups))
    told: list[Normalised] = []
    has_tables = seen is not None and seen.format == "savedmodel"
    saved_by = None if seen is None else seen.saved_by.get("keras_version")
    version = written_by or architecture.get("keras_version") or saved_by
    facts = facts_of(architecture, *_stored(seen), version)
    return with_canonical_names(
        as_keras_2_15(architecture, told.append, has_tables=has_tables, facts=facts, own=own), own
    ), told


def _refused(problems: Sequence[Problem]) -> Failure:
    """As the importer would say it, had it come so far."""
    from translation.keras2_to_3.translate import refusal_of

    return refusal_of(problems)


def _stored(seen: ScannedFile | None) -> tuple[list[tuple[str, str, tuple[int, ...]]] | None, str | None]:
    """The stored arrays of a file, by layer and name, and the backend of the Keras that it says wrote it."""
    if seen is None or not seen.has_weights:
        return None, None
    paths = [(tensor.name.removeprefix("model_weights/"), tensor.shape) for tensor in seen.tensors]
    rows = [(*path.partition("/")[::2], shape) for path, shape in paths]
    return rows, seen.saved_by.get("backend")


def _translated(
    normal: tuple[Mapping[str, Any], list[Normalised]], replaced: Mapping[str, Replacement], own: Mapping[str, str]
) -> Forecast:
    from interchange.messages.changes import Change
    from translation.keras2_to_3.translate import translated

    architecture, told = normal
    graph, changes = translated(architecture, replaced=replaced, own=own)
    _check_order(graph)
    rows = [row for row in told if row.layer not in replaced]
    return Forecast((*(Change(row.layer, row.rule, "structural", row.text) for row in rows), *changes))


def _check_order(graph: Graph) -> None:
    """Refuse a graph, at any depth, that has a cycle, or takes tensors from a call that is not there."""
    from translation.keras2_to_3.graph import call_order
    from translation.keras2_to_3.spec import Graph

    if not graph.sequential:
        call_order(graph)
    for layer in graph.layers:
        if isinstance(layer.item, Graph):
            _check_order(layer.item)
