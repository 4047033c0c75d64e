"""What other programs read, each checked against its schema: what is in it, and that no name breaks it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from interchange.errors import Exit, Failure, Problem, refused
from interchange.messages.changes import Change
from interchange.messages.verification import FirstDifference, OutputComparison, unproven
from keras2to3.ci import github, gitlab, junit, markdown, places, sarif
from keras2to3.ci.records import Record, line
from keras2to3.policy import Policy
from keras2to3.reports.report import Report
from keras2to3.reports.verdict import printable
from tests.support import ci_formats

OUTPUTS = (OutputComparison("a", (1,), "float32", 0.0, 0.0, 1e-6, equal=True),)
PROVEN = replace(unproven(""), reference="original", why=None, outputs=OUTPUTS, strength="full")
NO_POLICY = Policy()


def verified(*changes: Change, **facts: Any) -> Report:
    return Report({}, "verified", changes=changes, verification=replace(PROVEN, **facts), timing={"total": 1.25})


def failed(failure: Failure) -> Report:
    report = Report({}, timing={"scan": 0.5})
    report.fail(failure)
    return report


def refusal(*names: str) -> Report:
    problems = [Problem(name, "Lambda", "bytecode", "function", "f", f"Replace {name}.", "bytecode") for name in names]
    return failed(refused(problems, f"holds {len(names)} parts", "Each is listed."))


def record(name: str, report: Report, policy: Policy = NO_POLICY) -> Record:
    report.policy = policy.decide(report)
    return Record.of("migrate", Path(name), report, policy)


LOSSY = Change("", "extremes", "lossy", "NaN differs")
TRAINING = Change("", "compile", "training-only", "compile it again")
GRU = Change("reader", "GRU", "structural", "time_major dropped")
ALLOWING = Policy.of(["refused:Lambda"], ["lossy"])


def team() -> list[Record]:
    """A record of every kind."""
    differing = replace(unproven(""), first_difference=FirstDifference("conv", "Conv2D", 0.5))
    differs = Failure(Exit.DIFFERS, "output a differs by 0.5", "try", detail={"verification": differing.to_json()})
    return [
        record("models/good.h5", verified(GRU)),
        record("models/weak.h5", verified(LOSSY, TRAINING, strength="weak")),
        record("models/code.h5", refusal("scale", "net/shift")),
        record("models/allowed.h5", refusal("scale"), ALLOWING),
        record("models/lossy.h5", verified(LOSSY, GRU), ALLOWING),
        record("models/differs.h5", failed(differs)),
        record("models/full.h5", failed(Failure(Exit.ENVIRONMENT, "no room", "free some space"))),
        Record.interrupted("migrate", Path("models/late.h5")),
    ]


def test_junit_has_a_case_for_each_source() -> None:
    document = ci_formats.junit(junit.document(team(), Path()))
    (suite,) = document.findall("testsuite")
    counts = {"tests": "8", "failures": "3", "errors": "2"}
    assert {name: document.get(name) for name in counts} == counts
    assert {name: suite.get(name) for name in (*counts, "skipped")} == {**counts, "skipped": "1"}
    assert document.get("time") == "5.750"
    ended = {case.get("name"): [child.tag for child in case] for case in suite}
    assert ended == {
        "models/good.h5": ["system-out"],
        "models/weak.h5": ["system-out"],
        "models/code.h5": ["failure"],
        "models/allowed.h5": ["skipped"],
        "models/lossy.h5": ["failure"],
        "models/differs.h5": ["failure"],
        "models/full.h5": ["error"],
        "models/late.h5": ["error"],
    }
    texts = {case.get("name"): case[0] for case in suite}
    assert texts["models/allowed.h5"].get("message") == "allow refused:Lambda: exit code 0; holds 1 parts"
    assert texts["models/lossy.h5"].get("message") == "fail-on lossy: exit code 10"
    code = texts["models/code.h5"]
    assert (code.get("type"), code.get("message")) == ("refused", "holds 2 parts")
    assert code.text
    assert "error: unsafe: net/shift (Lambda) function='f': bytecode\n  hint: Replace net/shift." in code.text


def test_sarif_has_a_result_for_each_reason_and_the_rule_that_allowed_it() -> None:
    (run,) = ci_formats.sarif(sarif.document(team(), Path.cwd()))["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    results = run["results"]
    assert {rules[each["ruleIndex"]] for each in results} == {each["ruleId"] for each in results} == set(rules)
    found: dict[str, list[tuple[str, str]]] = {}
    for each in results:
        uri = each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        found.setdefault(uri, []).append((each["level"], each["ruleId"]))
    assert found == {
        "models/weak.h5": [("warning", "lossy"), ("warning", "weak"), ("note", "training-only")],
        "models/code.h5": [("error", "unsafe")] * 2,
        "models/allowed.h5": [("note", "unsafe")],
        "models/lossy.h5": [("error", "lossy")],
        "models/differs.h5": [("error", "differs")],
        "models/full.h5": [("error", "failed")],
        "models/late.h5": [("error", "interrupted")],
    }
    allowed = next(each for each in results if "allowed.h5" in each["message"]["text"])
    assert allowed["suppressions"] == [{"kind": "external", "justification": "allow refused:Lambda: exit code 0"}]
    differs = next(each for each in results if each["ruleId"] == "differs")
    assert differs["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "conv", "kind": "layer"}]


def test_a_fingerprint_is_of_what_was_found_and_of_nothing_else() -> None:
    def prints(records: list[Record]) -> list[str]:
        return [entry["fingerprint"] for entry in ci_formats.gitlab(gitlab.document(records, Path.cwd()))]

    assert prints(team()) == prints([replace(each, seconds=9.0) for each in team()])
    assert len(set(prints(team()))) == len(prints(team()))
    two = prints([record("a.h5", refusal("x")), record("b.h5", refusal("x")), record("a.h5", refusal("y"))])
    assert len(set(two)) == 3


def test_gitlab_has_an_entry_for_each_finding() -> None:
    entries = ci_formats.gitlab(gitlab.document(team(), Path.cwd()))
    found = [(entry["location"]["path"], entry["check_name"], entry["severity"]) for entry in entries]
    assert found == [
        ("models/weak.h5", "keras2to3/lossy", "minor"),
        ("models/weak.h5", "keras2to3/weak", "minor"),
        ("models/weak.h5", "keras2to3/training-only", "info"),
        ("models/code.h5", "keras2to3/unsafe", "critical"),
        ("models/code.h5", "keras2to3/unsafe", "critical"),
        ("models/allowed.h5", "keras2to3/unsafe", "info"),
        ("models/lossy.h5", "keras2to3/lossy", "major"),
        ("models/differs.h5", "keras2to3/differs", "critical"),
        ("models/full.h5", "keras2to3/failed", "major"),
        ("models/late.h5", "keras2to3/interrupted", "major"),
    ]
    assert entries[5]["description"].endswith(": bytecode (allow refused:Lambda: exit code 0)")


def test_annotations_stand_at_the_file_and_name_the_policy() -> None:
    told = [ci_formats.annotation(each) for each in github.lines(team(), Path.cwd())]
    assert [(level, each["file"]) for level, each, _ in told] == [
        ("error", "models/code.h5"),
        ("error", "models/lossy.h5"),
        ("error", "models/differs.h5"),
        ("error", "models/full.h5"),
        ("error", "models/late.h5"),
        ("warning", "models/weak.h5"),
    ]
    assert told[0][1]["title"] == "keras2to3 migrate: refused"
    assert told[0][2].splitlines()[0] == "models/code.h5: refused"
    assert "policy: fail-on lossy: exit code 10" in told[1][2].splitlines()


MORE = "and 3 more sources with errors, which the summary names"


@pytest.mark.parametrize(("count", "more"), [(10, []), (13, [MORE])])
def test_no_more_annotations_than_github_shows(count: int, more: list[str]) -> None:
    lines = list(github.lines([record(f"{number}.h5", refusal("x")) for number in range(count)], Path.cwd()))
    assert [each for each in lines if not each.startswith("::error ")] == more
    assert len(lines) == 10 + len(more)


def test_the_step_summary_shows_what_needs_attention_first() -> None:
    (heading,), rows = ci_formats.markdown(markdown.summary(team(), Exit.INTERRUPTED))
    assert heading == "keras2to3 migrate: 1 interrupted, 3 verified, 1 failed, 1 differs, 2 refused"
    assert rows[0] == ["source", "status", "exit code", "what"]
    assert [row[0].removeprefix("models/") for row in rows[1:]] == [
        "late.h5", "lossy.h5", "full.h5", "differs.h5", "code.h5", "allowed.h5", "weak.h5", "good.h5",
    ]  # fmt: skip
    assert rows[2][2:] == ["10", "policy: fail-on lossy: exit code 10; extremes: NaN differs"]


def test_a_summary_of_very_many_sources_is_cut_and_says_so() -> None:
    text = markdown.summary([record(f"{number}.h5", verified()) for number in range(1000)], Exit.VERIFIED)
    assert len(ci_formats.markdown(text)[1]) == 201
    assert text.endswith("\nAnd 800 more sources.\n\n")
    assert len(markdown.summary([record("|" * 200, refusal("|" * 9999)) for _ in range(1000)], Exit.REFUSED)) < 2**20


HOSTILE = [
    "<script>alert('x')</script>&amp;",
    "]]>&lt;",
    "\x1b[31mred\x1b[0m\x00\x07",
    "two\nlines\r\n::error file=x::injected",
    "::stop-commands::x",
    "100%0A%25",
    "a|b|c \\| d",
    "`code` ``` ~~~ **bold** [link](http://x) ![](y) # | --- |",
    "http://example.com @someone #12 <!-- -->",
    "\u202eesrever\u2028\u2029\ufffe\ud800",
    "n" * 10_000,
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_breaks_a_format(name: str) -> None:
    change = replace(LOSSY, layer=name, rule=name, text=name)
    policy = Policy.of([], [f"lossy:{name}"] if "," not in name else ["lossy"])
    problems = [Problem(name, name, name, name, name, name, "bytecode")]
    path = f"models/{name}.h5"[:4000].replace("\ud800", "\udcff")  # as Python decodes a byte that is no UTF-8
    told = [
        record(path, failed(refused(problems, name, name))),
        record(path, verified(change, strength="weak")),
        record("models/c.h5", verified(change), policy),
        record("models/d.h5", failed(Failure(Exit.WORKER_DIED, name, name))),
    ]
    root = Path.cwd()
    document = ci_formats.junit(junit.document(told, root))
    assert [case.get("name") for case in document.iter("testcase")][:2] == [told[0].name] * 2
    results = ci_formats.sarif(sarif.document(told, root))["runs"][0]["results"]
    uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri, errors="surrogateescape") == os.path.normpath(path)
    assert len(ci_formats.gitlab(gitlab.document(told, root))) == len(results)
    for text in github.lines(told, root):
        level, properties, message = ci_formats.annotation(text)
        assert level == "error" or "weak" in message or level == "warning"
        assert properties.keys() <= {"title", "file"}
        assert all(each.isprintable() for each in message.splitlines())
    _, rows = ci_formats.markdown(markdown.summary(told, Exit.POLICY))
    assert len(rows) == 1 + len(told)
    assert {len(row) for row in rows} == {4}
    assert line(told[0].name, 300) in [row[0] for row in rows]


def test_the_root_is_that_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inside, outside = tmp_path / "repo" / "models" / "a b%.h5", tmp_path / "b.h5"
    root = places.root({"GITHUB_WORKSPACE": str(tmp_path / "repo")})
    assert places.root({"CI_PROJECT_DIR": str(tmp_path / "repo")}) == root
    assert places.root({}) == tmp_path.resolve()
    assert places.relative(inside, root) == "models/a b%.h5"
    assert places.uri(inside, root) == "models/a%20b%25.h5"
    assert places.uri(outside, root) == f"file://{tmp_path.resolve()}/b.h5"
    (located,) = ci_formats.sarif(sarif.document([record(str(outside), refusal("x"))], root))["runs"][0]["results"]
    assert "uriBaseId" not in located["locations"][0]["physicalLocation"]["artifactLocation"]


def test_a_command_that_failed_as_a_whole_is_told_in_every_format() -> None:
    told = [Record.of_command("check", Failure(Exit.USAGE, "two results have one name", "leave --flat out"))]
    assert ci_formats.junit(junit.document(told, Path())).find(".//error") is not None
    assert len(ci_formats.sarif(sarif.document(told, Path()))["runs"][0]["results"]) == 1
    assert ci_formats.gitlab(gitlab.document(told, Path()))[0]["location"]["path"] == "keras2to3 check"
    (line,) = github.lines(told, Path())
    assert ci_formats.annotation(line)[1] == {"title": "keras2to3 check: failed"}


def test_no_sources_are_valid_documents() -> None:
    assert ci_formats.junit(junit.document([], Path())).get("tests") == "0"
    assert ci_formats.sarif(sarif.document([], Path()))["runs"][0]["results"] == []
    assert ci_formats.gitlab(gitlab.document([], Path())) == []


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("::add-mask::x", ": :add-mask::x"),
        ("  ::error::x", "    : :error::x"),
        ("a##[add-path]b", "a# #[add-path]b"),
        ("##vso[task.setvariable]x", "# #vso[task.setvariable]x"),
        ("a::b ## c", "a::b ## c"),
    ],
)
def test_what_is_printed_is_no_command_of_a_ci(name: str, shown: str) -> None:
    assert printable(name) == shown
