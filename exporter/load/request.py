"""What a loader is given, and what each format registers: how its models and its weights alone are loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exporter.load.custom_objects import NO_CUSTOM_OBJECTS, CustomObjects
from exporter.restore.account import Account
from exporter.restore.stored_training import StoredTraining
from exporter.restore.stored_weights import StoredWeights
from interchange.user_files.replacements import Replacement
from translation.keras2_to_runnable import Tell


@dataclass(frozen=True)
class LoadRequest:
    """A file or folder at `path` in the `format` that the scanner found, and what the user has agreed to.

    `trust` lets its code run; `replaced` are the user's functions by the paths of the layers they replace, and `own`
    are the user's classes.
    `architecture` is the one that the scanner has read: from a text, a SavedModel, or the file beside the weights.
    `written_by` is the version of the Keras that wrote it, None if neither user nor file says. `part` is the path of
    the nested model that is meant. `samples` are inputs of the user's; shapes that the architecture lacks come from
    them. `training` is how a SavedModel was compiled, as the scanner has read it. With `no_optimizer` the state of the
    optimizer is not read. `unreadable_training` says why nobody may read how the model was compiled.
    """

    path: Path
    format: str = "h5"
    trust: bool = False
    replaced: Mapping[str, Replacement] = field(default_factory=dict)
    architecture: Mapping[str, Any] | None = None
    own: CustomObjects = NO_CUSTOM_OBJECTS
    written_by: str | None = None
    samples: Path | None = None
    part: str | None = None
    training: Mapping[str, Any] | None = None
    no_optimizer: bool = False
    unreadable_training: str | None = None


@dataclass(frozen=True)
class Loader:
    """How a source format is loaded into Keras 2.15.

    `load` builds the model and restores its weights. `weights` opens the weights of a path, or of one part of it, for a
    model of another origin; None if a file of this format always has an architecture. If `selects_part`, `load` itself
    takes the one part that is meant out of the file. If `has_graph`, the file also has the graph of the saved model.
    `training` opens what the file says of the training of a whole model; None if a file of this format never does.
    """

    load: Callable[[LoadRequest, Tell, Account], Any]
    weights: Callable[[Path, str | None], AbstractContextManager[StoredWeights]] | None = None
    selects_part: bool = False
    has_graph: bool = False
    training: Callable[[LoadRequest], AbstractContextManager[StoredTraining | None]] | None = None
