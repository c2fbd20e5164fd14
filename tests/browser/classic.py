"""Pages that make the requests themselves, on the origin of an app that hands out tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser, BrowserContext, Page
from support.servers import App, Provider, app_and_provider

PAGES = Path(__file__).parent / "pages"
MODULES = Path(__file__).parents[2] / "client" / "node_modules"
MOUNTED = {
    "/classic": PAGES / "classic.html",
    "/classic-line": PAGES / "classic-line.html",
    "/classic.js": PAGES / "classic.js",
    "/wait": PAGES / "wait.html",
}


@contextmanager
def classic_app(mounted: dict[str, Path] = MOUNTED, **env: str) -> Iterator[tuple[App, Provider]]:
    """The demo app in token delivery with these pages, and its provider."""
    served = json.dumps({path: str(file) for path, file in mounted.items()})
    with app_and_provider(VALETKEY_DELIVERY="token", MOUNTED=served, **env) as pair:
        yield pair


def opened(context: BrowserContext, app: App, provider: Provider, path: str) -> Page:
    """A page of the app, or at another address, in a profile where X's own address leads to the sandbox."""
    context.route(
        "https://api.twitter.com/**",
        lambda route: route.fulfill(
            status=302, headers={"location": route.request.url.replace("https://api.twitter.com", provider.origin)}
        ),
    )
    page = context.new_page()
    page.goto(urljoin(app.base, path))
    return page


def approving(browser: Browser, provider: Provider, within_ms: int = 0) -> BrowserContext:
    """A profile whose person approves what there is to approve, at any moment of that time."""
    context = browser.new_context()
    context.set_default_timeout(8_000)
    context.add_init_script(
        f"""if (location.origin === "{provider.origin}") addEventListener("DOMContentLoaded", () =>
        setTimeout(() => document.querySelector("button.main")?.click(), Math.random() * {within_ms}))"""
    )
    return context
