"""Windows of a browser that close by themselves."""

from __future__ import annotations

from typing import Literal

from playwright.sync_api import Error, Page


def wait_until_closed(window: Page, seconds: float = 6.0) -> None:
    """Wait until Playwright hears that the window is closed. The page that opened it may know it earlier."""
    if not window.is_closed():
        window.wait_for_event("close", timeout=seconds * 1000)


def press_last(window: Page, name: str, role: Literal["button", "link"] = "button") -> None:
    """Press what leads to the window's end. It may be gone before the driver hears that it was pressed."""
    try:
        window.get_by_role(role, name=name).click(no_wait_after=True)
    except Error:
        wait_until_closed(window)
