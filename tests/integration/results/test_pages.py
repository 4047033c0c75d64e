"""The pages beside reports and the summary: they come and go with these, and what is not ours stays."""

from __future__ import annotations

import dataclasses
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from interchange.errors import Exit
from keras2to3.environments import installed_versions
from keras2to3.executors.scheduler import migrate
from keras2to3.options.commands import Options
from keras2to3.reports import html
from keras2to3.reports.console import Lines
from keras2to3.reports.report import Report
from keras2to3.results import pages
from keras2to3.scanner.process.client import Scanner
from tests.support.details import DETAILS
from tests.support.fake_command import PICTURE

OptionsFor = Callable[..., Options]


@pytest.fixture(autouse=True)
def fakes(fake_workers: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed_versions, "versions", lambda *_: {"keras": "fake"})


def run(options: Options, **changes: object) -> Exit:
    return migrate(dataclasses.replace(options, **changes), Lines(io.StringIO()))  # type: ignore[arg-type]


def found(options: Options) -> set[str]:
    return {path.name for path in options.output_dir.glob("*.html")}


def test_every_report_and_the_summary_have_a_page(options_for: OptionsFor) -> None:
    options = options_for("a", "b")
    options.sources[1].write_text("fails-4.")
    assert run(options) is Exit.REFUSED
    assert found(options) == {"a.report.html", "b.report.html", "summary.html"}
    assert all(pages.is_ours(options.output_dir / name) for name in found(options))


def test_the_page_of_a_failure_goes_with_its_report(options_for: OptionsFor) -> None:
    options = options_for("a")
    run(options)
    before = (options.output_dir / "a.report.html").read_bytes()
    options.sources[0].write_text("fails-9.")
    run(options)
    assert found(options) == {"a.report.html", "a.report.failed.html", "summary.html"}
    assert (options.output_dir / "a.report.html").read_bytes() == before
    options.sources[0].write_text("better")
    run(options)
    assert found(options) == {"a.report.html", "summary.html"}


def test_the_page_of_a_failure_has_the_layers_that_the_file_names(options_for: OptionsFor) -> None:
    options = options_for("a")
    options.sources[0].write_text("fails-4.")
    run(options)
    details = pages.details_of(options.output_dir / "a.report.html")
    assert details is not None
    assert details.before == PICTURE


def test_nothing_is_read_for_a_page_that_is_not_wanted(options_for: OptionsFor) -> None:
    options = options_for("a")
    options.sources[0].write_text("fails-4.")
    with mock.patch.object(Scanner, "picture", side_effect=AssertionError):
        assert run(options, html=False) is Exit.REFUSED


def test_without_pages_those_of_an_earlier_run_go(options_for: OptionsFor) -> None:
    options = options_for("a")
    run(options)
    run(options, html=False, force=True)
    assert found(options) == set()
    run(options)
    assert found(options) == {"a.report.html", "summary.html"}


def test_a_source_whose_page_is_gone_is_migrated_again(options_for: OptionsFor) -> None:
    options = options_for("a")
    run(options)
    (options.output_dir / "a.report.html").unlink()
    run(options)
    assert found(options) == {"a.report.html", "summary.html"}


@pytest.mark.parametrize("name", ["a.report.html", "summary.html"])
@pytest.mark.parametrize("content", ["mine", "edited"])
def test_a_page_of_the_user_s_stays_unless_it_is_to_go(name: str, content: str, options_for: OptionsFor) -> None:
    options = options_for("a")
    page = options.output_dir / name
    if content == "edited":
        run(options)
        content = f"{page.read_text('utf-8')} edited"
    page.parent.mkdir(exist_ok=True)
    page.write_text(content, "utf-8")
    if name == "summary.html":
        with pytest.raises(Exception, match=r"summary\.html is not a summary of keras2to3, or was changed"):
            run(options, force=True)
    else:
        assert run(options, force=True) is Exit.ENVIRONMENT
    assert page.read_text("utf-8") == content
    assert run(options, html=False, force=True) is Exit.VERIFIED
    assert page.read_text("utf-8") == content
    assert run(options, overwrite=True, force=True) is Exit.VERIFIED
    assert pages.is_ours(page)


def test_a_defect_of_a_page_costs_no_result(options_for: OptionsFor) -> None:
    options = options_for("a")
    with mock.patch.object(html, "render", side_effect=ValueError("</pre><b>")):
        assert run(options) is Exit.VERIFIED
    text = (options.output_dir / "a.report.html").read_text("utf-8")
    assert "please report it" in text.lower()
    assert "&lt;/pre&gt;&lt;b&gt;" in text


def no_room_for(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the disk be full where a page of this name is written, half of which fits."""
    write = Path.write_bytes

    def limited(path: Path, content: bytes) -> int:
        if path.name != name:
            return write(path, content)
        write(path, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(Path, "write_bytes", limited)


@pytest.mark.parametrize("earlier", [True, False])
def test_a_result_stays_whose_page_has_no_room(
    earlier: bool, options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, said = options_for("a"), io.StringIO()
    if earlier:
        run(options)
        options.sources[0].write_text("newer a.h5")
    with monkeypatch.context() as full:
        no_room_for(full, "report.html")
        assert migrate(options, Lines(said)) is Exit.VERIFIED
    assert (options.output_dir / "a.keras").read_bytes() == options.sources[0].read_bytes()
    assert Report.from_bytes((options.output_dir / "a.report.json").read_bytes()).status == "verified"
    assert found(options) == {"summary.html"}, "the page of an earlier result would tell something else"
    page = options.output_dir / "a.report.html"
    assert f"warning: {page} is missing: No space left on device; run again when there is room" in said.getvalue()
    assert not list(options.output_dir.glob(".*"))
    run(options)
    assert found(options) == {"a.report.html", "summary.html"}


def test_a_failure_whose_page_has_no_room_has_its_report(
    options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    options, said = options_for("a"), io.StringIO()
    options.sources[0].write_text("fails-9.")
    no_room_for(monkeypatch, "report.html")
    assert migrate(options, Lines(said)) is Exit.WORKER_DIED
    assert Report.from_bytes((options.output_dir / "a.report.json").read_bytes()).exit_code is Exit.WORKER_DIED
    assert "a.report.html is missing" in said.getvalue()


def test_a_summary_stays_whose_page_has_no_room(options_for: OptionsFor, monkeypatch: pytest.MonkeyPatch) -> None:
    options, said = options_for("a"), io.StringIO()
    run(options)
    with monkeypatch.context() as full:
        no_room_for(full, "summary.html")
        assert migrate(options, Lines(said)) is Exit.VERIFIED
    assert (options.output_dir / "summary.json").exists()
    assert found(options) == {"a.report.html"}
    assert f"warning: {options.output_dir / 'summary.html'} is missing: No space" in said.getvalue()
    run(options)
    assert found(options) == {"a.report.html", "summary.html"}


def test_a_page_can_be_made_again_with_all_that_it_shows(tmp_path: Path) -> None:
    page, report = tmp_path / "a.report.html", Report.of(Path("a.h5"), trusted=False)
    for details in (DETAILS, None):
        page.write_bytes(pages.of_report(report, details, "a.report.json"))
        assert pages.details_of(page) == details
        assert pages.of_report(report, pages.details_of(page), "a.report.json") == page.read_bytes()
    page.write_bytes(page.read_bytes()[:-1])
    assert pages.details_of(page) is None
    assert not pages.is_ours(page)
