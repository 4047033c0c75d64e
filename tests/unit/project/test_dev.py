"""What `nox -s dev` prints of names and reports."""

from __future__ import annotations

from typing import Any

import pytest

from tests import dev


def test_a_name_that_nothing_has_ends_with_those_that_may_be_meant() -> None:
    with pytest.raises(SystemExit, match=r"There is no operator tanhh\. Did you mean tanh\?"):
        dev.known_as("operator", "tanhh", ["tanh", "xlogy"])


def test_an_operator_is_found_by_any_of_its_names() -> None:
    models = dev.operator_models(["tf.math.xlogy", "math.tanh"])
    assert [*models] == ["operators.py"]
    assert [*models["operators.py"]] == ["math.xlogy", "math.tanh"]


def test_a_layer_has_its_examples_and_a_branch_for_every_key() -> None:
    models = dev.layer_models(["LeakyReLU"])
    assert [*models["layer_rules.py"]] == ["LeakyReLU-0"]
    assert "alpha" in str(models["every_key.py"]["LeakyReLU"])


def row(name: str, difference: float, *, equal: bool) -> dict[str, Any]:
    return {"name": name, "equal": equal, "max_abs": difference}


def test_a_verdict_has_the_largest_difference_or_what_is_wrong() -> None:
    source = {"path": "models/tanh.h5"}
    good = {"outputs": [row("a", 0.5, equal=True), row("b", 0.25, equal=True)]}
    bad = {"outputs": [row("a", 0.0, equal=True), row("b", 0.25, equal=False)]}
    report = {"source": source, "status": "verified", "verification": good, "error": None}
    assert [*dev.verdict(report)] == ["tanh: 2 outputs agree, the largest difference is 0.5"]
    error = {"message": "outputs differ", "problems": [{"text": "b is wrong"}]}
    report = {"source": source, "status": "differs", "verification": bad, "error": error}
    assert [*dev.verdict(report)] == [
        "tanh: differs: outputs differ",
        "    b is wrong",
        "    output b differs by 0.25",
    ]
