"""The documentation's pictures, from the running demo: ``./run picture``. Page and popup as they are, and the page when
something breaks."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.servers import Provider, app_and_provider

ROOT = Path(__file__).parents[1]
FRAME = """<!doctype html><style>
body { margin: 0; width: 1240px; height: 700px; background: #dbe3ea }
img { position: absolute; border-radius: 12px; box-shadow: 0 12px 40px #0004; border: 1px solid #0002 }
</style><img src="data:image/png;base64,%s" style="left:40px;top:40px;width:860px">
<img src="data:image/png;base64,%s" style="left:780px;top:150px;width:410px">"""

FIGURES = """<!doctype html><style>
body { margin: 0; padding: 20px; background: #dbe3ea; font: 600 18px system-ui }
body { display: grid; grid-template-columns: 1fr 1fr }
figure { margin: 8px } img { width: 100%; border-radius: 12px; border: 1px solid #0002 } figcaption { margin: 6px 2px }
</style>"""
FIGURE = '<figure><figcaption>%s</figcaption><img src="data:image/png;base64,%s"></figure>'


def pictures(browser: Browser, base: str) -> list[str]:
    context = browser.new_context(viewport={"width": 1000, "height": 700}, device_scale_factor=2)
    page = context.new_page()
    page.goto(base)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in with Google", exact=True).click()
    popup = opened.value
    popup.set_viewport_size({"width": 520, "height": 620})
    popup.get_by_role("button", name="Authorize app").wait_for()
    page.wait_for_timeout(300)
    return [base64.b64encode(one.screenshot(animations="disabled")).decode() for one in (page, popup)]


def broken(browser: Browser, base: str, provider: Provider) -> list[tuple[str, str]]:
    """What somebody did, and the page after it."""
    page = browser.new_context(viewport={"width": 620, "height": 520}).new_page()
    page.goto(base)
    shown: list[tuple[str, str]] = []

    def click() -> Page:
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Sign in with X", exact=True).click()
        return opened.value

    def shoot(what: str, words: str) -> None:
        page.get_by_text(words).wait_for()
        shown.append((what, base64.b64encode(page.screenshot(animations="disabled")).decode()))

    provider.set(coop="same-origin")
    popup = click()
    popup.get_by_role("button", name="Authorize app").wait_for()
    popup.close()
    shoot("The window was cut off, and closed", "Is the window gone?")
    page.get_by_role("button", name="Cancel").click()
    shoot("Cancel, in the page", "Cancelled.")
    popup = click()
    popup.get_by_role("button", name="Cancel").click()
    popup.get_by_role("link", name="Return to the app").click()
    shoot("Cancel, at the provider", "Not signed in")
    provider.stop()
    click()
    shoot("The provider was stopped", "does not answer")
    return shown


def save(browser: Browser, name: str, html: str, height: int) -> None:
    frame = browser.new_page(viewport={"width": 1240, "height": height})
    frame.set_content(html)
    frame.screenshot(path=ROOT / "docs" / name)
    print(f"docs/{name}")


def main() -> None:
    several = app_and_provider(fronts=("google", "github", "apple"))
    with several as (app, provider), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        save(browser, "sign-in.png", FRAME % tuple(pictures(browser, app.base)), 700)
        four = "".join(FIGURE % pair for pair in broken(browser, app.base, provider))
        save(browser, "when-it-breaks.png", f"{FIGURES}{four}", 1180)
        browser.close()


if __name__ == "__main__":
    main()
