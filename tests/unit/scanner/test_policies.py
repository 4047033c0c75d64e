"""The laws of the look: each says what it forbids, and only code can be trusted."""

from __future__ import annotations

import pytest

from keras2to3.scanner import policies
from keras2to3.scanner.policies import Law


@pytest.mark.parametrize("law", Law)
def test_a_law_is_one_sentence(law):
    assert law.sentence.endswith(".")
    assert law.sentence.count(". ") == 0


@pytest.mark.parametrize("law", Law)
def test_a_broken_law_is_named_and_says_what_lifts_it(law):
    problem = law.broken("encoder/x", "Dense", "why", "key", "value", "Do otherwise.")
    assert (problem.layer, problem.class_name, problem.key, problem.value) == ("encoder/x", "Dense", "key", "value")
    assert problem.law == law.value
    assert problem.unblock.startswith("Do otherwise. ")
    assert ("`--trust` lets" in problem.unblock) == law.trustable == policies.lifted(problem)


def test_code_alone_can_be_trusted():
    assert {law for law in Law if law.trustable} == {Law.BYTECODE, Law.FOREIGN_CODE, Law.OPERATORS}
