"""What the verifier has to tell beside its verdict."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from importer.compare import compare, tolerance
from importer.verify import became_dense
from interchange.values import Sparse, Value


def test_a_sparse_output_that_has_become_dense_is_a_line_of_the_report() -> None:
    numbers = np.ones((2, 3))
    pairs: dict[str, tuple[Value, Value]] = {
        "kept": (Sparse(numbers), Sparse(numbers)),
        "plain": (numbers, numbers),
        "changed": (numbers, Sparse(numbers)),
    }
    rows = [asdict(compare(name, new, old, tolerance(frozenset()), 0.0)) for name, (new, old) in pairs.items()]
    changes = became_dense({"outputs": rows})
    assert [(change.layer, change.kind) for change in changes] == [("changed", "structural")]
