"""Reductions of segments, which numbers of the same length tell apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import constant, is_tensor
from translation.keras3_to_2.operations.operation import Operation, named
from translation.operators.operator import example, tensor


def _reduction(kind: str) -> Operation:
    def build(tf: Any, data: Any, segment_ids: Any, *, num_segments: int | None = None, sorted: bool = False) -> Any:  # noqa: A002
        ids = segment_ids if is_tensor(segment_ids) else constant(tf, segment_ids, "int32", data)
        if sorted and num_segments is None:
            return getattr(tf.math, f"segment_{kind}")(data, ids)
        return getattr(tf.math, f"unsorted_segment_{kind}")(data, ids, num_segments)

    ids = Constant([0, 2, 2, 0, 1], "int32")
    return named(f"Segment{kind.capitalize()}", build, example(tensor(3), ids, num_segments=3), refuse=_number)


def _number(arguments: Mapping[str, Any]) -> str | None:
    if arguments["num_segments"] is None and not arguments["sorted"]:
        return "the number of segments is not given"
    return "data must be a tensor" if not is_tensor(arguments["data"]) else None


OPERATIONS = tuple(_reduction(kind) for kind in ("sum", "max", "min", "prod"))
