"""Build the model of an architecture that was stored in any format, and restore its weights."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from exporter.load.build import build
from exporter.load.input_widths import widened
from exporter.load.request import LoadRequest
from exporter.probes.shapes import completed
from exporter.restore.account import Account
from exporter.restore.stored_weights import StoredWeights
from interchange.errors import Failure
from translation.keras1_to_2.file_facts import Facts, facts_of
from translation.keras2_config import as_keras_2_15
from translation.keras2_to_runnable import Normalised, Tell

_NO_SHAPE = "the architecture does not say which shape its inputs have; the shape of the samples is used"


def restored(
    request: LoadRequest,
    architecture: Mapping[str, Any],
    weights: StoredWeights,
    tell: Tell,
    account: Account,
    facts: Facts | None = None,
) -> Any:
    """The model of an architecture with its stored weights; every rewritten layer is passed to `tell`.

    `facts` are what the weights say of their origin. Raises `Failure` as `built` and `StoredWeights.restore` do.
    """
    model = built(request, widened(architecture, weights.mean_shape), tell, facts)
    weights.restore(model, architecture, account)
    return model


def built(request: LoadRequest, architecture: Mapping[str, Any], tell: Tell, facts: Facts | None = None) -> Any:
    """The model of an architecture with fresh weights; every rewritten layer is passed to `tell`.

    Raises `Failure` as `as_keras_2_15` and `build` do.
    """
    facts = facts or facts_of(architecture, None, version=request.written_by)
    config = as_keras_2_15(architecture, tell, request.replaced, facts=facts, own=request.own.names)
    for with_shape, shape in completed(config, request.samples):
        with contextlib.suppress(Failure):  # of any length, if it can be so
            model = build(with_shape, request.trust, request.own)
            tell(Normalised("", "input_shape", f"{_NO_SHAPE}: {shape}", "original"))
            return model
    return build(config, request.trust, request.own)
