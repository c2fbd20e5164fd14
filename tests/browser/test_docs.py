"""The code of docs/classic.md and docs/accounts.md runs, each block with the outcome that the text promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from support.browser import Browser as Phone
from support.servers import App, Provider, app_and_provider, free_port
from support.written import blocks_of

from browser.classic import MODULES, classic_app
from valetkey import Identity, SignInRefused
from valetkey.http_client.runner import ThreadRunner

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "classic.md").read_text()
BLOCKS = blocks_of("docs/classic.md")
ACCOUNTS = blocks_of("docs/accounts.md")
LINE = '<script type="module" src="/auth/client.js" data-classic></script>'


def test_every_block_is_run() -> None:
    """And the one line stands there as it is used here."""
    assert set(BLOCKS) == {"before", "satellizer", "oauth2", "after", "moving"}
    assert TEXT.count("```html") + TEXT.count("```js") == len(BLOCKS)
    assert f"    {LINE}\n" in TEXT


def written(directory: Path, **pages: str) -> dict[str, Path]:
    files = {}
    for name, body in pages.items():
        files[f"/{name}"] = directory / f"{name}.html"
        files[f"/{name}"].write_text(f"<!doctype html><title>app</title>{body}")
    return files


@contextmanager
def visiting(chromium: Browser, app: App, provider: Provider, path: str) -> Iterator[Page]:
    """With X's own address led to the sandbox."""
    context = chromium.new_context()
    context.set_default_timeout(8_000)
    context.route(
        "https://api.x.com/**",
        lambda route: route.fulfill(
            status=302, headers={"location": route.request.url.replace("https://api.x.com", provider.origin)}
        ),
    )
    page = context.new_page()
    page.goto(app.base + path)
    yield page
    context.close()


def sign_in(page: Page) -> None:
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X").click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.locator("#who")).to_have_text("@ada")


@pytest.mark.parametrize("line", ["", LINE], ids=["as it was", "with the line"])
def test_the_page_as_it_was(chromium: Browser, tmp_path: Path, line: str) -> None:
    with (
        classic_app(written(tmp_path, page=BLOCKS["before"] + line)) as (app, provider),
        visiting(chromium, app, provider, "/page") as page,
    ):
        sign_in(page)
        assert page.evaluate("localStorage.token").count(".") == 2
        assert len(provider.exchanges) == 1


def test_the_page_after(chromium: Browser, tmp_path: Path) -> None:
    """Nothing in localStorage that signs anybody in; also where the provider cuts the window off."""
    files = written(tmp_path, page=BLOCKS["after"])
    served = json.dumps({path: str(file) for path, file in files.items()})
    with app_and_provider(MOUNTED=served) as (app, provider):
        for coop in (None, "same-origin"):
            provider.reset()
            provider.set(coop=coop)
            with visiting(chromium, app, provider, "/page") as page:
                sign_in(page)
                assert "." not in str(page.evaluate("Object.values(localStorage)"))
                assert {one["name"] for one in page.context.cookies(app.base)} == {"valetkey-session"}


def test_moving_people_over(chromium: Browser, tmp_path: Path) -> None:
    """Signed in by a token, the backend changes to cookies: the same session goes on, and the token is gone."""
    page_file = written(tmp_path, page=BLOCKS["before"], moved=f"<script type=module>{BLOCKS['moving']}</script>")
    with classic_app(page_file) as (app, provider), visiting(chromium, app, provider, "/page") as page:
        sign_in(page)
        before = app.query("SELECT id, expires_at FROM sessions")
        app.stop()
        app.env["VALETKEY_DELIVERY"] = "cookie"
        app.start()
        page.goto(f"{app.base}/moved")
        page.wait_for_function("localStorage.token === undefined")
        assert page.evaluate("fetch('/api/me').then((answer) => answer.status)") == 200
        assert app.query("SELECT id, expires_at FROM sessions") == before
        (cookie,) = [one for one in page.context.cookies(app.base) if one["name"] == "valetkey-session"]
        assert abs(cookie["expires"] - before[0][1]) < 5


