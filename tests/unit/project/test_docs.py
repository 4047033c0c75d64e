"""What the documentation says is what the code does: one fact lives in one place, and the pages are held to it."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import io
import itertools
import json
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest

from docs import operators as operators_page
from docs import support, what_changed
from interchange.errors import Exit, Problem
from interchange.messages.changes import Change
from interchange.messages.training import Training
from interchange.messages.verification import OutputComparison
from keras2to3.cli import command_line
from keras2to3.dry_run import check
from keras2to3.environments import builder, installers
from keras2to3.inspection.inspection import inspect_source
from keras2to3.inspection.lines import indented, lines_of
from keras2to3.inspection.statistics import BUDGET
from keras2to3.options.commands import CheckOptions
from keras2to3.reports import report, summary
from keras2to3.reports.console import Lines
from keras2to3.reports.decision import Decision
from keras2to3.results.job import Job
from keras2to3.sandbox import RESTRICTIONS
from keras2to3.sources import Source
from tests.support import ci_steps
from tests.support.paths import ROOT
from translation import operators, verbs
from translation.keras2_to_3 import rules

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
STALE = "not current: run `nox -s docs`"


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    level, _, title = heading.partition(" ")
    match = re.search(
        rf"^{level} {re.escape(title)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.DOTALL | re.MULTILINE
    )
    assert match, f"no heading {heading}"
    return match[1]


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def first_cells(text: str) -> set[str]:
    """The names set as code in the first column of the tables of a text."""
    rows = re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def table_after(text: str, words: str) -> str:
    """The first table below these words."""
    match = re.search(rf"{re.escape(words)}[^|]*\n((?:\|.*\n)+)", text)
    assert match, words
    return match[1]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Generated sections


def test_generated_sections_are_current(generate: ModuleType) -> None:
    for name in generate.PAGES:
        # Python versions break the lines of a help text at different places.
        assert page(name).split() == generate.current(page(name)).split(), f"{name} is {STALE}"


def test_every_section_stands_on_a_page(generate: ModuleType) -> None:
    written = "".join(page(name) for name in generate.PAGES)
    for name in generate.SECTIONS:
        assert f"<!-- generated: {name} -->" in written
        assert f"<!-- end of {name} -->" in written


def expanded(text: str) -> set[str]:
    """Class names of a text, `Conv1D/2D` taken apart."""
    names = set()
    for word in re.findall(r"(?:Addons>)?[\w/]+", text):
        ranks = re.findall(r"[123]D", word)
        together = "/".join(ranks)
        names |= {word.replace(together, rank) for rank in ranks} if len(ranks) > 1 else {word}
    return names


@pytest.mark.parametrize("heading", ["## Summary", "## All rules"])
def test_every_rule_is_in_the_tables(heading: str) -> None:
    rows = [line for line in section(page("docs/supported.md"), heading).splitlines() if line.startswith("| ")]
    assert {rule for _, rule in rules.table()} <= expanded("\n".join(rows)), STALE


def test_the_families_hold_every_rule_once() -> None:
    held = [(family.kind, rule.name) for family in support.families() for rule in family.rules]
    assert len(held) == len(set(held))
    assert set(held) == set(rules.table())


def test_a_class_is_said_to_be_refused_if_and_only_if_it_is() -> None:
    named = {
        name for row in support.refusals().splitlines()[2:] for name in row.split(" | ")[0].strip("| ").split(", ")
    }
    refused = {name for (_, name), rule in rules.table().items() if rule.refused}
    assert named == refused
    assert "DenseFeatures" in refused


def test_names_with_a_rank_are_written_together() -> None:
    names = ["Conv1D", "Conv2D", "GRU", "Conv1DTranspose", "Conv3D"]
    assert support.short_names(names) == ["Conv1D/2D/3D", "GRU", "Conv1DTranspose"]


def test_a_rule_that_does_anything_is_not_called_unchanged() -> None:
    for rule in rules.table().values():
        assert not (support.keeps_its_class(rule) and (rule.decomposition or rule.composed or rule.becomes)), rule.name
        assert support.keeps_its_class(rule) or not rule.unchanged, rule.name


def test_every_decomposition_that_is_named_is_listed() -> None:
    named = {name for rule in rules.table().values() for name in (rule.decomposition, rule.composed) if name}
    assert named <= {name for name, _, _ in support.described_decompositions()}


def test_every_decomposition_says_what_it_is_for() -> None:
    for name, _, text in support.described_decompositions():
        assert text.endswith("."), name
        assert f"`{name}`" in page("docs/supported.md"), STALE


# Operators


def test_the_page_lists_every_operator_once_with_all_its_names() -> None:
    held = [operator for family in operators_page.families() for operator in family.operators]
    assert sorted(name for operator in held for name in operator.names) == sorted(operators.table())
    assert first_cells(operators_page.listing()) == {operator.names[0] for operator in held}


def test_there_are_as_many_operators_as_were_promised() -> None:
    assert len(first_cells(operators_page.listing())) >= 250


def test_a_refused_call_stands_with_its_family() -> None:
    limits = {family.name: family.limits for family in operators_page.families()}
    assert "dilated pooling is not supported" in limits["nn.pooling"]
    assert "ord=... of matrices is not supported" in limits["linalg.norms"]


# SilentChange changes


QUIET = [quiet for changes in what_changed.sections().values() for quiet in changes]


def test_every_quiet_change_of_a_rule_is_on_the_page() -> None:
    held = {quiet for rule in rules.table().values() for quiet in rule.quiet}
    assert held
    assert held <= set(QUIET)


def test_every_quiet_change_is_measured_by_a_function_of_its_own() -> None:
    tree = ast.parse(page("tests/keras3/measurements.py"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    measuring = [node.name for node in functions if len(node.args.args) == 2 and node.args.args[0].arg == "old"]
    assert sorted(quiet.measure for quiet in QUIET) == sorted(measuring)


def test_every_quiet_change_has_a_figure() -> None:
    assert [quiet.measure for quiet in QUIET if not quiet.figures] == []


# Commands


def test_the_two_commands_of_the_readme() -> None:
    setup = "python3 -m venv .venv && .venv/bin/python -m pip install --quiet nox && .venv/bin/nox -s "
    commands = [block.strip() for block in fenced(section(page("README.md"), "## Quick start"), "sh")]
    assert commands[1:] == [f"{setup}migrate -- examples/code_or_prose.h5", f"{setup}tests"]
    ran = [line.partition(" ||")[0] for line in page(".ci/run").splitlines()]
    assert commands[2] in ran, "continuous integration must run what the README says"


def test_the_ways_without_nox_of_the_readme() -> None:
    first, *_ = fenced(section(page("README.md"), "## Quick start"), "sh")
    ways = [line.rpartition("&& ")[2] for line in first.splitlines()]
    starts = ["uvx --from . ", "pipx run --spec . ", ".venv/bin/"]
    assert ways == [f"{start}keras2to3 migrate examples/code_or_prose.h5" for start in starts]
    assert (ROOT / "examples" / "code_or_prose.h5").is_file()


def test_the_readme_is_one_screen_and_a_half() -> None:
    assert len(page("README.md").splitlines()) <= 85


def shown_usages(text: str) -> list[list[str]]:
    """What follows `keras2to3`, or stands behind the session of a verb, in the commands of a page."""
    verbs = "|".join(command_line._VERBS)
    code = "\n".join([*re.findall(r"`([^`\n]+)`", text), *fenced(text, "sh"), *fenced(text, "yaml")])
    pattern = rf"(?:(?:^|[/ ])keras2to3 (?={verbs})|nox -s (?=(?:{verbs}) -- ))(.+)"
    usages = (shlex.split(usage.partition(" #")[0]) for usage in re.findall(pattern, code))
    parts = (list(itertools.takewhile(lambda word: word not in ("&&", "|", "||", ">", ";"), words)) for words in usages)
    return [[word for word in words if word != "--"] for words in parts if len(words) > 1 and "..." not in words[-1]]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_command_that_is_shown_is_a_usage(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for usage in shown_usages(path.read_text(encoding="utf-8")):
        for word in filter(lambda word: re.fullmatch(r"[\w-][\w./-]*\.\w+", word), usage):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()
        command_line.check_words(usage)  # ends the program if it is none


def test_the_commands_that_are_shown_are_found() -> None:
    text = "Run `nox -s check -- --back migrated/`.\n\n```sh\nuvx --from . keras2to3 migrate a.h5 && ls  # it\n```\n"
    assert shown_usages(text) == [["check", "--back", "migrated/"], ["migrate", "a.h5"]]


def sessions() -> set[str]:
    tree = ast.parse(page("noxfile.py"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and any("session" in ast.unparse(mark) for mark in node.decorator_list)
    }


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_sessions_that_are_named_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    code = [*re.findall(r"`([^`\n]+)`", text), *fenced(text, "sh"), *fenced(text, "dockerfile")]
    for line in "\n".join(code).splitlines():
        for named in re.findall(r"(?:nox|noxfile\.py) -s ((?:[a-z]\w*(?: |$))+)", line):
            assert set(named.split()) <= sessions(), line


# Links and paths


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_relative_links_resolve(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", path.read_text(encoding="utf-8")):
        goal = path.parent / target if target else path
        assert goal.exists(), f"{path.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), f"{path.name}: {target}#{anchor}"


def test_everything_in_the_tree_exists() -> None:
    (tree,) = fenced(section(page("CONTRIBUTING.md"), "## Where things are"), "text")
    named = [line.split()[0] for line in tree.splitlines()]
    assert len(named) > 5
    for name in named:
        path = ROOT / name
        assert path.is_dir() if name.endswith("/") else path.is_file(), name


def test_every_source_folder_is_in_the_tree() -> None:
    (tree,) = fenced(section(page("CONTRIBUTING.md"), "## Where things are"), "text")
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"envs", "tests", "examples", "docs"}
    assert folders <= {line.split()[0].rstrip("/") for line in tree.splitlines()}


PACKAGES = "keras2to3|interchange|translation|bytecode|exporter|importer|tests|docs|envs|bench|proof|examples"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_paths_that_are_named_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for named in re.findall(rf"`((?:{PACKAGES})/[\w./-]*)`", text):
        assert (ROOT / named).exists() or any(ROOT.glob(f"{named}.*")), f"{path.name}: {named}"
    for module, name in re.findall(rf"`((?:{PACKAGES})/[\w/]+\.py)`:\s+`(\w+)`", text):
        defined = {getattr(node, "name", "") for node in ast.parse(page(module)).body}
        assert name in defined, f"{path.name}: {module} has no {name}"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_path_of_a_machine(path: Path) -> None:
    assert not re.search(r"(?<![\w.])/(home|root|Users|tmp|work|opt)/|C:\\", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_mark_of_a_merge(path: Path) -> None:
    assert not re.search(r"^(<{7}|>{7}|={7}$)", path.read_text(encoding="utf-8"), re.MULTILINE)


# The handbook


def handbook(name: str, heading: str) -> str:
    return section(page(f"docs/handbook/{name}.md"), heading)


def test_the_index_lists_every_page_of_the_handbook() -> None:
    linked = set(re.findall(r"\]\(handbook/([\w-]+\.md)\)", page("docs/handbook.md")))
    assert linked == {path.name for path in ROOT.glob("docs/handbook/*.md")}


def test_the_navigation_of_the_site_holds_every_page_once() -> None:
    index = ROOT / "docs" / "index.md"
    listed: list[Path] = []
    for place in (index, ROOT / "docs" / "errors" / "index.md"):
        for tree in re.findall(r"^```{toctree}\n(.*?)^```", page(name_of(place)), re.DOTALL | re.MULTILINE):
            for name in (line for line in tree.splitlines() if line and not line.startswith(":")):
                base = ROOT if name.startswith("/") else place.parent
                patterns = (f"{name.lstrip('/')}.{kind}" for kind in ("md", "ipynb"))
                found = [path for each in patterns for path in sorted(base.glob(each)) if path not in listed]
                assert found, f"{name_of(place)}: {name}"
                listed += found
    assert sorted([*listed, index]) == sorted([*PAGES, *ROOT.glob("docs/*.ipynb")])


def names_of(cls: type) -> set[str]:
    return {field.name for field in dataclasses.fields(cls)}


def test_the_keys_of_a_report() -> None:
    text = handbook("reports", "## Reading a report")
    made = report.Report({}, training=Training("kept"), policy=Decision(("allow refused",), 0), settings={})
    assert first_cells(table_after(text, "keys are stable")) == set(json.loads(made.to_bytes()))
    row = re.search(r"^\| `training` \|.*$", text, re.MULTILINE)
    assert row
    assert names_of(Training) <= set(re.findall(r"`(\w+)`", row[0]))


def test_the_keys_inside_a_report() -> None:
    text = handbook("reports", "## Reading a report")
    assert first_cells(table_after(text, "A row of `changes`:")) == names_of(Change)
    assert first_cells(table_after(text, "A row of `outputs`:")) == names_of(OutputComparison)
    row = re.search(r"^\| `problems` \|.*$", text, re.MULTILINE)
    assert row
    assert set(Problem("", "", "").to_json()) <= set(re.findall(r"`(\w+)`", row[0]))


def test_the_walls_of_the_box() -> None:
    assert first_cells(handbook("security", "## The sandbox")) == set(RESTRICTIONS)


def test_the_keys_of_a_summary(tmp_path: Path) -> None:
    summary.Summary.begin([Job(Path("model.h5"), tmp_path, "model")], tmp_path).write(tmp_path)
    document = json.loads((tmp_path / summary.NAME).read_text())
    text = handbook("ci", "## In CI")
    assert first_cells(table_after(text, "`summary.json`:")) == document.keys()
    assert first_cells(table_after(text, "A row of `sources`:")) == document["sources"][0].keys()


def test_the_inputs_and_outputs_of_the_action() -> None:
    action = ci_steps.action()
    text = handbook("ci", "## GitHub")
    assert first_cells(text) == action["inputs"].keys() | action["outputs"].keys()
    (shown,) = fenced(text, "yaml")
    used = re.findall(r"^          ([\w-]+):", shown, re.MULTILINE)
    assert set(used) - {"sarif_file"} <= action["inputs"].keys()


def test_every_exit_code_has_an_advice() -> None:
    text = handbook("troubleshooting", "## Exit codes")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == [code.value for code in Exit]


def test_every_environment_variable_is_told() -> None:
    known = {builder.variable_of(name) for name in builder.PYTHONS} | {installers.VARIABLE, builder.HOME_VARIABLE}
    assert first_cells(handbook("environments", "## Environment variables")) == known


def test_the_pythons_that_serve_are_told() -> None:
    text = handbook("environments", "## Environment variables")
    for name in ("keras2", "keras3"):
        row = re.search(rf"^\| `{builder.variable_of(name)}` \|.*$", text, re.MULTILINE)
        assert row
        assert tuple(re.findall(r"\d\.\d+", row[0])) == builder.PYTHONS[name]


def test_the_python_of_the_container_serves_every_environment() -> None:
    (recipe,) = fenced(handbook("environments", "## Without Python 3.11: a container"), "dockerfile")
    version = re.search(r"^FROM python:(\d\.\d+)", recipe)
    assert version
    assert all(version[1] in pythons for pythons in builder.PYTHONS.values())


def test_what_inspect_shows_is_real() -> None:
    shown = fenced(handbook("inspecting", "## Inspecting a file"), "text")[0].splitlines()
    printed = indented(lines_of(inspect_source(Source(ROOT / "examples" / "code_or_prose.h5"))))
    assert shown[1:] == list(printed)[1:]


def test_the_keys_of_what_inspect_prints() -> None:
    text = handbook("inspecting", "## Inspecting a file")
    row = inspect_source(Source(ROOT / "examples" / "code_or_prose.h5")).to_json()
    assert first_cells(text) == row.keys() - {"path", "error"}
    told = set(re.findall(r"`(\w+)`", text))
    assert row["tensors"][0].keys() | row["tensors"][0]["statistics"].keys() | row["layers"].keys() <= told
    assert f"{BUDGET:,} numbers" in text


def test_the_keys_of_a_check(tmp_path: Path) -> None:
    options = CheckOptions((ROOT / "examples" / "code_or_prose.h5",), tmp_path)
    check.check(options, Lines(io.StringIO()))
    document = json.loads((tmp_path / check.NAME).read_text())
    told = set(re.findall(r"`(\w+)`", handbook("inspecting", "## Dry run")))
    assert document.keys() | document["sources"][0].keys() <= told


# Adding a rule


def test_the_verbs_of_the_guide_are_all_verbs_there_are() -> None:
    told = set(re.findall(r"^ *\| `(\w+)\(", page("docs/adding-a-rule.md"), re.MULTILINE))
    functions = [node for node in ast.parse(page("translation/verbs.py")).body if isinstance(node, ast.FunctionDef)]
    public = {node.name for node in functions if not node.name.startswith("_")}
    assert told == public
    assert all(callable(getattr(verbs, name)) for name in told)


@pytest.mark.parametrize(
    ("heading", "path"),
    [
        ("## A layer rule", "translation/keras2_to_3/rules/layers/activation.py"),
        ("## A silent change", "translation/keras2_to_3/rules/layers/activation.py"),
        ("## An operator", "translation/operators/math/arithmetic.py"),
        ("## An operation on the way back", "translation/keras3_to_2/operations/families/activations.py"),
        ("## An option", "keras2to3/cli/arguments.py"),
    ],
)
def test_what_the_guide_shows_is_real(heading: str, path: str) -> None:
    guide, real = page("docs/adding-a-rule.md"), page(path)
    snippet = fenced(section(guide, heading), "python")[0]
    assert "".join(snippet.split()) in "".join(real.split())
