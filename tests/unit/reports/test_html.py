"""The pages of reports: what they say of each status, and that nothing in a model becomes markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from interchange.messages.changes import Change
from interchange.messages.details import Details, LayerDifference
from keras2to3.reports.decision import Decision
from keras2to3.reports.html import assets, filters, render, render_round_trips, render_summary
from keras2to3.reports.html.provenance import provenance_of
from keras2to3.reports.report import Report
from tests.support import pages

VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """Elements of a page, its visible text, and the contents of scripts and styles."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append((dict(attributes), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            attributes, text = self.scripts.pop()
            self.scripts.append((attributes, text + data))
        elif self.open[-1:] == ["style"]:
            self.styles.append(data)
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    @property
    def data(self) -> Any:
        (content,) = (text for attributes, text in self.scripts if attributes.get("type") == "application/json")
        return json.loads(content)

    @property
    def policy(self) -> str:
        (found,) = (each["content"] for tag, each in self.elements if each.get("http-equiv"))
        assert found is not None
        return found


def page(report: Report, details: Details | None = None) -> Page:
    return Page(render(report, details))


SENTENCES = {
    "verified": "The result computes what the source computes.",
    "restored": "there was nothing to compare it with. Nothing was compared: there is no model of Keras 2.",
    "unchanged": "opens as it is",
    "refused": "unsupported or unsafe",
    "differs": "would compute something else",
    "failed": "the source cannot be read",
}


@pytest.mark.parametrize("status", pages.STATUSES)
@pytest.mark.parametrize("details", [None, pages.details()], ids=["alone", "with details"])
def test_the_verdict_comes_first(status: str, details: Details | None) -> None:
    text = page(pages.report(status), details).text
    assert SENTENCES[status] in text
    assert text.index(SENTENCES[status]) < text.rindex("Provenance")
    assert ("What went wrong" in text) == (status in ("refused", "differs", "failed"))


def test_what_was_compared_is_told() -> None:
    text = page(pages.report()).text
    for said in ("17 samples", "3,410 numbers", "2.0e-07 2.0e-05 allowed, 1 % of it", "10 tensors", "kept"):
        assert said in text
    assert "x = tf.nn.relu(t)" in text
    assert "Edge case NaN: NaN became 0." in text
    assert "acc is accuracy" in text.replace("  ", " ")


def test_what_is_lost_comes_before_other_changes() -> None:
    text = page(pages.report()).text
    titles = [text.index(f"{title} ") for title in ("Lost", "Written out", "Training only 1", "Expressed otherwise")]
    assert titles == sorted(titles)
    assert "layer_8 , layer_3 rule DepthwiseConv2D" in text


def test_a_rule_is_explained_where_it_is_told() -> None:
    text = page(pages.of_kind("keras3")).text
    assert "What is known of LSTM" in text
    assert "Proof of the rule: keras 3: layers/rnn/rnn.py" in text
    quiet = pages.report()
    quiet.changes = (Change("b", "Dot", "semantic", "normalised before the layer"),)
    assert "Keras 3 divides by no less than 1e-7 Measured" in page(quiet).text
    assert "**" not in page(quiet).text


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("rollback", ("Keras 2.15 as a table", "the written file, opened and run by Keras 2.15", "keras2to3 rollback")),
        ("weights", ("The model of your function as a table", "Weights of the file, and where they are in the model")),
        ("keras3", ("the file as it was, run by Keras 3",)),
    ],
)
def test_a_page_speaks_of_what_was_done(kind: str, said: Sequence[str]) -> None:
    report = pages.of_kind(kind)
    assert report.verification is not None
    report.verification = replace(report.verification, reference="original")
    text = page(report, pages.details(6)).text
    assert [each for each in said if each not in text] == []


def test_a_layer_is_marked_by_what_is_told_of_it() -> None:
    drawn = pages.details(6)
    assert drawn.before is not None
    plain = replace(drawn.before, nodes=tuple(replace(node, rules=()) for node in drawn.before.nodes))
    shown = page(pages.of_kind("rollback"), replace(drawn, before=plain, after=plain))
    assert "Keras 3 as a table: 6 layers, 1 of them changed" in shown.text
    rules = {node["path"]: node["rules"] for node in shown.data["graphs"]["before"]["nodes"] if node["rules"]}
    assert rules == {"layer_3": ["LSTM"]}


