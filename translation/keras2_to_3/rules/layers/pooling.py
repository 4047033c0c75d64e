"""`keras.layers`, pooling: local and global, average and maximum."""

from __future__ import annotations

from typing import Any

from translation.evidence import keras3
from translation.verbs import RAGGED, Rule, same

KIND = "layers"

_HALVES: dict[str, Any] = {
    "decomposition": "half_mean",
    "source": keras3("backend/tensorflow/numpy.py", "the mean of halves is computed in float32"),
}
_NOTHING: dict[str, Any] = {
    "composed": "global_max",
    "source": keras3("backend/tensorflow/numpy.py", "the largest of nothing is an error"),
}

RULES = tuple(
    rule
    for rank in (1, 2, 3)
    for kind in ("Average", "Max")
    for rule in (
        Rule(f"{kind}Pooling{rank}D", same("pool_size strides padding data_format")),
        Rule(
            f"Global{kind}Pooling{rank}D",
            same("data_format keepdims"),
            takes=RAGGED if rank == 1 else frozenset(),
            **_HALVES if kind == "Average" else _NOTHING,
        ),
    )
)