def test_satellizers_configuration(chromium: Browser, tmp_path: Path) -> None:
    page = f"""<body ng-app=page><script src=/angular.js></script><script src=/satellizer.js></script>
    <script>const app = angular.module("page", ["satellizer"]); {BLOCKS["satellizer"]}</script>
    <button onclick="angular.element(document.body).injector().get('$auth').authenticate('twitter')
        .then(() => who.textContent = '@ada')">Sign in with X</button><p id=who></p>"""
    files = written(tmp_path, page=page)
    libraries = {"angular": "angular/angular.js", "satellizer": "satellizer/dist/satellizer.js"}
    files = {"/": files["/page"], **{f"/{name}.js": MODULES / file for name, file in libraries.items()}}
    port = free_port()
    callbacks = [f"http://127.0.0.1:{port}{path}" for path in ("/auth/twitter", "/")]
    provider = Provider(callbacks[0])
    provider.set(callbacks=callbacks)
    served = {path: str(file) for path, file in files.items()}
    app = App(
        provider,
        port,
        tmp_path,
        VALETKEY_DELIVERY="token",
        TWITTER_CALLBACK_URL=",".join(callbacks),
        MOUNTED=json.dumps(served),
    )
    try:
        with visiting(chromium, app, provider, "/") as opened:
            opened.route("https://api.twitter.com/**", lambda route: route.abort())
            context = opened.context
            context.route(
                "https://api.twitter.com/**",
                lambda route: route.fulfill(
                    status=302,
                    headers={"location": route.request.url.replace("https://api.twitter.com", provider.origin)},
                ),
            )
            sign_in(opened)
            assert opened.evaluate("angular.element(document.body).injector().get('$auth').isAuthenticated()")
    finally:
        app.stop()
        provider.stop()


def test_satellizers_line(chromium: Browser, tmp_path: Path) -> None:
    """The page as it is written there, at Google."""
    page = f"""<body ng-app=page><script src=/angular.js></script><script src=/satellizer.js></script>
    <script>const app = angular.module("page", ["satellizer"]); {BLOCKS["oauth2"]}</script>
    <button onclick="angular.element(document.body).injector().get('$auth').authenticate('google')
        .then(() => who.textContent = '@ada')">Sign in with X</button><p id=who></p>"""
    files = written(tmp_path, page=page)
    libraries = {"angular": "angular/angular.js", "satellizer": "satellizer/dist/satellizer.js"}
    files = {"/": files["/page"], **{f"/{name}.js": MODULES / file for name, file in libraries.items()}}
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    provider = Provider(f"{base}/auth/google")
    served = {path: str(file) for path, file in files.items()}
    listed = {"GOOGLE_CALLBACK_URL": f"{base}/auth/google,{base}", "MOUNTED": json.dumps(served)}
    app = App(provider, port, tmp_path, fronts=["google"], VALETKEY_DELIVERY="token", **listed)
    try:
        with visiting(chromium, app, provider, "/") as opened:
            sign_in(opened)
            assert opened.evaluate("angular.element(document.body).injector().get('$auth').isAuthenticated()")
        assert len(provider.at("google").exchanges) == 1
    finally:
        app.stop()
        provider.stop()


def test_a_page_of_devices(chromium: Browser, tmp_path: Path) -> None:
    """And the panel, of two lines."""
    files = written(tmp_path, devices=ACCOUNTS["devices"], panel=ACCOUNTS["panel"])
    served = json.dumps({path: str(file) for path, file in files.items()})
    with app_and_provider(MOUNTED=served) as (app, provider):
        phone = Phone(app.base)
        phone.come_back(provider.approve(phone.begin().token))
        with visiting(chromium, app, provider, "/") as page:
            with page.expect_popup() as popup:
                page.get_by_role("button", name="Sign in with X", exact=True).click()
            popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
            expect(page.get_by_text("@ada", exact=True)).to_be_visible()
            page.goto(f"{app.base}/devices")
            items = page.get_by_role("listitem")
            expect(items).to_have_count(2)
            expect(items.filter(has_text="(this")).to_have_text("Chrome on Linux (this device)")
            items.filter(has_not_text="(this").click()
            expect(items).to_have_count(1)
            assert phone.me().status == 401
            page.goto(f"{app.base}/panel")
            expect(items.filter(has_text="This device")).to_have_count(1)


def test_users_of_ones_own(tmp_path: Path) -> None:
    """The hook of the text, called as a sign-in calls it."""
    environment = {
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "secret",
        "TWITTER_CALLBACK_URL": "http://127.0.0.1:8000/auth/twitter",
        "VALETKEY_SECRET": "7xUBWR0gn4n6PXzADtuJeq5ECFHBQx5x6QHHcgvBByvqFHQa",
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/app.db",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        names: dict[str, Any] = {}
        exec(ACCOUNTS["resolve"], names)
    ada = Identity(provider="twitter", subject="1", handle="ada")
    for _ in range(2):
        ThreadRunner().run(names["resolve_account"](ada, "account"))
    assert names["users"] == {"account": "@ada"}
    with pytest.raises(SignInRefused, match="banned"):
        ThreadRunner().run(
            names["resolve_account"](Identity(provider="twitter", subject="2", handle="mallory"), "other")
        )