def test_a_refused_model_is_drawn_with_what_is_in_the_way() -> None:
    shown = page(*pages.refused_with_picture())
    assert "As the file describes it 4 layers, 1 of them in the way" in shown.text
    assert "on the other side" not in shown.text
    nodes = shown.data["graphs"]["before"]["nodes"]
    assert [(node["path"], node["problems"]) for node in nodes if node["problems"]] == [
        ("outer/code", ["reads a file"])
    ]


def test_many_layers_with_one_change_are_one_row() -> None:
    report = pages.report()
    report.changes = tuple(Change(f"cell_{place}", "GRU", "structural", "dropped") for place in range(900))
    text = page(report).text
    assert text.count("Dropped.") == 1
    assert "and 894 further layers" in text
    assert "and 400 more" in text


def test_a_failure_says_what_to_do() -> None:
    text = page(pages.report("refused")).text
    for said in (
        "No result.",
        "What to do",
        "Try this.",
        "outer/code",
        "Reads a file.",
        "Use --replace",
        "files",
        "line 2",
    ):
        assert said in text


def test_a_difference_is_shown_where_it_begins() -> None:
    shown = page(pages.report("differs"), pages.details())
    assert (
        "The first layer that computes something else is layer_4 ( Add ): its output is 0.5 off"
        in shown.text.replace("(Add)", "( Add )")
    )
    firsts = [node["path"] for node in shown.data["graphs"]["before"]["nodes"] if node["first"]]
    assert firsts == ["layer_4"]


@pytest.mark.parametrize("text", pages.HOSTILE)
def test_no_name_becomes_markup(text: str) -> None:
    tame = page(pages.hostile_report("tame"), pages.hostile_details("tame"))
    content = render(pages.hostile_report(text), pages.hostile_details(text))
    shown = Page(content)
    # The same elements with the same attributes but for their texts: nothing was added, nothing was closed.
    assert [tag for tag, _ in shown.elements] == [tag for tag, _ in tame.elements]
    assert [sorted(each) for _, each in shown.elements] == [sorted(each) for _, each in tame.elements]
    assert shown.open == []
    assert all(line.isprintable() for line in "".join(shown.texts).split("\n"))
    (node,) = shown.data["graphs"]["before"]["nodes"]
    assert node["path"] == filters.name(text)
    assert (
        len(content)
        < len(render(pages.hostile_report("tame"), pages.hostile_details("tame"))) + 30 * filters.LONGEST * 30
    )


def test_a_page_runs_its_own_scripts_alone_and_loads_nothing() -> None:
    for shown in (
        page(pages.report(), pages.details()),
        page(pages.report("failed")),
        Page(render_summary(pages.summary(3))),
    ):
        run = [text for attributes, text in shown.scripts if "type" not in attributes]
        digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (*shown.styles, *run)]
        assert all(f"'sha256-{digest}'" in shown.policy for digest in digests)
        assert shown.policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
        assert "unsafe" not in shown.policy
        for tag, attributes in shown.elements:
            assert not attributes.keys() & {"src", "srcset", "style", "action"}, tag
            assert not any(key.startswith("on") for key in attributes)
            assert str(attributes.get("href", "#")).startswith(("#", "data:,", "./")), attributes


def test_the_same_facts_give_the_same_bytes() -> None:
    first, second = pages.report(), pages.report()
    second.timing = {"total": 5.0}
    assert render(first, pages.details()) == render(second, pages.details())


def test_a_policy_that_decides_is_told() -> None:
    report = pages.report("refused")
    report.policy = Decision(("allow refused:Lambda",), 0)
    assert "Your policy decides, by allow refused:Lambda: the exit code is 0." in page(report).text


