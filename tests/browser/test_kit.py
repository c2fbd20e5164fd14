"""The test kit signs a page in, in Chromium: by its button and the sandbox's popup, as somebody else's tests would."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.async_api import async_playwright
from playwright.sync_api import BrowserContext, Page, expect
from support.engines import headless_chromium
from support.servers import App, free_port

from valetkey.testing import Sandbox, SignInFailed, pages, sign_in_page


def provider_of(sandbox: Sandbox) -> Any:
    """What an app of these tests needs to know of its provider, which is the kit's own sandbox here."""
    return SimpleNamespace(
        key="sandbox-key", secret="sandbox-secret", origin=sandbox.origin, variables=lambda fronts: {}
    )


def started(sandbox: Sandbox, directory: Path, **env: str) -> App:
    return App(provider_of(sandbox), free_port(), directory, **env)


@pytest.fixture(scope="module")
def app(valetkey_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = started(valetkey_sandbox, tmp_path_factory.mktemp("kit"))
    yield app
    app.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "TIMEOUT_SECONDS", 1.0)


def shown(page: Page) -> Any:
    return page.evaluate("fetch('/api/me').then((answer) => answer.json())")


def test_a_page(page: Page, valetkey_sandbox: Sandbox) -> None:
    """One after another in one profile: each time it is who was asked for, also where the windows are severed."""
    valetkey_sandbox.set(coop="same-origin")
    for persona in ("ada", "bare", "ada"):
        account = sign_in_page(page, persona)
        assert account.handle == persona
        assert shown(page)["id"] == account.id
        expect(page.get_by_text(f"@{persona}", exact=True)).to_be_visible()
        page.get_by_role("button", name="Sign out", exact=True).click()
        expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_be_visible()
    assert len(valetkey_sandbox.calls("access_token")) == 3


def test_a_page_that_is_handed_a_token(profile: BrowserContext, valetkey_sandbox: Sandbox, tmp_path: Path) -> None:
    app = started(valetkey_sandbox, tmp_path, VALETKEY_DELIVERY="token")
    try:
        page = profile.new_page()
        page.goto(app.base)
        assert sign_in_page(page, "bare").handle == "bare"
        expect(page.get_by_text("@bare", exact=True)).to_be_visible()
        assert profile.cookies(app.base) == []
    finally:
        app.stop()


def test_a_page_that_goes_elsewhere_once_it_is_signed_in(page: Page) -> None:
    page.evaluate("document.addEventListener('signin', () => location.assign('/?welcome'))")
    assert sign_in_page(page, "ada").handle == "ada"
    page.wait_for_url("**/?welcome")
    assert shown(page)["identities"][0]["handle"] == "ada"


def test_a_page_with_a_button_of_its_own(page: Page) -> None:
    page.evaluate(
        """async () => {
          const { signIn } = await import("/auth/client.js");
          const button = document.createElement("button");
          button.textContent = "Come in";
          button.onclick = () => signIn("twitter");
          document.body.replaceChildren(button);
        }"""
    )
    assert sign_in_page(page, "rtl", button=page.get_by_role("button", name="Come in")).handle == "rtl"


@pytest.mark.parametrize("provider", ["google", "apple", "acme"])
def test_a_page_with_other_providers(
    profile: BrowserContext, valetkey_sandbox: Sandbox, tmp_path: Path, provider: str
) -> None:
    """By redirect, by a form that the provider posts, and by an issuer alone; one after another in one profile."""
    port = free_port()
    variables = valetkey_sandbox.environment_for("google", "apple", "acme", "twitter")
    here = {"VALETKEY_URL": f"http://127.0.0.1:{port}", "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db"}
    app = App(provider_of(valetkey_sandbox), port, tmp_path, **variables | here)
    try:
        page = profile.new_page()
        page.goto(app.base)
        for persona in ("ada", "unverified", "blank"):
            account = sign_in_page(page, persona, provider=provider)
            assert [one.provider for one in account.identities] == [provider]
            assert shown(page)["id"] == account.id
            page.get_by_role("button", name="Sign out", exact=True).click()
            expect(page.locator("sign-in-button").first).to_be_visible()
        assert sign_in_page(page, "ada").handle == "ada"  # X has the button that it always had
        assert app.rows("accounts") == 4
    finally:
        app.stop()


def test_the_async_api(app: App) -> None:
    async def live() -> list[str | None]:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=headless_chromium(), args=["--no-sandbox"])
            page = await (await browser.new_context()).new_page()
            await page.goto(app.base)
            account = await sign_in_page(page, "longname")
            handle = await page.evaluate("fetch('/api/me').then((a) => a.json()).then((me) => me.identities[0].handle)")
            with pytest.raises(SignInFailed, match="module"):
                await sign_in_page(await browser.new_page())
            await browser.close()
            return [account.handle, handle]

    with ThreadPoolExecutor(1) as beside:  # this thread has a loop, while Playwright's other API runs
        assert beside.submit(asyncio.run, live()).result() == ["longname", "longname"]


def test_the_documentations_block(page: Page, app: App) -> None:
    text = (Path(__file__).parents[2] / "docs" / "testing.md").read_text()
    (block,) = re.findall(r"<!-- run: page -->\n```python\n(.+?)```", text, re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    names["test_in_a_browser"](page, app.base)
    expect(page.get_by_text("@bare", exact=True)).to_be_visible()


def test_no_such_persona(page: Page) -> None:
    with pytest.raises(ValueError, match="no persona 'eve'; there are ada, bare, rtl, longname, suspended"):
        sign_in_page(page, "eve")


def test_a_page_without_the_module(profile: BrowserContext) -> None:
    with pytest.raises(SignInFailed, match=r"not loaded valetkey's module, /auth/client\.js"):
        sign_in_page(profile.new_page())


@pytest.mark.usefixtures("impatient")
def test_a_button_that_opens_nothing(page: Page) -> None:
    with pytest.raises(SignInFailed, match="opened no popup"):
        sign_in_page(page, button=page.get_by_role("heading").first)


def test_a_provider_that_does_not_answer(page: Page, valetkey_sandbox: Sandbox) -> None:
    """What the popup says instead, and what the button says afterwards."""
    valetkey_sandbox.fault("request_token", "status", status=503, times=20)
    with pytest.raises(SignInFailed, match=r"does not ask whether.* says: .*try again in a moment"):
        sign_in_page(page)
    valetkey_sandbox.reset()
    assert sign_in_page(page).handle == "ada"


def test_a_callback_that_fails(page: Page, valetkey_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button has the reason."""
    monkeypatch.setattr(pages, "TIMEOUT_SECONDS", 5.0)  # of which the page has that long to say it
    valetkey_sandbox.fault("access_token", "body", body="oauth_token=a", times=20)
    with pytest.raises(SignInFailed, match=r"does not know of @ada\. The button says: The sign-in service"):
        sign_in_page(page)
