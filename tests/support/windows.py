"""Windows of a browser that close by themselves."""

from __future__ import annotations

from playwright.sync_api import Page


def wait_until_closed(window: Page, seconds: float = 6.0) -> None:
    """Wait until Playwright hears that the window is closed. The page that opened it may know it earlier."""
    if not window.is_closed():
        window.wait_for_event("close", timeout=seconds * 1000)
