"""One bundle into one verified `.keras`: translate, rebuild, restore, write, read back, verify."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

from importer.opinion import explained
from importer.rebuild import Rebuilt, rebuild
from importer.restore import restore
from importer.run import release
from importer.save import read_back, save
from importer.spec import Change, Graph
from importer.translate import translated
from importer.verify import Limits, became_dense, verify
from interchange import numbers
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.laps import Laps
from interchange.protocol import Say
from interchange.replacements import Replacement


def migrate(
    folder: Path, target: Path, limits: Limits, say: Say, replaced: Mapping[str, Replacement] = MappingProxyType({})
) -> Mapping[str, Any]:
    """Write `target` from the bundle in `folder`; returns {changes, verification, weights, timing} for the report.

    `replaced` are the user's functions by the paths of the layers they stand for.
    """
    import keras

    laps = Laps()
    release()
    keras.backend.clear_session()
    bundle = Bundle.open(folder)
    architecture = numbers.read(bundle.json("architecture.json"))
    graph, changes = translated(architecture, bundle.json("kinds.json"), replaced)
    laps.lap("open")
    say("rebuilding it with Keras 3")
    rebuilt, weights = _restored(graph, bundle)
    laps.lap("rebuild")
    save(rebuilt.model, target)
    laps.lap("save")
    changes = [*_normalised(bundle), *changes, *rebuilt.changes]
    del rebuilt  # two models would lie in memory while the file is read
    gc.collect()
    say("reading it back and comparing")
    try:
        model = read_back(target)
        laps.lap("read")
        verification = verify(model, bundle, limits)
    except Failure as failure:
        target.unlink()
        if failure.code is not Exit.DIFFERS:
            raise
        raise explained(failure, _restored(graph, bundle)[0], bundle) from None
    laps.lap("verify")
    told = {"changes": [asdict(change) for change in [*changes, *became_dense(verification)]], "weights": weights}
    return {**told, "verification": verification, "timing": laps.seconds}


def _restored(graph: Graph, bundle: Bundle) -> tuple[Rebuilt, Mapping[str, Any]]:
    """The rebuilt model with its weights, and what the report says of them."""
    rebuilt = rebuild(graph)
    return rebuilt, restore(rebuilt, bundle)


def _normalised(bundle: Bundle) -> list[Change]:
    """What the exporter had to say in another way before Keras 2.15 could run it."""
    rows = bundle.json("reference.json")["normalised"]
    return [Change(row["layer"], row["rule"], "structural", row["text"]) for row in rows]
