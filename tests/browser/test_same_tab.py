"""Where there is no popup, this tab goes, and comes back to the very address that it left, whatever that is. What
cannot travel with the sign-in stays in the tab."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from support.servers import Provider
from support.wsgi import App, app_and_x

PAGE = """<!doctype html><html lang=en><title>app</title><link rel=icon href=data:,>
<script type=module src=/auth/client.js></script><sign-in-button provider=twitter></sign-in-button><p id=who></p>
<script type=module>import { onSession } from "/auth/client.js";
onSession((found) => { who.textContent = found ? "@" + found.account.identities[0].handle : "" })</script>"""
LONG = "x" * 3000
ADDRESSES = {
    "ordinary": "/settings?tab=1#part",
    "a long query": f"/search?q={LONG}",
    "a long path": f"/deep/{LONG}",
    "a long fragment": f"/page#{LONG}",
    "just too long": f"/{'x' * 1024}",
    "two slashes": "/a//b?c=d",
    "two slashes in front": "//evil.test/x",
    "a backslash, encoded": "/a%5Cb",
    "slashes, encoded": "/a%2F%2Fb",
    "one slash, encoded": "/a%2Fb",
    "a backslash in the query": "/files?path=C:\\dir",
    "dots between encoded slashes": "/a%2F..%2Fb",
}
STAY_BY_THE_WAY = {"dots between encoded slashes"}  # the backend leaves this one out, and the tab lands at the root


class Everywhere(App):
    """An app that has the module on a page at every path."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(("/auth/", "/api/")):
            return super().__call__(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [PAGE.encode()]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Provider]]:
    with app_and_x(Everywhere, tmp_path_factory.mktemp("everywhere")) as (_, base, provider):
        yield base, provider


@pytest.fixture
def base(world: tuple[str, Provider]) -> str:
    return world[0]


@pytest.fixture
def provider(world: tuple[str, Provider]) -> Provider:
    world[1].reset()
    return world[1]


@pytest.fixture
def tab(profile: BrowserContext, provider: Provider) -> Page:
    """A tab of a browser that opens no popups."""
    profile.add_init_script("window.open = () => null")
    return profile.new_page()


def press(page: Page, name: str = "Authorize app") -> None:
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("name", ADDRESSES)
def test_back_to_where_it_was(tab: Page, base: str, provider: Provider, name: str) -> None:
    address = f"{base}{ADDRESSES[name]}"
    tab.goto(address)
    assert tab.evaluate("location.href") == address  # what a browser keeps of it
    press(tab)
    expect(tab.locator("#who")).to_have_text("@ada")
    tab.wait_for_url(lambda url: url == (f"{base}/" if name in STAY_BY_THE_WAY else address))
    expect(tab.locator("#who")).to_have_text("@ada")
    assert len(provider.exchanges) == 1
    # It goes there once, and the root is the root again.
    tab.goto(f"{base}/")
    expect(tab.locator("#who")).to_have_text("@ada")
    assert tab.url == f"{base}/"


@pytest.mark.parametrize("name", ["ordinary", "a long query", "two slashes"])
def test_back_after_a_refusal(tab: Page, base: str, name: str) -> None:
    address = f"{base}{ADDRESSES[name]}"
    tab.goto(address)
    press(tab, "Cancel")
    tab.get_by_role("link", name="Return to the app").click()
    tab.get_by_role("link", name="Back").click()
    tab.wait_for_url(address)
    expect(tab.get_by_role("status")).to_have_text("Not signed in, as you chose.")


def test_who_turns_back_goes_nowhere_later(tab: Page, base: str) -> None:
    """The address that was kept is for the way back from a sign-in, and for no other."""
    address = f"{base}/?q={LONG}"
    tab.goto(address)
    tab.get_by_role("button", name="Sign in with X", exact=True).click()
    tab.get_by_role("button", name="Authorize app").wait_for()
    tab.go_back()
    expect(tab.get_by_role("status")).to_have_text("Cancelled. You can try again.")
    assert tab.url == address
    tab.goto(f"{base}/")
    tab.get_by_role("button", name="Sign in with X", exact=True).wait_for()
    assert tab.url == f"{base}/"


def test_what_the_page_names_itself_is_refused(tab: Page, base: str, provider: Provider) -> None:
    """A mistake in the app's own code is not covered up."""
    for named in ("//evil.test/", "/a//b", f"/{LONG}"):
        tab.goto(f"{base}/")
        signs_in = """async (returnTo) => {
          const { signIn } = await import("/auth/client.js");
          signIn("twitter", { mode: "page", returnTo });
        }"""
        tab.evaluate(signs_in, named)
        expect(tab.get_by_role("heading")).to_be_visible()
        assert "return_to" in tab.content()
    assert provider.journal == []
