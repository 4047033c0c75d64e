"""The model of an architecture, whichever door it came through."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from exporter.architecture import readable
from exporter.build import build
from exporter.doors.source import Source
from exporter.normalise import Normalised, Tell
from exporter.shapes import completed
from exporter.vintages.facts import Facts, facts_of
from interchange.errors import Failure

_UNTOLD = "the architecture does not say which shape its inputs have, so they have that of the samples"


def built(source: Source, architecture: Mapping[str, Any], tell: Tell, facts: Facts | None = None) -> Any:
    """The model of an architecture of the source, with fresh weights; `tell` hears of what is spelled anew.

    The `facts` are what its weights tell. Raises `Failure` as `readable` and `build` do.
    """
    facts = facts or facts_of(architecture, None, version=source.written_by)
    spelled = readable(architecture, tell, source.replaced, facts=facts, own=source.own.names)
    for shaped, shape in completed(spelled, source.samples):
        with contextlib.suppress(Failure):  # of any length, if it can be so
            model = build(shaped, source.trust, source.own)
            tell(Normalised("", "input_shape", f"{_UNTOLD}: {shape}", "original"))
            return model
    return build(spelled, source.trust, source.own)
