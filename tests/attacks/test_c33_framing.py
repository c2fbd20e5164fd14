"""C33: no page of ours can be framed, and nothing runs in a frame that tries."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from browser.conftest import chromium  # noqa: F401  # fixtures
from browser.evil import evil  # noqa: F401
from playwright.sync_api import Page
from support.browser import Browser
from support.fixtures import page_world  # noqa: F401  # fixture
from support.servers import App, Provider

PATHS = [
    "/auth/twitter/done?login=AAAAAAAAAAAAAAAAAAAAAA",
    "/auth/twitter/failed?code=denied",
    "/auth/nowhere",
    "/",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_page_says_so(browser: Callable[[], Browser], path: str) -> None:
    answer = browser().visit(path)
    assert "frame-ancestors 'none'" in (answer.header("content-security-policy") or "")
    if path != "/":
        assert answer.header("x-frame-options") == "DENY"


@pytest.mark.parametrize("where", ["iframe", "frame", "embed", "object", "fencedframe"])
def test_a_callback_in_a_frame_runs_nothing(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], where: str
) -> None:
    profile = browser()
    callback = provider.approve(profile.begin().token, **person)
    assert profile.come_back(callback, headers={"Sec-Fetch-Dest": where}).code == "not_a_navigation"
    assert profile.submit("/auth/twitter", {}, Sec_Fetch_Dest=where).status == 403
    assert provider.exchanges == []
    assert len(provider.calls("request_token")) == 1
    assert profile.come_back(callback).status == 303
    assert profile.account() is not None


def test_a_frame_stays_empty(app: App, provider: Provider, evil: Page) -> None:
    for path in ("/", f"/auth/twitter/done?login={'A' * 22}", "/auth/twitter/failed?code=denied"):
        evil.evaluate(
            """(src) => new Promise((done) => { const frame = document.createElement('iframe');
            frame.onload = done; frame.src = src; document.body.replaceChildren(frame) })""",
            app.base + path,
        )
        shown = [frame for frame in evil.frames if frame != evil.main_frame]
        assert all("valetkey" not in frame.content() and "Signed in" not in frame.content() for frame in shown)
