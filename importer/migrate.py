"""One bundle into one verified `.keras`: translate, rebuild, restore, write, read back, verify."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from importer.opinion import explained
from importer.rebuild import rebuild
from importer.restore import restore
from importer.run import release
from importer.save import read_back, save
from importer.spec import Change
from importer.translate import translated
from importer.verify import Limits, became_dense, verify
from interchange import numbers
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.protocol import Say
from interchange.replacements import Replacement


def migrate(
    folder: Path, target: Path, limits: Limits, say: Say, replaced: Mapping[str, Replacement] = MappingProxyType({})
) -> Mapping[str, Any]:
    """Write `target` from the bundle in `folder`; returns {changes, verification, weights} for the report.

    `replaced` are the user's functions by the paths of the layers they stand for.
    """
    import keras

    release()
    keras.backend.clear_session()
    bundle = Bundle.open(folder)
    architecture = numbers.read(bundle.json("architecture.json"))
    graph, changes = translated(architecture, bundle.json("kinds.json"), replaced)
    say("rebuilding it with Keras 3")
    rebuilt = rebuild(graph)
    weights = restore(rebuilt, bundle)
    save(rebuilt.model, target)
    say("reading it back and comparing")
    try:
        verification = verify(read_back(target), bundle, limits)
    except Failure as failure:
        target.unlink()
        if failure.code is not Exit.DIFFERS:
            raise
        raise explained(failure, rebuilt, bundle) from None
    changes = [*_normalised(bundle), *changes, *rebuilt.changes, *became_dense(verification)]
    return {"changes": [asdict(change) for change in changes], "verification": verification, "weights": weights}


def _normalised(bundle: Bundle) -> list[Change]:
    """What the exporter had to say in another way before Keras 2.15 could run it."""
    rows = bundle.json("reference.json")["normalised"]
    return [Change(row["layer"], row["rule"], "structural", row["text"]) for row in rows]
