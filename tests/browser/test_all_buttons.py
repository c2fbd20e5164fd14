"""A button for every provider: it can be read on light and dark pages, from left to right and from right to left; it
has a mark and a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from browser.all_buttons import LOOKS, WORDS, demo_of_all, page_of_all
from browser.shots import faults_of

PLAIN = {"acme"}  # any OpenID Connect server: an app that names one gives it a mark, or none
# What each mark draws, in the units of its view box; and whether the browser reads the path to its end. It draws a path
# with a fault up to the fault.
MARKS = """() => [...document.querySelector("sign-in-buttons").shadowRoot.children].filter((one) =>
  one.matches("sign-in-button")).map((one) => {
  const path = one.shadowRoot.querySelector("svg path");
  const { x, y, width, height } = path.getBBox();
  return { name: one.getAttribute("provider"), x, y, width, height, d: path.getAttribute("d"),
    shown: path.checkVisibility(), read: CSS.supports("clip-path", `path("${path.getAttribute("d")}")`) };
})"""


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with demo_of_all() as address:
        yield address


def listed(page: Page, base: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.request.get(f"{base}/auth/providers").json()["providers"]
    return found


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_each_can_be_read_and_has_a_name(chromium: Browser, base: str, look: tuple[int, str, str]) -> None:
    """By axe's rules, contrast included. What axe cannot judge counts as a fault, too."""
    page = page_of_all(chromium, base, *look)
    titles = [one["title"] for one in listed(page, base)]
    tree = page.locator("sign-in-buttons").aria_snapshot()
    faults, contrast = faults_of(page), Axe().run(page, options={"runOnly": ["color-contrast"]}).response
    page.context.close()
    assert len(titles) > 60
    assert re.findall('button "(.*)"', tree) == [WORDS[look[2]].replace("{provider}", title) for title in titles]
    assert faults == []
    assert contrast["incomplete"] == []
    assert [len(one["nodes"]) for one in contrast["passes"]] == [len(titles) + 1]  # and the heading


def test_each_mark_draws_something(chromium: Browser, base: str) -> None:
    """In the middle of its box, and of a size that one sees beside the others."""
    page = page_of_all(chromium, base, *LOOKS[0])
    marks = page.evaluate(MARKS)
    plain = {one["name"] for one in listed(page, base) if "icon" not in one or not one["icon"]}
    page.context.close()
    assert plain == PLAIN
    faults = {}
    for one in marks:
        if one["name"] in plain:
            continue
        left, top = one["x"], one["y"]
        right, bottom = left + one["width"], top + one["height"]
        faults[one["name"]] = [
            fault
            for fault, there in {
                "is not shown": not one["shown"],
                "is not read to its end": not one["read"],
                "leaves its box": min(left, top) < -0.1 or max(right, bottom) > 24.1,
                "is small": max(one["width"], one["height"]) < 17 or min(one["width"], one["height"]) < 8,
                "is not in the middle": max(abs(left + right - 24), abs(top + bottom - 24)) > 3,
            }.items()
            if there
        ]
    assert {name: found for name, found in faults.items() if found} == {}


def test_the_popup_draws_a_mark_as_the_button_does(chromium: Browser, base: str) -> None:
    """Holes are holes in both."""
    page = page_of_all(chromium, base, *LOOKS[0])
    button = page.locator("sign-in-button[provider=keycloak] .main path")
    drawn = [button.get_attribute("d"), button.evaluate("(one) => getComputedStyle(one).fillRule")]
    page.goto(f"{base}/auth/keycloak/done?login={'A' * 22}")
    mark = page.locator(".icon path").first
    assert [mark.get_attribute("d"), mark.evaluate("(one) => getComputedStyle(one).fillRule")] == drawn
    page.context.close()
