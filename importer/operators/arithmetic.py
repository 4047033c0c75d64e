"""Arithmetic: what `+`, `-`, `*` and `/` on symbolic tensors become in a file, and functions of one number."""

from __future__ import annotations

from importer.operators.operator import example, named, tensor

OPERATORS = (
    named(
        "math.add __operators__.add",
        "x y",
        lambda ops, x, y: ops.add(x, y),
        example(tensor(2, 3), tensor(1, 3)),
        example(tensor(4), 2),
    ),
    named(
        "math.subtract",
        "x y",
        lambda ops, x, y: ops.subtract(x, y),
        example(tensor(2, 3), tensor(1, 3)),
        example(tensor(4), [1, 2, 3, 4]),
    ),
    named(
        "math.multiply",
        "x y",
        lambda ops, x, y: ops.multiply(x, y),
        example(tensor(2, 3), tensor(1, 3)),
        example(tensor(4), 3),
    ),
)
