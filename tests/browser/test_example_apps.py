"""The examples with React, Next, Vue and Svelte: each builds with its types checked, and signs in at its dev server and
in its production build, where the provider cuts the popup off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.example_apps import backend, built, built_next, page_server
from support.servers import free_port

from valetkey.testing.sandbox import SandboxSettings, running

APPS = ("react-vite", "next", "vue", "svelte")
ANSWER = "Answer of GET /api/me"


@pytest.fixture(scope="module")
def port() -> int:
    """Of each page in turn: the sandbox knows the callback URLs of one address."""
    return free_port()


@pytest.fixture(scope="module")
def sandbox(port: int) -> Iterator[SandboxSettings]:
    callbacks = [f"http://127.0.0.1:{port}/auth/{name}" for name in ("google", "github", "twitter")]
    with running(SandboxSettings(callbacks=callbacks, coop="same-origin")) as settings:
        yield settings


@pytest.fixture
def faults() -> list[str]:
    """What the page's console says that it should not."""
    return []


@pytest.fixture
def page(chromium: Browser, faults: list[str]) -> Iterator[Page]:
    context = chromium.new_context()
    context.set_default_timeout(10_000)
    opened = context.new_page()
    # A request that is answered 401, or not at all, is an error for the browser's console.
    opened.on("console", lambda said: said.type in ("error", "warning") and faults.append(said.text))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()


def signs_in_and_out(page: Page) -> None:
    expect(page.get_by_label(ANSWER)).to_contain_text("not_signed_in")
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X").click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Ada Example")).to_be_visible()
    expect(page.get_by_label(ANSWER)).to_contain_text('"handle": "ada"')
    page.wait_for_function("() => document.querySelector('img').naturalWidth > 0")
    if not popup.value.is_closed():
        popup.value.wait_for_event("close")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with X")).to_be_visible()
    expect(page.get_by_label(ANSWER)).to_contain_text("not_signed_in")


@pytest.mark.parametrize("name", APPS)
def test_at_its_dev_server(
    name: str, page: Page, faults: list[str], port: int, sandbox: SandboxSettings, tmp_path: Path
) -> None:
    site, behind = f"http://127.0.0.1:{port}", free_port()
    with (
        backend(sandbox, site, behind, tmp_path / "app.db"),
        page_server(name, "dev", port, f"http://127.0.0.1:{behind}"),
    ):
        page.goto(site)
        signs_in_and_out(page)
    assert [one for one in faults if "401" not in one] == []


@pytest.mark.parametrize("name", APPS)
def test_its_production_build(
    name: str, page: Page, faults: list[str], port: int, sandbox: SandboxSettings, tmp_path: Path
) -> None:
    site, behind = f"http://127.0.0.1:{port}", free_port()
    with ExitStack() as stack:
        if name == "next":
            copy = stack.enter_context(built_next(f"http://127.0.0.1:{behind}"))
            stack.enter_context(backend(sandbox, site, behind, tmp_path / "app.db"))
            stack.enter_context(page_server(name, "start", port, "", copy))
        else:
            stack.enter_context(backend(sandbox, site, port, tmp_path / "app.db", page=built(name)))
        page.goto(site)
        signs_in_and_out(page)
    assert [one for one in faults if "401" not in one] == []