def test_the_output_that_came_closest_is_told() -> None:
    found = pages.verification()
    near = replace(found.outputs[0], name="near", max_abs=1e-5)
    assert replace(found, outputs=(*found.outputs, near)).closest == near
    apart = replace(near, name="apart", max_abs=1e-9, equal=False)
    assert replace(found, outputs=(near, apart)).closest == apart
    assert replace(found, outputs=()).closest is None


def test_a_model_of_500_layers_stays_below_2_mb() -> None:
    assert len(render(pages.report(), pages.details(500, outputs=2))) < 2_000_000


def test_a_model_that_is_too_large_to_draw_is_listed() -> None:
    shown = page(pages.report(), pages.details(2_000))
    assert shown.data["graphs"] == {}
    assert "Too many layers for a picture" in shown.text
    assert "1,000 further rows are left out here" in shown.text


def test_what_is_not_finite_is_shown_and_not_drawn() -> None:
    report = pages.report("differs")
    assert report.verification is not None
    rows = tuple(replace(row, max_abs=float("nan"), equal=False) for row in report.verification.outputs)
    report.verification = replace(report.verification, outputs=rows)
    shown = page(report, replace(pages.details(1), layers=(LayerDifference("a", "Add", None, 1.0, 1e-6, False),)))
    assert shown.data["layers"]["ratios"] == [None]


def test_the_first_layer_beyond_the_tolerance_is_marked() -> None:
    gaps = (1e-7, 3e-6, 2e-6, 0.0)
    rows = tuple(
        LayerDifference(f"block/{place}", "Add", gap, 1.0, 1e-6, gap <= 1e-6, place) for place, gap in enumerate(gaps)
    )
    shown = page(pages.report("differs"), replace(pages.details(1), layers=rows))
    assert "block/1, call 2 is the first layer beyond the tolerance; 2 of 4 layer calls are." in shown.text
    assert shown.text.count("first beyond the tolerance") == 1
    assert "equal all the same" not in shown.text
    assert "equal all the same" in page(pages.report("verified"), replace(pages.details(1), layers=rows)).text
    assert shown.data["layers"]["first"] == {"place": 1, "name": "block/1"}


def test_why_no_layer_was_compared_is_told_without_a_chart() -> None:
    shown = page(pages.report(), replace(pages.details(1), layers=(), no_layers="there is no graph"))
    assert "The layers were not compared: there is no graph." in shown.text
    assert shown.data["layers"] is None
    assert "nan" in shown.text


def test_a_command_line_repeats_the_run() -> None:
    report = pages.report()
    assert provenance_of(report, "my model.report.json").command == (
        "keras2to3 migrate --from 'my model.report.json' --force"
    )
    report.settings = {"trust": {"value": True, "from": "command line"}}
    assert provenance_of(report, "a.report.json").command.endswith("--force --trust")
    failed = pages.report("refused")
    failed.made_with = {"options": {"origin": None}}
    assert provenance_of(failed, "a.report.failed.json").command == "keras2to3 rollback --from a.report.failed.json"


def test_settings_are_told_with_the_places_where_they_stand() -> None:
    report = pages.report()
    report.settings = {
        "rtol": {"value": 0.5, "from": "keras2to3.toml:12"},
        "serve": {"value": True, "from": "command line"},
        "replace": {"value": ["a=../f.py:g", "b=../f.py:h"], "from": "keras2to3.toml:3"},
    }
    told = {entry.label: entry.value for entry in provenance_of(report, "a.report.json").settings}
    assert told["--rtol"] == "0.5 (keras2to3.toml:12)"
    assert told["--serve"] == "(command line)"
    assert told["--replace"] == "a=../f.py:g, b=../f.py:h (keras2to3.toml:3)"
    assert "0.5 (keras2to3.toml:12)" in page(report).text


