"""The model of an architecture, whichever door it came through."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from exporter.load.build import build
from exporter.load.request import Source
from exporter.probes.shapes import completed
from interchange.errors import Failure
from translation.keras1_to_2.file_facts import Facts, facts_of
from translation.keras2_config import readable
from translation.keras2_to_runnable import Normalised, Tell

_UNTOLD = "the architecture does not say which shape its inputs have; the shape of the samples is used"


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
