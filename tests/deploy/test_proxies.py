"""docs/deploy/: nginx, Caddy and Apache as they are written there, in front of an app."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from support.authority import Authority
from support.engines import headless_chromium
from support.proxies import BELOW, HOST, PROXIES, Proxy, TlsBrowser
from support.servers import App, Provider, free_port
from support.waiting import wait_for


@dataclass
class Deployed:
    """An app behind a proxy."""

    proxy: Proxy
    app: App
    provider: Provider
    base: str
    browser: type[TlsBrowser]

    def visitor(self, provider: str = "twitter") -> TlsBrowser:
        visitor = self.browser(self.base, provider=provider)
        visitor.origin = self.proxy.origin
        return visitor


@pytest.fixture(scope="module", params=[(name, below) for name in PROXIES for below in (False, True)], ids=str)
def deployed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    name, below = cast(tuple[str, bool], request.param)
    # Apache's children have no right to the directories of the tests.
    with tempfile.TemporaryDirectory() as at:
        directory = Path(at)
        directory.chmod(0o755)
        authority = Authority(tmp_path_factory.mktemp("authority"))
        app_port = free_port()
        proxy = PROXIES[name](directory, authority, app_port, below=below)
        url = proxy.origin + (BELOW if below else "")
        provider = Provider(f"{url}/auth/twitter")
        provider.serves(f"{url}/auth/apple/return", f"{url}/auth/acme")
        env = {
            "VALETKEY_URL": url,
            "TWITTER_CALLBACK_URL": "",
            "VALETKEY_PROXIES": "127.0.0.1",
        }
        app = App(provider, app_port, tmp_path_factory.mktemp("app"), fronts=("apple", "acme"), **env)
        browser = type("Of", (TlsBrowser,), {"trusted": proxy.trusted})
        with proxy.running():
            yield Deployed(proxy, app, provider, url, browser)
        app.stop()
        provider.stop()


def test_logins_land_and_no_log_has_them(deployed: Deployed) -> None:
    """By a redirect, by a form of the provider's, and with a code of several kilobytes; declined, and while the app is
    away. The logs have the paths alone."""
    seen: list[str] = []
    for name in ("twitter", "acme", "apple"):
        visitor = deployed.visitor(name)
        at = deployed.provider.at(name)
        begun = visitor.begin()
        answer = visitor.come_back(at.approve(begun.send_to))
        assert answer.status == 303, answer.text
        assert (answer.header("location") or "").startswith(("/", deployed.base))
        assert visitor.account()["identities"][0]["provider"] == name
        seen += [*at.exchanged, begun.token, *visitor.cookies.values()]
        if name != "apple":
            assert visitor.come_back(at.cancel(visitor.begin().send_to)).status == 303
        visitor.sign_out()
        assert visitor.account() is None
    # The ticket of a WebSocket is in a header.
    deployed.visitor().visit("/auth/session", headers={"Sec-WebSocket-Protocol": "valetkey, valetkey.ticket.canary"})

    deployed.app.server.kill()
    visitor = deployed.visitor()
    away = visitor.visit(f"/auth/twitter?oauth_token={'canary' * 2}&oauth_verifier=canary-verifier")
    assert away.status in (502, 503), away.text
    deployed.app.start()

    logs = deployed.proxy.logs()
    assert f"{'/shop' if deployed.base.endswith(BELOW) else ''}/auth/twitter" in logs
    assert [one for one in [*seen, *deployed.provider.secrets] if len(one) > 8 and one in logs] == []
    assert "canary" not in logs


def test_a_code_of_seven_kilobytes(deployed: Deployed) -> None:
    """It reaches the app, which knows of no such login. So does a form with it, whose answer has it in the address."""
    code, before = "c" * 7_000, deployed.proxy.logs()
    answer = deployed.visitor("acme").visit(f"/auth/acme?state={'s' * 43}&code={code}")
    assert answer.status == 303
    assert answer.code == "cookies_blocked"
    form = deployed.visitor("apple").submit(
        "/auth/apple/return", {"state": "s" * 43, "code": code}, Origin=deployed.provider.origin
    )
    assert form.status == 303
    assert code in (form.header("location") or "")
    # The line comes after the answer.
    for path in ("/auth/acme", "/auth/apple/return"):
        wait_for(lambda path=path: deployed.proxy.logs().count(path) > before.count(path))
    assert code not in deployed.proxy.logs()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=headless_chromium(),
            args=["--no-sandbox", "--disable-gpu", f"--host-resolver-rules=MAP {HOST} 127.0.0.1"],
        )
        yield browser
        browser.close()


def test_from_click_to_page(deployed: Deployed, chromium: Browser) -> None:
    """In Chromium: the module, its parts, the popup, and who is signed in."""
    page_of_app = f"""<!doctype html><title>shop</title>
        <script type=module src="{deployed.base}/auth/client.js"></script>
        <signed-out><sign-in-button provider=acme></sign-in-button></signed-out><signed-in></signed-in>"""
    context = chromium.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.route("**/page", lambda route: route.fulfill(content_type="text/html", body=page_of_app))
    page.goto(f"{deployed.base}/page")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with Acme").click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible(timeout=30_000)
    context.close()
