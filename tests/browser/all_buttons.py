"""A page with a button for every provider of the sandbox, as ``valetkey demo --providers all`` has them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route
from support.servers import Process, free_port

# Hebrew, because axe does not judge the contrast of joined letters: it takes an Arabic word for an icon font's.
WORDS = {"ltr": "Sign in with {provider}", "rtl": "כניסה באמצעות {provider}"}
LANGUAGES = {"ltr": "en", "rtl": "he"}
# Each width, scheme and direction once, and what is most likely to break together: narrow, and from right to left.
LOOKS = [(1280, "light", "ltr"), (320, "dark", "ltr"), (320, "light", "rtl")]
_PAGE = """<!doctype html>
<html lang="%s" dir="%s"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Every button</title><style>
:root { color-scheme: light dark; background: light-dark(#fff, #111) }</style></head><body>
<main><h1>Every button</h1><sign-in-buttons></sign-in-buttons></main>
<script type="module">import { setTexts } from "/auth/client.js"; setTexts({ signIn: "%s" })</script></body></html>"""
# Every button has its title, its colours and its mark, or nothing more to wait for.
_ARE_SHOWN = """() => {
  const buttons = [...document.querySelector("sign-in-buttons").shadowRoot?.querySelectorAll("sign-in-button") ?? []];
  return buttons.length && buttons.every((one) => one.shadowRoot?.querySelector(".known"));
}"""


@contextmanager
def demo_of_all() -> Iterator[str]:
    """The address of a demo app with all of them."""
    with tempfile.TemporaryDirectory() as state:
        arguments = ("demo", "--providers", "all", "--no-browser", "--port", str(free_port()))
        demo = Process(*arguments, env={"XDG_STATE_HOME": state})
        try:
            yield demo.address
        finally:
            demo.stop()


def page_of_all(browser: Browser, base: str, width: int, scheme: str, direction: str) -> Page:
    """The page, once every button is shown. Close its context."""
    context = browser.new_context(viewport={"width": width, "height": 760}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    html = _PAGE % (LANGUAGES[direction], direction, WORDS[direction])

    def answer(route: Route) -> None:
        route.fulfill(content_type="text/html", body=html)

    page.route(f"{base}/every", answer)
    page.goto(f"{base}/every")
    page.wait_for_function(_ARE_SHOWN)
    return page
