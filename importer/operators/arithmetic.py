"""`tf.math`, arithmetic: what `+`, `-`, `*` and `/` on symbolic tensors become in a file."""

from __future__ import annotations

from importer.operators.operator import named

OPERATORS = (
    named("__operators__.add math.add", lambda ops, x, y: ops.add(x, y)),
    named("math.subtract", lambda ops, x, y: ops.subtract(x, y)),
    named("math.multiply", lambda ops, x, y: ops.multiply(x, y)),
)
