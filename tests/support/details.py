"""What the page of a report shows of a made-up model: a GRU that is replaced, in a nested model, and a Dense."""

from __future__ import annotations

from interchange.messages.details import (
    Details,
    Edge,
    LayerDifference,
    Node,
    OutputPairs,
    Picture,
    WeightRow,
)

BEFORE = Picture(
    (
        Node("words", "InputLayer", "(None, 12)", 0, (), "words"),
        Node("encoder", "Functional", "(None, 32)", 9664, (), "encoder"),
        Node("encoder/tokens", "InputLayer", "(None, 12)", 0, (), "encoder/tokens"),
        Node("encoder/embedding", "Embedding", "(None, 12, 32)", 3200, (), "encoder/embedding"),
        Node("encoder/gru", "GRU", "(None, 32)", 6464, ("GRU",), "encoder/gru"),
        Node("head", "Dense", "(None, 3)", 99, (), "head"),
    ),
    (
        Edge("words", "encoder"),
        Edge("encoder/tokens", "encoder/embedding"),
        Edge("encoder/embedding", "encoder/gru"),
        Edge("encoder", "head"),
    ),
)
AFTER = Picture(
    (
        Node("words", "InputLayer", "(None, 12)", 0, (), "words"),
        Node("encoder", "Functional", "(None, 32)", 9664, (), "encoder"),
        Node("encoder/tokens", "InputLayer", "(None, 12)", 0, (), "encoder/tokens"),
        Node("encoder/embedding", "Embedding", "(None, 12, 32)", 3200, (), "encoder/embedding"),
        Node("encoder/gru_time_first", "Permute", "", 0, ("GRU",), None),
        Node("encoder/gru", "GRU", "(None, 32)", 6464, ("GRU",), "encoder/gru"),
        Node("head", "Dense", "(None, 3)", 99, (), "head"),
    ),
    (
        Edge("words", "encoder"),
        Edge("encoder/tokens", "encoder/embedding"),
        Edge("encoder/embedding", "encoder/gru_time_first"),
        Edge("encoder/gru_time_first", "encoder/gru"),
        Edge("encoder", "head"),
    ),
)
DETAILS = Details(
    before=BEFORE,
    after=AFTER,
    outputs=(
        OutputPairs(
            "head", (-1.25, -0.5, 0.0, 0.75, 1.5), (-1.25, -0.5, 1e-07, 0.75, 1.5), (40, 0, 0, 1, 2, 5, 12, 0, 0)
        ),
    ),
    layers=(
        LayerDifference("words", "InputLayer", 0.0, 99.0, 0.00198, True),
        LayerDifference("encoder", "Functional", 1.2e-07, 0.9, 1.9e-05, True),
        LayerDifference("head", "Dense", 2.4e-07, 1.5, 3.1e-05, True),
    ),
    weights=(
        WeightRow("encoder/embedding", "embeddings", (100, 32), "float32", "encoder/embedding/embeddings", ""),
        WeightRow("encoder/gru", "kernel", (32, 96), "float32", "encoder/gru/gru_cell/kernel", ""),
        WeightRow("encoder/gru", "bias", (2, 96), "float32", "", "bias[0] + bias[1]"),
        WeightRow("head", "kernel", (32, 3), "float32", "head/kernel", ""),
    ),
    more_weights=0,
)
"""As a report of a verified model has it."""
