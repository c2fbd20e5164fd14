"""A real extension of manifest version 3 in Chromium, examples/extension, signs in.

Its backend is on another site, its own form would be sent without an origin, and its policy allows no script from
elsewhere. The extension has no permission at all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from support.servers import App, Provider, app_and_provider
from support.waiting import wait_for
from support.windows import wait_until_closed

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/extension"
CLIENT = ROOT / "client"
MANIFEST = json.loads((EXAMPLE / "manifest.json").read_text())
DIGEST = hashlib.sha256(base64.b64decode(MANIFEST["key"])).hexdigest()[:32]
ORIGIN = "chrome-extension://" + DIGEST.translate(str.maketrans("0123456789abcdef", "abcdefghijklmnop"))
RELAY = f"{ORIGIN}/relay.html"
SIGN_IN = "Sign in with X"


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[App, Provider]]:
    settings = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": ORIGIN, "VALETKEY_RELAY": RELAY}
    with app_and_provider(PROGRAM="readme", **settings) as pair:
        yield pair


@pytest.fixture(scope="module")
def built(world: tuple[App, Provider], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, bundled with what the npm package is built of, and pointed at the backend of the test."""
    source, out = tmp_path_factory.mktemp("source") / "extension", tmp_path_factory.mktemp("extension")
    shutil.copytree(EXAMPLE, source)
    page = source / "page.js"
    assert page.read_text().count("http://127.0.0.1:8000") == 1
    page.write_text(page.read_text().replace("http://127.0.0.1:8000", world[0].base))
    aliases = {
        "valetkey/token": "src/package/token.js",
        "valetkey/relay": "src/relay.js",
        "delivery": "src/delivery/token",
        "distribution": "src/distribution/npm",
    }
    subprocess.run(
        [
            *(CLIENT / "node_modules/.bin/esbuild", source / "page.js", source / "relay.js", source / "background.js"),
            *(
                "--bundle",
                "--splitting",
                "--format=esm",
                "--log-level=error",
                f"--outdir={out}",
            ),
            *(f"--alias:{name}={CLIENT / path}" for name, path in aliases.items()),
        ],
        check=True,
        cwd=CLIENT,
    )
    for file in (*source.glob("*.html"), source / "manifest.json"):
        shutil.copy(file, out)
    return out


@pytest.fixture(scope="module")
def profile(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """A browser with the extension, and with storage partitioned by site, which Playwright's own switches turn off."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"),
            executable_path=os.environ["CHROMIUM"],
            args=["--headless=new", "--no-sandbox", "--disable-gpu", f"--load-extension={built}"],
            ignore_default_args=["--disable-extensions", "--disable-features"],
        )
        context.set_default_timeout(8_000)
        yield context
        context.close()


@pytest.fixture
def provider(world: tuple[App, Provider]) -> Provider:
    world[1].reset()
    return world[1]


@pytest.fixture
def page(profile: BrowserContext, provider: Provider) -> Iterator[Page]:
    page = profile.new_page()
    page.goto(f"{ORIGIN}/page.html")
    yield page
    page.close()


@pytest.fixture
def popup(page: Page) -> Callable[[], Page]:
    def click() -> Page:
        with page.expect_popup() as opened:
            page.get_by_role("button", name=SIGN_IN).click()
        return opened.value

    return click


@pytest.mark.parametrize("coop", [None, "same-origin"], ids=["no header", "severed"])
def test_it_signs_in(page: Page, popup: Callable[[], Page], provider: Provider, coop: str | None) -> None:
    """And out. No click more than on a website; the code is in no request, and the page's own bring no cookie."""
    provider.set(coop=coop)
    sent: list[str] = []
    cookies: list[str | None] = []
    page.context.on("request", lambda request: sent.append(request.url))
    page.on("request", lambda request: cookies.append(request.header_value("cookie")))
    window = popup()
    window.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("Signed in as @ada.")).to_be_visible()
    assert len(provider.calls("request_token")) == 1
    wait_until_closed(window)
    assert RELAY in sent
    assert not [one for one in sent if "code=" in one]
    assert set(cookies) == {None}
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Signed in as @ada.")).to_be_hidden()
    expect(page.get_by_role("button", name=SIGN_IN)).to_be_visible()


def test_its_window_is_heard_at_the_backend_only(page: Page, popup: Callable[[], Page], provider: Provider) -> None:
    """The popup goes to the provider and wherever that leads. Another origin there is not given the login. The control:
    the backend's page was."""
    window = popup()
    window.get_by_role("button", name="Authorize app").wait_for()
    assert len(provider.calls("request_token")) == 1
    window.goto(window.url.partition("?")[0])
    page.evaluate("addEventListener('message', ({ source }) => source.postMessage('nothing more', '*'))")
    heard = """() => new Promise((done) => {
      addEventListener("message", ({ data }) => done(data));
      opener.postMessage({ valetkey_start: true }, "*");
    })"""
    assert window.evaluate(heard) == "nothing more"
    window.close()


def test_declined(page: Page, popup: Callable[[], Page]) -> None:
    """By way of the relay page, too: the button says so."""
    window = popup()
    window.get_by_role("button", name="Cancel").click()
    window.get_by_role("link", name="Return to the app").click(no_wait_after=True)
    expect(page.get_by_text("Not signed in, as you chose.")).to_be_visible()
    wait_until_closed(window)


def test_by_this_tab(page: Page, provider: Provider) -> None:
    """Where no popup opens, a page of the backend asks for a click, and the tab comes back signed in."""
    page.evaluate("() => { window.open = () => null }")
    page.get_by_role("button", name=SIGN_IN).click()
    page.get_by_role("button", name="Continue to X").wait_for()
    assert provider.journal == []
    page.get_by_role("button", name="Continue to X").click()
    page.get_by_role("button", name="Authorize app").click()
    expect(page.get_by_text("Signed in as @ada.")).to_be_visible()
    assert page.url == f"{ORIGIN}/page.html"


def test_a_code_that_nobody_asked_for(page: Page, profile: BrowserContext, world: tuple[App, Provider]) -> None:
    """Any page of the backend's site may open the relay page, with whatever it likes. It is heard, and not answered."""
    page.evaluate("window.heard = []")
    page.evaluate("() => { new BroadcastChannel('valetkey').onmessage = ({ data }) => heard.push(data) }")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    other = profile.new_page()
    other.goto(f"{world[0].base}/auth/client.js")
    other.evaluate("(relay) => { location.href = relay }", f"{RELAY}#login={'a' * 22}&code={'b' * 43}")
    other.wait_for_url(RELAY)  # its script has taken the code out of the address, and says it to every page
    # It repeats what it says until it is answered.
    wait_for(lambda: page.wait_for_timeout(10) or len(page.evaluate("heard")) > 2)
    assert {one.get("valetkey") for one in page.evaluate("heard")} == {"a" * 22}
    assert set(asked) <= {"GET"}  # who is signed in, and nothing with the code
    expect(page.get_by_role("button", name=SIGN_IN)).to_be_visible()
    other.close()
