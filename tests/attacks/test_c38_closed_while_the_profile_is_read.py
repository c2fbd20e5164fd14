"""C38, where the app reads the profile: the popup closes between the exchange and the session, and the login lands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser.conftest import chromium, page, profile  # noqa: F401  # fixtures
from playwright.sync_api import Page
from support.servers import App, Provider, app_and_provider
from support.waiting import wait_for

from attacks.test_c38_popup_closed_early import begin, it_has_landed, provider  # noqa: F401  # fixture


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    with app_and_provider(PROGRAM="serve --profile") as pair:
        yield pair


def test_between_exchange_and_session(app: App, provider: Provider, page: Page) -> None:
    page.evaluate("addEventListener('signinerror', ({ detail }) => { window.told = detail.code })")
    before = app.all_rows()
    provider.fault("verify_credentials", "delay", seconds=1)
    popup = begin(page)
    popup.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    wait_for(lambda: bool(provider.calls("verify_credentials")))
    popup.close()
    it_has_landed(app, provider, page, before)
