"""The policies of the scanner: each says what it forbids, and only code can be trusted."""

from __future__ import annotations

import pytest

from keras2to3.scanner import policies
from keras2to3.scanner.policies import Policy


@pytest.mark.parametrize("policy", Policy)
def test_a_policy_is_one_sentence(policy):
    assert policy.sentence.endswith(".")
    assert policy.sentence.count(". ") == 0


@pytest.mark.parametrize("policy", Policy)
def test_a_broken_policy_is_named_and_says_what_lifts_it(policy):
    problem = policy.violation("encoder/x", "Dense", "why", "key", "value", "Do otherwise.")
    assert (problem.layer, problem.class_name, problem.key, problem.value) == ("encoder/x", "Dense", "key", "value")
    assert problem.policy == policy.value
    assert problem.unblock.startswith("Do otherwise. ")
    assert ("`--trust` lets" in problem.unblock) == policy.trustable == policies.is_lifted_by_trust(problem)


def test_code_alone_can_be_trusted():
    assert {policy for policy in Policy if policy.trustable} == {Policy.BYTECODE, Policy.FOREIGN_CODE, Policy.OPERATORS}
