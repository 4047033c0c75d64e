"""A Chromium for the tests of pages, or the reason why there is none."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from keras2to3.reports.html import render, render_round_trips, render_summary
from tests.support import chromium, pages


def kind_of(kind: str) -> bytes:
    return render(pages.of_kind(kind), replace(pages.details(6), layers=()))


def hostile(text: str) -> bytes:
    return render(pages.hostile_report(text), pages.hostile_details(text))


PAGES = {
    "report": lambda: render(pages.report(), pages.details(40)),
    "small": lambda: render(pages.report(), pages.details(6)),
    "differs": lambda: render(pages.report("differs"), pages.details()),
    "refused": lambda: render(pages.report("refused")),
    "large": lambda: render(pages.report(), pages.details(500, outputs=2)),
    **{kind: functools.partial(kind_of, kind) for kind in ("rollback", "weights", "keras3")},
    "refused-drawn": lambda: render(*pages.refused_with_picture()),
    **{f"hostile-{place}": functools.partial(hostile, text) for place, text in enumerate(pages.HOSTILE)},
    "roundtrip": lambda: render_round_trips(pages.round_trips(), 4),
    "hostile-roundtrip": lambda: render_round_trips(pages.round_trips(pages.HOSTILE[0]), 4),
    "summary": lambda: render_summary(pages.summary(1000)),
    "short": lambda: render_summary(pages.summary(6)),
}

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = chromium.find()
    if found is None:
        pytest.skip(chromium.MISSING)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All pages, written once."""
    made = tmp_path_factory.mktemp("pages")
    for name, content in PAGES.items():
        (made / f"{name}.html").write_bytes(content())
    return made


@pytest.fixture
def opened(browser: Browser, folder: Path) -> Iterator[Open]:
    """Open a page by its name, without a network; nothing may be wanted from it, and nothing be complained of."""
    contexts, complaints = [], []

    def open_page(name: str, width: int = 1280, theme: str = "light", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: wanted(request.url, name))
        page.goto((folder / f"{name}.html").as_uri())
        return page

    def wanted(address: str, name: str) -> None:
        if not address.startswith("data:") and not address.split("#")[0].endswith(f"/{name}.html"):
            complaints.append(f"requested {address}")

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
