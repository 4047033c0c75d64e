"""`causal=True` of Attention and AdditiveAttention in files before TF 2.10: Keras 3 takes it in the call alone."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Request the causal mask in the call."""
    return proceed(invocation.on(invocation.inputs, use_causal_mask=True))
