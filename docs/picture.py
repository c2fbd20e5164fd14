"""The README's picture, from the running demo: ``./run picture``. Page and popup as they are, one over the other."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.servers import app_and_provider

ROOT = Path(__file__).parents[1]
FRAME = """<!doctype html><style>
body { margin: 0; width: 1240px; height: 700px; background: #dbe3ea }
img { position: absolute; border-radius: 12px; box-shadow: 0 12px 40px #0004; border: 1px solid #0002 }
</style><img src="data:image/png;base64,%s" style="left:40px;top:40px;width:860px">
<img src="data:image/png;base64,%s" style="left:780px;top:150px;width:410px">"""


def pictures(browser: Browser, base: str) -> list[str]:
    context = browser.new_context(viewport={"width": 1000, "height": 700}, device_scale_factor=2)
    page = context.new_page()
    page.goto(base)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup = opened.value
    popup.set_viewport_size({"width": 520, "height": 620})
    popup.get_by_role("button", name="Authorize app").wait_for()
    page.wait_for_timeout(300)
    return [base64.b64encode(one.screenshot(animations="disabled")).decode() for one in (page, popup)]


def main() -> None:
    target = ROOT / "docs" / "sign-in.png"
    with app_and_provider() as (app, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        frame = browser.new_page(viewport={"width": 1240, "height": 700})
        frame.set_content(FRAME % tuple(pictures(browser, app.base)))
        frame.screenshot(path=target)
        browser.close()
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
