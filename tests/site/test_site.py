"""The documentation site builds without a warning, and nothing in it leads nowhere."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.site.conftest import build
from tests.support.paths import ROOT

LOADED = {("img", "src"), ("script", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}


class Page(HTMLParser):
    """The names that a page defines, and what it points to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.names: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if not value:
                continue
            if name == "id":
                self.names.add(value)
            elif name in ("href", "src"):
                self.links.append(value)
            if (tag, name) in LOADED:
                self.loaded.append(value)


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_of_the_documentation_is_on_the_site(pages: dict[Path, Page], site: Path) -> None:
    written = [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *ROOT.glob("docs/*.ipynb"),
        *ROOT.glob("examples/*.md"),
    ]
    assert len(written) > 25
    for path in written:
        assert (site / path.relative_to(ROOT)).with_suffix(".html") in pages, path


def test_every_link_leads_to_a_file_and_a_heading(pages: dict[Path, Page]) -> None:
    broken, followed = [], 0
    for page in pages.values():
        for link in page.links:
            target = urlsplit(link)
            if target.scheme or target.netloc:
                continue
            goal = (page.path.parent / unquote(target.path)).resolve() if target.path else page.path
            followed += 1
            if not goal.is_file() or (target.fragment and unquote(target.fragment) not in pages[goal].names):
                broken.append(f"{page.path.name}: {link}")
    assert followed > 1000
    assert broken == []


def test_the_root_of_the_site_leads_to_its_first_page(site: Path) -> None:
    assert "url=docs/index.html" in (site / "index.html").read_text(encoding="utf-8")


def test_nothing_is_loaded_from_elsewhere(pages: dict[Path, Page]) -> None:
    away = {link for page in pages.values() for link in page.loaded if urlsplit(link).netloc}
    assert away == set()


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("See [there](nowhere.md).", "nowhere.md"),
        ("See [there](index.md#nothing).", "nothing"),
        ("See [there](#nothing).", "nothing"),
    ],
)
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path, page: str, complaint: str) -> None:
    source = tmp_path / "source"
    (source / "docs").mkdir(parents=True)
    (source / "docs" / "index.md").write_text(f"# A page\n\n{page}\n", encoding="utf-8")
    done = build(source, tmp_path / "html")
    assert done.returncode != 0
    assert complaint in done.stderr
