"""Every page a person meets fits 320 px and passes axe, wide and narrow, light and dark."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser
from support.servers import App, Provider

from browser.shots import PAIRS, shoot


def test_every_page(chromium: Browser, app: App, provider: Provider, tmp_path: Path) -> None:
    assert shoot(chromium, app, provider, tmp_path, PAIRS) == []
    assert len(list(tmp_path.glob("*.png"))) == 16 * len(PAIRS)


def test_axe_finds_what_is_wrong(chromium: Browser) -> None:
    """The control: a page with faults has them found."""
    from browser.shots import faults_of

    page = chromium.new_page(viewport={"width": 320, "height": 600})
    page.set_content("<img src='x'><div style='width:500px'>wide</div><button></button>")
    faults = faults_of(page)
    page.close()
    assert any("wide in" in fault for fault in faults)
    assert any("axe" in fault for fault in faults)
