"""The policy of a team: which failures count, and which verified results do not do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from interchange.errors import Exit, Failure, Problem, refused
from interchange.messages.changes import Change
from interchange.messages.training import TrainingVerification
from interchange.messages.verification import ExtremeProbe, OutputComparison, UnprovingProbe, unproven
from keras2to3 import policy
from keras2to3.policy import CONDITIONS, Policy
from keras2to3.reports.decision import Decision
from keras2to3.reports.facts import facts
from keras2to3.reports.report import Report, ReportedOutput
from keras2to3.scanner.policies import Policy as ScanPolicy

OUTPUTS = (OutputComparison("a", (1,), "float32", 0.0, 0.0, 1e-6, equal=True),)
PROVEN = replace(unproven(""), reference="original", why=None, outputs=OUTPUTS, strength="full")


def verified(*changes: Change, **more: Any) -> Report:
    return Report({}, "verified", changes=changes, verification=PROVEN, **more)


def compared(**facts: Any) -> Report:
    return Report({}, "verified", verification=replace(PROVEN, **facts))


def failed(code: Exit, *problems: Problem) -> Report:
    report = Report({})
    report.fail(Failure(code, "no", None, problems))
    return report


def problem(class_name: str, scan: str | None = None) -> Problem:
    return Problem("net/it", class_name, "no", policy=scan)


def allowed(report: Report, *rules: str, fail_on: tuple[str, ...] = ()) -> Decision | None:
    return Policy.of(rules, fail_on).decide(report)


def failing(report: Report, *rules: str) -> Decision | None:
    return Policy.of((), rules).decide(report)


def test_without_rules_the_status_decides() -> None:
    assert allowed(verified()) is None
    assert allowed(failed(Exit.REFUSED, problem("Lambda"))) is None
    assert failed(Exit.REFUSED).final_code is Exit.REFUSED


def test_a_refusal_is_allowed_if_every_part_of_it_is() -> None:
    both = failed(Exit.REFUSED, problem("Lambda"), problem("Mine"))
    assert allowed(both, "refused") == Decision(("allow refused",), 0)
    assert allowed(both, "refused:Lambda") is None
    assert allowed(both, "refused:Mine,refused:Lambda,differs") == Decision(
        ("allow refused:Mine", "allow refused:Lambda"), 0
    )
    assert allowed(failed(Exit.REFUSED), "refused") == Decision(("allow refused",), 0)
    assert allowed(failed(Exit.REFUSED), "refused:Lambda") is None


def test_what_is_unsafe_can_be_told_from_what_is_unsupported() -> None:
    unsafe = failed(Exit.REFUSED, problem("Lambda", "bytecode"), problem("Lambda"))
    assert allowed(unsafe, "unsafe") is None
    assert allowed(unsafe, "unsafe:bytecode", "refused:Lambda")
    assert allowed(failed(Exit.REFUSED, problem("Lambda", "bytecode")), "unsafe:bytecode")
    assert allowed(failed(Exit.REFUSED, problem("Lambda", "bytecode")), "unsafe:names") is None
    blocked = allowed(unsafe, "refused", fail_on=("unsafe",))
    assert blocked == Decision(("fail-on unsafe",), int(Exit.REFUSED))


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        (Exit.UNREADABLE, "unreadable"),
        (Exit.WEIGHTS, "weights"),
        (Exit.DIFFERS, "differs"),
        (Exit.WORKER_DIED, "died"),
        (Exit.REFUSED, "refused"),
    ],
)
def test_each_failure_has_a_rule_of_its_own(code: Exit, rule: str) -> None:
    assert allowed(failed(code), rule) == Decision((f"allow {rule}",), 0)
    others = {name for name, condition in CONDITIONS.items() if condition.is_failure} - {rule}
    assert allowed(failed(code), *others) is None


@pytest.mark.parametrize(
    "code", [Exit.INTERNAL, Exit.USAGE, Exit.BUNDLE, Exit.ENVIRONMENT, Exit.POLICY, Exit.INTERRUPTED]
)
def test_what_is_no_answer_about_the_model_cannot_be_allowed(code: Exit) -> None:
    everything = [name for name, condition in CONDITIONS.items() if condition.is_failure]
    assert allowed(failed(code), *everything) is None


CASES = {
    "weak": compared(strength="weak"),
    "unproven": Report({}, "restored", verification=unproven("no outputs")),
    "edge-cases:NaN": compared(extremes=(ExtremeProbe("NaN", False, ""), ExtremeProbe("inf", True, ""))),
    "no-proof:wide": compared(proves_nothing=(UnprovingProbe("wide", "a", 1.0, 1.0),)),
    "training-not-compared": compared(training=TrainingVerification(3, 4, (), why="no time")),
    "reference:recovered": compared(reference="recovered"),
    "structural:GRU": verified(Change("a", "GRU", "structural", "")),
    "semantic:hard_sigmoid": verified(Change("a", "hard_sigmoid", "semantic", "")),
    "training-only:compile": verified(Change("", "compile", "training-only", "")),
    "lossy:extremes": verified(Change("", "extremes", "lossy", "")),
    "optimizer:rebuilt": verified(optimizer="rebuilt"),
    "needs-code": verified(output=ReportedOutput("a", "0", "needs-code", None, None, bundle=False)),
    "serving": verified(output=ReportedOutput("a", "0", "serving", None, None, bundle=False)),
    "trusted": verified(trusted=True),
    "unchanged": Report({}, "unchanged"),
}


def test_there_is_a_case_for_every_condition() -> None:
    failures = {name for name, condition in CONDITIONS.items() if condition.is_failure}
    assert {rule.partition(":")[0] for rule in CASES} | failures == CONDITIONS.keys()


@pytest.mark.parametrize("rule", CASES)
def test_a_verified_result_fails_by_what_holds_of_it_and_by_nothing_else(rule: str) -> None:
    assert failing(CASES[rule], rule) == Decision((f"fail-on {rule}",), int(Exit.POLICY))
    name, _, detail = rule.partition(":")
    assert failing(CASES[rule], name)
    others = [other.partition(":")[0] for other in CASES if other != rule]
    assert failing(CASES[rule], *others) is None
    if detail and not CONDITIONS[name].choices:
        assert failing(CASES[rule], f"{name}:other") is None


def test_a_status_stays_and_the_report_names_the_rule() -> None:
    report = CASES["weak"]
    report.policy = failing(report, "weak", "lossy")
    assert (report.status, report.exit_code, report.final_code) == ("verified", Exit.VERIFIED, Exit.POLICY)
    assert str(report.policy) == "fail-on weak: exit code 10"
    assert Report.from_bytes(report.to_bytes()).policy == Decision(("fail-on weak",), 10)


def test_rules_that_match_no_source_are_known() -> None:
    team = Policy.of(["refused:Lambda", "differs"], ["weak", "lossy"])
    seen = team.matching(failed(Exit.REFUSED, problem("Lambda"))) | team.matching(verified())
    assert list(map(str, team.unmatched(seen))) == ["allow differs", "fail-on weak", "fail-on lossy"]
    assert list(map(str, team.unmatched(seen, in_check=True))) == ["fail-on lossy"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("refusd", "unknown condition 'refusd', did you mean refused?"),
        ("x", "unknown condition 'x': choose from refused, unsafe, unreadable, weights, differs, died"),
        ("", "unknown condition ''"),
        ("differs,", "unknown condition ''"),
        ("weak", "weak is no failure, so it cannot be allowed; only fail-on takes it"),
        ("differs:Dense", "'differs:Dense': nothing may follow differs"),
        ("refused:", "'refused:': the class that is refused is missing after the colon"),
        ("unsafe:bytcode", "unknown policy of the scanner 'bytcode', did you mean bytecode?"),
    ],
)
def test_what_is_no_rule_is_told_with_a_suggestion(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Policy.of([text], ())
    assert message in str(caught.value)


def test_rules_are_read_once_each_with_spaces_around_them() -> None:
    assert [rule.text for rule in policy.rules(["differs, refused:Addons>X:Y", "differs"], policy.ALLOW)] == [
        "differs",
        "refused:Addons>X:Y",
    ]


def test_the_details_of_unsafe_are_the_policies_of_the_scanner() -> None:
    assert set(CONDITIONS["unsafe"].choices) == {each.value for each in ScanPolicy}
    with_problem = Report({})
    with_problem.fail(refused([problem("Lambda", "bytecode")], "no"))
    assert facts(with_problem)[0].conditions["unsafe"] == {"bytecode"}