def test_the_libraries_are_those_of_the_manifest() -> None:
    files = {path.name for path in assets.VENDOR.glob("*.js")}
    assert files == {library.file for library in assets.libraries()}
    for library in assets.libraries():
        content = (assets.VENDOR / library.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == library.sha256, library.name
        assert library.license in ("MIT", "ISC", "BSD-3-Clause")
        assert "Copyright" in library.license_text
        assert not re.search(r"</script|<!--|[\r\0]|sourceMappingURL", library.script, re.IGNORECASE), library.name


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, filters.DASH), (0.0, "0"), (1.234e-7, "1.2e-07"), (0.5, "0.5"), (123456.0, "1.2e+05"), ("nan", "nan")],
)
def test_numbers_have_the_digits_that_matter(value: Any, shown: str) -> None:
    assert filters.number(value) == shown


@pytest.mark.parametrize(
    ("difference", "tolerance", "shown"),
    [
        (0.0, 0.0, "0 %"),
        (1e-9, 1e-5, "< 0.1 %"),
        (5e-6, 1e-5, "50 %"),
        (2.0, 1e-3, "200,000 %"),
        (None, 1.0, filters.DASH),
    ],
)
def test_a_difference_is_told_as_a_share_of_the_tolerance(difference: Any, tolerance: Any, shown: str) -> None:
    assert filters.share(difference, tolerance) == shown


def test_a_summary_counts_and_links() -> None:
    shown = Page(render_summary(pages.summary(1000)))
    assert "1,000 sources: 167 verified, 167 restored" in shown.text
    links = [each["href"] for tag, each in shown.elements if tag == "a" and str(each["href"]).startswith("./")]
    assert len(links) == 1000
    assert links[7] == "./fraud/model_7.report.html"


@pytest.mark.parametrize("text", pages.HOSTILE)
def test_no_row_of_a_summary_becomes_markup(text: str) -> None:
    def made(name: str) -> Page:
        (row,) = pages.summary(1)["sources"]
        row.update(source=name, name=f"{name}/a", message=name, report=f"out/{name}/a.report.json")
        return Page(render_summary({**pages.summary(0), "sources": [row]}))

    assert [tag for tag, _ in made(text).elements] == [tag for tag, _ in made("tame").elements]
    (link,) = (each["href"] for _, each in made(text).elements if str(each.get("href")).startswith("./"))
    assert re.fullmatch(r"\./[A-Za-z0-9%_./~-]+", str(link))


def test_a_summary_of_earlier_rows_and_of_none() -> None:
    (row,) = pages.summary(1)["sources"]
    for key in ("max_abs", "tolerance", "report"):
        del row[key]
    assert "1 source: 1 verified." in Page(render_summary({"sources": [row]})).text
    assert "No sources." in Page(render_summary({"sources": []})).text


def test_a_round_trip_is_told_at_its_three_places() -> None:
    shown = Page(render_round_trips(pages.round_trips(), 4))
    for said in (
        "3 sources: 1 back, 2 refused.",
        "338 of 340 numbers are the same bits, and the others are at most 1.0e-07 apart",
        "1 difference of the config",
        "9 of 10 tensors came back bit by bit",
        "old to new equal , losses at most 1.0e-09 apart; new to back not compared",
        "Was not migrated: a Lambda layer reads a file.",
        "Did not come back: a Lambda layer reads a file.",
    ):
        assert said in shown.text
    links = [str(each["href"]) for tag, each in shown.elements if tag == "a"]
    assert "./keras3/fraud.report.html" in links
    assert "./keras2/fraud.report.html" in links
    assert len(shown.data["outputs"]) == 2


def test_a_round_trip_of_many_outputs_leaves_charts_to_the_pages_of_both_ways() -> None:
    (trip, *_) = pages.round_trips()
    many = replace(trip, there=replace(trip.there, details=pages.details(3, outputs=50)))
    shown = Page(render_round_trips([many], 0))
    assert len(shown.data["outputs"]) == 40
    assert "11 further outputs are drawn on the pages of both ways" in shown.text


@pytest.mark.parametrize("text", pages.HOSTILE)
def test_no_name_of_a_round_trip_becomes_markup(text: str) -> None:
    tame, shown = (Page(render_round_trips(pages.round_trips(each), 0)) for each in ("tame", text))
    assert [tag for tag, _ in shown.elements] == [tag for tag, _ in tame.elements]
    assert shown.open == []
    assert all(line.isprintable() for line in "".join(shown.texts).split("\n"))
