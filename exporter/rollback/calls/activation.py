"""An activation that Keras 2.15 lacks, behind a layer that is built without one."""

from __future__ import annotations

from typing import Any

from exporter.rollback.activations import ACTIVATIONS
from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of, with_mask
from translation.keras3_to_2.activations import WRITTEN_OUT


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives, through its activation; its mask stays."""
    given = proceed(invocation)
    return with_mask(ACTIVATIONS[invocation.spec.config[WRITTEN_OUT]](given), mask_of(given))
