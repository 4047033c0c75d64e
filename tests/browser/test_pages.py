"""The pages in a real browser: read, searched, walked by keyboard, printed, and without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.support.pages import HOSTILE

READ = (
    "small",
    "differs",
    "refused",
    "short",
    "rollback",
    "weights",
    "keras3",
    "refused-drawn",
    "roundtrip",
    "hostile-roundtrip",
)


def draw_everything(page: Page) -> None:
    """Scroll through the page, as charts are drawn when they come near."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for host in page.locator("[data-chart], .canvas").all():
        host.scroll_into_view_if_needed()
        expect(host.locator("svg")).to_be_attached()


def complaints(page: Page) -> list[tuple[str, Any]]:
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", READ)
def test_everyone_can_read_it(name: str, width: int, theme: str, opened: Open) -> None:
    page = opened(name, width, theme)
    draw_everything(page)
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_layer_is_found_by_keyboard_alone(opened: Open) -> None:
    page = opened("report")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("layer_13")
    page.keyboard.press("ArrowDown")  # the second hit is the same layer on the other side
    expect(page.locator("#found [aria-selected=true]")).to_have_text("layer_13DepthwiseConv2D, After")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#graph-before")).to_be_focused()
    expect(page.locator("#selected .path")).to_have_text("Before: layer_13")
    expect(page.locator("#graph-before .selected text").first).to_have_text("layer_13")
    expect(page.locator("#graph-after .partner text").first).to_have_text("layer_13")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#selected .path")).to_have_text("Before: layer_14")
    page.keyboard.press("Enter")
    expect(page.locator("#graph-after")).to_be_focused()
    expect(page.locator("#selected .path")).to_have_text("After: layer_14")


def test_a_layer_that_changed_tells_why(opened: Open) -> None:
    page = opened("report")
    page.locator("#graph-before").scroll_into_view_if_needed()
    page.locator("#graph-before .node.changed", has_text="layer_3").first.dispatch_event("click")
    expect(page.locator("#selected")).to_contain_text("groups=1 dropped")


def test_the_first_difference_is_in_sight(opened: Open) -> None:
    page = opened("differs")
    page.locator("#graph-before").scroll_into_view_if_needed()
    expect(page.locator("#graph-before .first .about")).to_contain_text("first difference")
    expect(page.locator("#graph-before .first")).to_be_in_viewport()


def test_what_is_in_the_way_is_in_sight_and_told(opened: Open) -> None:
    page = opened("refused-drawn")
    page.locator("#graph-before").scroll_into_view_if_needed()
    blocked = page.locator("#graph-before .blocked")
    expect(blocked.locator(".about")).to_contain_text("in the way")
    blocked.dispatch_event("click")
    expect(page.locator("#selected")).to_contain_text("reads a file")
    expect(page.locator("#graph-after")).to_have_count(0)


@pytest.mark.parametrize("place", range(len(HOSTILE)))
@pytest.mark.parametrize("width", [1280, 390])
def test_a_name_breaks_no_page(place: int, width: int, opened: Open) -> None:
    page = opened(f"hostile-{place}", width)
    draw_everything(page)
    page.locator("#graph-before").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#selected .path")).to_be_visible()
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_picture_zooms(opened: Open) -> None:
    page = opened("report", reduced_motion="reduce")
    page.locator("#graph-after").focus()
    scale = "d3.zoomTransform(document.querySelector('#graph-after svg')).k"
    page.locator("#graph-after svg").wait_for()
    first = page.evaluate(scale)
    page.keyboard.press("+")
    assert page.evaluate(scale) == pytest.approx(first * 1.5)
    page.keyboard.press("0")
    assert page.evaluate(scale) < first


def test_what_is_out_of_sight_is_drawn_as_well(opened: Open) -> None:
    page = opened("report")
    assert page.locator("[data-chart]").count() > 0
    page.wait_for_function("[...document.querySelectorAll('[data-chart]')].every((chart) => chart.firstChild)")
    page.wait_for_function("document.querySelectorAll('#picture svg').length > 0")


def test_the_theme_is_switched_and_kept(opened: Open) -> None:
    page = opened("report", theme="dark")
    button = page.locator("#theme")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.reload()
    expect(page.locator("#theme")).to_have_attribute("aria-pressed", "false")


def test_weights_are_filtered_and_sorted(opened: Open) -> None:
    page = opened("report")
    page.locator("#weights-filter").fill("layer_7 kernel")
    expect(page.locator("#weights-table tbody tr:visible")).to_have_count(1)
    expect(page.locator("#weights-table-count")).to_have_text("1 of 80 rows")
    page.locator("#weights-filter").fill("")
    heading = page.locator("#weights-table thead th").first
    heading.locator("button").press("Enter")
    heading.locator("button").press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(page.locator("#weights-table tbody th").first).to_have_text("layer_39/kernel")


def test_a_model_of_500_layers_is_drawn(opened: Open) -> None:
    page = opened("large")
    page.locator("#picture").scroll_into_view_if_needed()
    expect(page.locator("#graph-before .node")).to_have_count(500)
    expect(page.locator("#graph-after .node")).to_have_count(500)
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    print(f"500 layers were loaded after {timing:.0f} ms")  # looked at with -s; machines differ


def test_a_summary_of_1000_rows_shows_one_status(opened: Open) -> None:
    page = opened("summary")
    page.locator("#status").select_option("differs")
    expect(page.locator("#sources-count")).to_have_text("166 of 1000 rows")
    page.locator("#words").fill("model_4")
    expect(page.locator("#sources tbody tr:visible").first).to_contain_text("differs")


def test_without_scripts_the_tables_are_there(opened: Open) -> None:
    page = opened("report", java_script_enabled=False)
    expect(page.locator("h1")).to_have_text("fraud")
    expect(page.locator("#picture")).to_be_hidden()
    expect(page.locator("#weights-table tbody tr")).to_have_count(80)
    page.locator("summary", has_text="Before as a table").click()
    expect(page.locator("text=layer_39").first).to_be_visible()


def test_everything_is_printed(opened: Open) -> None:
    page = opened("report")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main details:not([open])").count() == 0
    expect(page.locator("nav")).to_be_hidden()
    for host in page.locator("[data-chart]").all():
        expect(host.locator("svg")).to_be_attached()
    assert page.pdf().startswith(b"%PDF")
