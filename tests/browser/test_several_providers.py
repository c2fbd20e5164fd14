"""An app with several providers, and the sandbox as each: a button for each, and one account with two ways in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from support.fronts import FRONTS
from support.servers import App, Provider, app_and_provider

NAMES = ("twitter", "google", "github", "apple", "acme")


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(fronts=NAMES[1:]) as pair:
        yield pair


@pytest.fixture
def page(profile: BrowserContext, world: tuple[App, Provider]) -> Page:
    world[1].reset()
    opened = profile.new_page()
    opened.goto(world[0].base)
    return opened


def approve(page: Page, button: str, persona: str = "@ada") -> None:
    """In the popup that a button opens."""
    with page.expect_popup() as popup:
        page.get_by_role("button", name=button, exact=True).click()
    popup.value.get_by_role("radio", name=persona).check()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)


@pytest.mark.parametrize("name", NAMES)
def test_each_signs_in(page: Page, world: tuple[App, Provider], name: str) -> None:
    """By its own button; the page shows the handle, or the name where the provider has no handles."""
    front = FRONTS[name]
    approve(page, f"Sign in with {front.title}")
    expect(page.get_by_text(front.shows[0], exact=True)).to_be_visible()
    assert len(world[1].at(name).exchanges) == 1
    assert [len(world[1].at(other).exchanges) for other in NAMES if other != name] == [0] * (len(NAMES) - 1)


def test_a_google_identity_on_an_account_of_x(page: Page, world: tuple[App, Provider]) -> None:
    """Linked, it signs in to the same account; and the address that both have in common has not done that before."""
    app, provider = world
    google = provider.at("google")
    approve(page, "Sign in with Google", "@longname")
    page.get_by_role("button", name="Sign out", exact=True).click()
    approve(page, "Sign in with X", "@longname")
    expect(page.get_by_text("@longname", exact=True)).to_be_visible()
    account = page.request.get(f"{app.base}/api/me").json()
    assert [one["provider"] for one in account["identities"]] == ["twitter"]

    approve(page, "Link a Google account", "@rtl")
    page.get_by_role("button", name="Unlink", exact=False).first.wait_for()
    page.get_by_role("button", name="Sign out", exact=True).click()
    # Google has seen this browser, and asks for nothing.
    page.get_by_role("button", name="Sign in with Google", exact=True).click()
    page.get_by_role("button", name="Sign out", exact=True).wait_for()
    linked = page.request.get(f"{app.base}/api/me").json()
    assert linked["id"] == account["id"]
    assert [one["provider"] for one in linked["identities"]] == ["twitter", "google"]
    assert google.exchanged.total() == 3
