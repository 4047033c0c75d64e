"""Genes of random models: drawn, and made smaller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from proof import genes, shrinking
from proof.judging import Verdict

MANY = [genes.drawn(1, number) for number in range(400)]


def test_a_gene_is_the_same_for_the_same_numbers() -> None:
    assert genes.drawn(3, 5) == genes.drawn(3, 5)
    assert genes.drawn(3, 5) != genes.drawn(3, 6) != genes.drawn(4, 6)


def test_steps_are_made_of_earlier_ones() -> None:
    for gene in MANY:
        valid(gene["steps"])


def valid(steps: list[dict[str, Any]]) -> None:
    for place, step in enumerate(steps):
        assert all(0 <= number < place for number in step.get("of", ())), (place, step)
        assert step.get("step", -1) < place
        assert step["kind"] != "reuse" or steps[step["step"]]["kind"] in ("common", "inner")
        valid(step.get("steps", []))


def test_all_kinds_of_models_are_drawn() -> None:
    steps = [step for gene in MANY for step in gene["steps"]]
    kinds = Counter(step["kind"] for step in steps)
    assert set(kinds) == {"input", "example", "keys", "common", "merge", "operator", "lambda", "reuse", "inner"}
    assert {gene["format"] for gene in MANY} == set(genes.FORMATS)
    assert {gene["policy"] for gene in MANY} == set(genes.POLICIES)
    assert {step["dtype"] for step in steps if step["kind"] == "input"} >= {
        "float32",
        "int32",
        "int64",
        "string",
        "bool",
    }
    assert {step["how"] for step in steps if step["kind"] == "inner"} == {
        "functional",
        "sequential",
        "time_distributed",
    }
    assert {step["body"] for step in steps if step["kind"] == "lambda"} == set(genes.BODIES)
    assert any(step.get("wrapper") == "Bidirectional" for step in steps)
    assert any(gene["batch"] for gene in MANY)
    assert any(gene["named"] for gene in MANY)
    assert any(len(set(step["of"])) > 1 for step in steps if step["kind"] == "merge")


def test_every_layer_with_a_rule_is_drawn_in_time() -> None:
    wanted = {row["class"] for row in genes._examples()}
    drawn = {step["class"] for number in range(8000) for step in genes.drawn(2, number)["steps"] if "class" in step}
    assert wanted <= drawn


def test_what_keras_2_leaves_out_of_its_files_is_not_drawn() -> None:
    steps = [step for gene in MANY for step in gene["steps"] if step.get("class") == "Attention"]
    assert steps
    assert not any(step.get("config", {}).get("causal") or "causal" in step.get("keys", ()) for step in steps)


def test_a_smaller_gene_is_a_gene() -> None:
    for gene in MANY[:60]:
        for smaller in shrinking.candidates(gene):
            valid(smaller["steps"])
            assert smaller["steps"][0]["kind"] == "input"
            assert smaller != gene


def test_what_follows_a_step_takes_what_it_was_made_of() -> None:
    steps = [
        {"kind": "input"},
        {"kind": "a", "of": [0]},
        {"kind": "b", "of": [1]},
        {"kind": "c", "of": [2, 1]},
        {"kind": "reuse", "of": [3], "step": 2},
    ]
    assert shrinking.without(steps, 1) == [
        {"kind": "input"},
        {"kind": "b", "of": [0]},
        {"kind": "c", "of": [1, 0]},
        {"kind": "reuse", "of": [2], "step": 1},
    ]


def test_a_gene_shrinks_to_what_makes_it_bad() -> None:
    gene = next(gene for gene in MANY if len(gene["steps"]) > 6 and has_lambda(gene))

    def judge(batch: Mapping[str, Any]) -> Mapping[str, Verdict]:
        return {name: Verdict("wrong" if has_lambda(each) else "right") for name, each in batch.items()}

    small = shrinking.shrunk(gene, Verdict("wrong"), judge)
    assert [step["kind"] for step in small["steps"]] == ["input", "lambda"]
    assert (small["policy"], small["format"], small["named"]) == ("float32", "h5", False)


def test_a_gene_stays_whose_verdict_no_smaller_one_has() -> None:
    def judge(batch: Mapping[str, Any]) -> Mapping[str, Verdict]:
        return dict.fromkeys(batch, Verdict("invalid"))

    assert shrinking.shrunk(MANY[0], Verdict("wrong"), judge) == MANY[0]


def has_lambda(gene: Any) -> bool:
    return any(step["kind"] == "lambda" for step in gene["steps"])
