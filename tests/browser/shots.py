"""Screenshots of page and popup, wide and narrow, light and dark: ``./run shots [DIR]``.

Fails where a page is wider than 320 px allow, or where axe finds something. Also a test: see test_shots.py.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.servers import App, Provider, app_and_provider

from browser.all_buttons import LOOKS, demo_of_all, page_of_all

# A form that starts a login in this tab, as the module's does in the popup.
START = """() => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: "/auth/twitter" });
  document.body.append(form);
  form.submit();
}"""
WIDTHS = {"wide": 1280, "narrow": 320}
SCHEMES = ("light", "dark")
ALL = [(width, scheme) for width in WIDTHS for scheme in SCHEMES]
# Each width and each scheme once: whether a page fits is not a matter of its colours, nor these of its width.
PAIRS = [("wide", "light"), ("narrow", "dark")]


def faults_of(page: Page) -> list[str]:
    """What is wrong with a page as it stands: too wide, or against an accessibility rule."""
    faults = []
    width, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if width > room:
        faults.append(f"{width} px wide in {room}")
    for found in Axe().run(page).response["violations"]:
        faults.append(f"axe: {found['id']}: {found['nodes'][0]['html'][:120]}")
    return faults


def pages(browser: Browser, app: App, provider: Provider, width: int, scheme: str) -> Iterator[tuple[str, Page]]:
    """Every page a person meets, by name."""
    context = browser.new_context(viewport={"width": width, "height": 760}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(app.base)
    page.get_by_role("button", name="Sign in with X", exact=True).wait_for()
    yield "page", page

    def popup() -> Page:
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Sign in with X", exact=True).click()
        opened.value.get_by_role("button", name="Authorize app").wait_for()
        opened.value.set_viewport_size({"width": width, "height": 720})
        return opened.value

    provider.set(coop="same-origin")
    consent = popup()
    page.get_by_role("button", name="Open it again").wait_for()
    yield "unsure", page
    provider.set(coop=None)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled").wait_for()
    yield "given-up", page
    consent.close()
    consent = popup()
    yield "consent", consent
    consent.get_by_role("button", name="Cancel").click()
    consent.get_by_role("link", name="Return to the app").wait_for()
    yield "cancelled", consent
    consent.get_by_role("link", name="Return to the app").click()
    page.get_by_text("Not signed in").wait_for()
    yield "denied", page
    provider.fault("request_token", "status", status=429, headers={"Retry-After": "1"})
    page.get_by_role("button", name="Sign in with X", exact=True).click()
    page.get_by_text("Too many sign-ins").wait_for()
    yield "busy", page
    page.wait_for_timeout(1_200)
    consent = popup()
    consent.get_by_role("radio", name="@longname").check()
    consent.get_by_role("button", name="Authorize app").click()
    page.get_by_text("@longname", exact=True).wait_for()
    yield "signed-in", page
    alone = context.new_page()
    for name, path in {
        "done": f"/auth/twitter/done?login={'A' * 22}",
        "failed": "/auth/twitter/failed?code=provider_unavailable",
        "another-browser": "/auth/twitter/failed?code=another_browser",
        "not-set-up": "/auth/twitter/failed?code=callback_not_approved",
        "refused": "/auth/twitter/failed?code=foreign_token",
        "errors": "/auth/errors#wrong_host",
    }.items():
        alone.goto(app.base + path)
        if name == "done":
            alone.get_by_text("You can close this window.").wait_for()
        yield name, alone
    alone.goto(app.base.replace("127.0.0.1", "localhost"))
    alone.evaluate(START)
    alone.get_by_role("link", name=f"Open {app.base}/").wait_for()
    yield "wrong-host", alone
    alone.goto(f"{provider.origin}/oauth/authenticate?oauth_token=none")
    yield "no-token", alone
    context.close()


def shoot(
    browser: Browser, app: App, provider: Provider, directory: Path, looks: list[tuple[str, str]] = ALL
) -> list[str]:
    """Write every picture; what is wrong, by picture."""
    faults = []
    provider.reset()
    (first, colours), *_ = looks
    for name, page in pages(browser, app, provider, WIDTHS[first], colours):
        # Every look of a page as it stands. It goes on with the first.
        for width, scheme in [*looks[1:], looks[0]]:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": WIDTHS[width], "height": 760})
            shot = f"{name}-{width}-{scheme}"
            page.screenshot(path=directory / f"{shot}.png", full_page=True)
            faults += [f"{shot}: {fault}" for fault in faults_of(page)]
    return faults


def shoot_all(browser: Browser, directory: Path) -> list[str]:
    """Write a picture of each look; what is wrong, by picture."""
    faults = []
    with demo_of_all() as base:
        for width, scheme, direction in LOOKS:
            page = page_of_all(browser, base, width, scheme, direction)
            shot = f"all-{width}-{scheme}-{direction}"
            page.screenshot(path=directory / f"{shot}.png", full_page=True)
            faults += [f"{shot}: {fault}" for fault in faults_of(page)]
            page.context.close()
    return faults


def main() -> int:
    directory = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="valetkey-shots-"))
    directory.mkdir(parents=True, exist_ok=True)
    with app_and_provider() as (app, provider), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        faults = shoot(browser, app, provider, directory) + shoot_all(browser, directory)
        browser.close()
    print(f"{len(list(directory.glob('*.png')))} pictures in {directory}")
    print("\n".join(faults) or "nothing wrong")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
