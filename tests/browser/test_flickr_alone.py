"""An app without X: Flickr alone, from its variables to a signed-in page, with Flickr's name and icon on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from support.servers import SECRET, Process, Provider, free_port
from support.windows import press_last

from valetkey import Secret
from valetkey.providers.flickr import flickr
from valetkey.providers.twitter import twitter

ADA = {"user_nsid": "21207597@N07", "username": "ada", "fullname": "Ada L"}
ICON = flickr(key="k", secret=Secret("s")).icon
ICON_OF_X = twitter(key="k", secret=Secret("s")).icon


@pytest.fixture(scope="module")
def flickrs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Provider]]:
    """The app's address, and the sandbox in Flickr's place. No variable of X's is set."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    provider = Provider(f"{base}/auth/flickr")
    environment = {
        "VALETKEY_URL": base,
        "VALETKEY_PROVIDERS": "flickr",
        "FLICKR_CONSUMER_KEY": provider.key,
        "FLICKR_CONSUMER_SECRET": provider.secret,
        "VALETKEY_FLICKR_BASE": provider.origin,
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path_factory.mktemp('flickr') / 'app.db'}",
    }
    server = Process("serve", "--no-browser", "--port", str(port), env=environment)
    yield base, provider
    server.stop()
    provider.stop()


@pytest.fixture
def page(chromium: Browser, flickrs: tuple[str, Provider]) -> Iterator[Page]:
    context = chromium.new_context()
    context.set_default_timeout(8_000)
    opened = context.new_page()
    opened.goto(flickrs[0])
    yield opened
    context.close()


def test_the_button_is_flickrs(page: Page) -> None:
    expect(page.get_by_role("button", name="Sign in with Flickr", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with X")).to_have_count(0)
    icon = page.locator("sign-in-button [part=mark] path")
    expect(icon).to_have_count(1)
    expect(icon).to_have_attribute("d", ICON or "")
    assert ICON != ICON_OF_X


def test_it_signs_in(page: Page, flickrs: tuple[str, Provider]) -> None:
    base, provider = flickrs
    provider.reset()
    # The sandbox answers as X does; Flickr names the user by other fields.
    provider.fault("access_token", "replace", set=ADA, remove=["user_id", "screen_name"])
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in with Flickr", exact=True).click()
    popup = opened.value
    popup.get_by_role("button", name="Authorize app").wait_for()
    assert popup.url.startswith(f"{provider.origin}/oauth/authorize?perms=read&oauth_token=")
    press_last(popup, "Authorize app")
    expect(page.get_by_text("Flickr account ada", exact=True)).to_be_visible()
    (identity,) = page.evaluate("fetch('/api/me').then((answer) => answer.json())")["identities"]
    assert (identity["provider"], identity["subject"], identity["name"]) == ("flickr", "21207597@N07", "Ada L")
    (call,) = provider.calls("request_token")
    assert call["oauth_callback"] == f"{base}/auth/flickr"


def test_its_pages_show_its_icon(page: Page, flickrs: tuple[str, Provider]) -> None:
    page.goto(f"{flickrs[0]}/auth/flickr/failed?code=another_browser")
    expect(page.locator("form svg path")).to_have_attribute("d", ICON or "")
    expect(page.get_by_text("with Flickr, in this browser")).to_be_visible()
    answer = page.goto(f"{flickrs[0]}/auth/twitter/failed?code=another_browser")
    assert answer is not None
    assert answer.status == 404
