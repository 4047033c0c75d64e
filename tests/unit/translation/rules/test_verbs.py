"""The verbs of a rule: what each makes of a key's value, what it tells, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from translation.verbs import (
    Decision,
    Rule,
    Verb,
    custom,
    decompose,
    drop,
    ignore,
    own_function,
    refuse,
    rename,
    rewrite,
    same,
)

REASON = "it was removed"


def decide(verbs: tuple[Verb, ...], value: Any) -> Decision:
    """What the one verb for the key `k` says to `value`."""
    (verb,) = verbs
    return verb.decide({"k": value, "other": None})


@pytest.mark.parametrize("value", [3, None, [1, 2], {"a": 1}])
@pytest.mark.parametrize(
    ("verbs", "key", "is_told"),
    [
        (same("k"), "k", False),
        (rename("k", "new"), "new", True),
        (rewrite("k", lambda value: value, "as it is"), "k", False),
    ],
    ids=["same", "rename", "rewrite"],
)
def test_a_value_is_kept(verbs: tuple[Verb, ...], key: str, is_told: bool, value: Any) -> None:
    decision = decide(verbs, value)
    assert (decision.settings, decision.refusal, decision.decomposition) == ({key: value}, None, None)
    assert (decision.change is not None) is is_told


def test_a_value_is_rewritten_and_told() -> None:
    decision = decide(rewrite("k", lambda value: value * 2, "doubled"), 3)
    assert decision == Decision({"k": 6}, ("structural", "k: doubled"))


@pytest.mark.parametrize(
    ("verbs", "told"),
    [
        (drop("k", None, 1, why=REASON), ("structural", "k=1 dropped: it was removed")),
        (ignore("k", kind="training-only", why=REASON), ("training-only", "k=1 dropped: it was removed")),
        (decompose("k", 7, "a_rule", "done"), ("structural", "k=1 dropped: the only value that Keras 3 supports")),
    ],
    ids=["drop", "ignore", "decompose"],
)
def test_what_is_dropped_is_told(verbs: tuple[Verb, ...], told: tuple[str, str]) -> None:
    assert decide(verbs, 1) == Decision(change=told)


def test_a_decomposition_takes_over_at_its_value() -> None:
    decision = decide(decompose("k", True, "a_rule", "transposed"), True)
    assert decision == Decision(change=("structural", "k=True: transposed"), decomposition="a_rule")


@pytest.mark.parametrize("value", [2, "one", [1], None])
@pytest.mark.parametrize("verbs", [drop("k", 1, why=REASON), refuse("k", 1, why=REASON)], ids=["drop", "refuse"])
def test_another_value_is_refused_with_the_reason(verbs: tuple[Verb, ...], value: Any) -> None:
    decision = decide(verbs, value)
    assert decision.settings == {}
    assert REASON in str(decision.refusal)


def test_a_value_that_is_not_refused_is_kept_silently() -> None:
    assert decide(refuse("k", 1, 2, why=REASON), 2) == Decision({"k": 2})


def test_a_long_value_is_told_in_short() -> None:
    change = decide(ignore("k", kind="structural", why=REASON), list(range(1000))).change
    assert change is not None
    assert len(change[1]) < 100


def test_a_custom_verb_sees_the_other_keys() -> None:
    (verb,) = custom("k", "label", lambda config: Decision({"k": config["other"]}))
    assert verb.decide({"k": 1, "other": 2}).settings == {"k": 2}


@pytest.mark.parametrize("verbs", [same("a b c"), ignore("a b c", kind="structural", why=REASON)])
def test_keys_are_separated_by_spaces(verbs: tuple[Verb, ...]) -> None:
    assert [verb.key for verb in verbs] == ["a", "b", "c"]
    assert [verb.decide({"a": 1, "b": 2, "c": 3}) != Decision() for verb in verbs] == [True] * 3


def test_a_key_has_one_verb() -> None:
    with pytest.raises(ValueError, match="two verbs for one key"):
        Rule("Dense", same("units") + rename("units", "size"))


@pytest.mark.parametrize(
    ("rule", "unchanged"),
    [
        (Rule("A", same("a b")), True),
        (Rule("A"), True),
        (Rule("A", rename("a", "b")), False),
        (Rule("A", becomes="B"), False),
        (Rule("A", decomposition="x"), False),
        (Rule("A", composed="x"), False),
    ],
)
def test_a_rule_knows_whether_it_changes_anything(rule: Rule, unchanged: bool) -> None:
    assert rule.unchanged is unchanged


@pytest.mark.parametrize("half", [{"refused": "why"}, {"instead": "this"}])
def test_a_refusal_says_why_and_what_helps(half: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="rule Lambda: a refusal"):
        Rule("Lambda", **half)


@pytest.mark.parametrize(
    ("verbs", "after", "before"),
    [
        (same("k"), {"k": 3}, {"k": 3}),
        (same("k"), {}, {}),
        (rename("k", "new"), {"new": 3}, {"k": 3}),
        (drop("k", 1, why=REASON), {}, {"k": 1}),
        (refuse("k", 1, why=REASON), {"k": 1}, {"k": 1}),
        (own_function("k", None, why=REASON), {"k": None}, {"k": None}),
    ],
    ids=["same", "missing", "rename", "drop", "refuse", "own_function"],
)
def test_a_key_is_restored(verbs: tuple[Verb, ...], after: dict[str, Any], before: dict[str, Any]) -> None:
    assert Rule("Layer", verbs).restored(after) == before


@pytest.mark.parametrize(
    "verbs",
    [
        drop("k", None, 1, why=REASON),
        ignore("k", kind="training-only", why=REASON),
        rewrite("k", abs, "its size"),
        decompose("k", True, "a_rule", "transposed"),
        custom("k", "decided", lambda config: Decision()),
    ],
    ids=["drop", "ignore", "rewrite", "decompose", "custom"],
)
def test_a_verb_without_an_inverse_says_why(verbs: tuple[Verb, ...]) -> None:
    (verb,) = verbs
    assert verb.restore is None
    assert verb.no_inverse


def test_a_verb_has_an_inverse_or_a_reason() -> None:
    with pytest.raises(ValueError, match="has an inverse, or a reason"):
        Verb("k", "same", lambda config: Decision())
