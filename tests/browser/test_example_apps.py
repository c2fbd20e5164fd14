"""The examples with React, Next, Vue and Svelte: each builds with its types checked, and signs in at its dev server and
in its production build, where the provider cuts the popup off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Response, expect
from support.example_apps import EXAMPLES, backend, built, built_next, page_server
from support.servers import free_port
from support.windows import wait_until_closed

from valetkey.testing.sandbox import SandboxSettings, running

ANSWER = "Answer of GET /api/me"
X = re.compile("^Sign in with (X|twitter)$")  # its name, until the backend has said its title


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
    def hear(said: ConsoleMessage) -> None:
        # That nobody is signed in is no fault: 401 is the answer to the protected call.
        if said.type in ("error", "warning") and not said.location["url"].endswith("/api/me"):
            faults.append(said.text)

    context = chromium.new_context()
    context.set_default_timeout(10_000)
    opened = context.new_page()
    opened.on("console", hear)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()


def sign_in(page: Page) -> list[Response]:
    """What the popup has loaded."""
    loaded: list[Response] = []
    with page.expect_popup() as popup:
        page.get_by_role("button", name=X).click()
    popup.value.on("response", lambda one: loaded.append(one))
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Ada Example")).to_be_visible()
    expect(page.get_by_label(ANSWER)).to_contain_text('"handle": "ada"')
    page.wait_for_function("() => document.querySelector('img').naturalWidth > 0")
    wait_until_closed(popup.value)
    return loaded


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in with X")).to_be_visible()
    expect(page.get_by_label(ANSWER)).to_contain_text("not_signed_in")


def sign_in_and_out(page: Page) -> None:
    expect(page.get_by_label(ANSWER)).to_contain_text("not_signed_in")
    sign_in(page)
    sign_out(page)


def test_the_pages_look_alike() -> None:
    """Each example can be copied by itself, so each has these files; they are the same everywhere."""
    for file in ("page.css", "me.ts"):
        copies = {
            (EXAMPLES / name / file).read_bytes() for name in ("react-vite/src", "next/app", "vue/src", "svelte/src")
        }
        assert len(copies) == 1, file


@pytest.mark.parametrize("name", ["react-vite", "next", "vue"])  # test_examples has Svelte's
def test_at_its_dev_server(
    name: str, page: Page, faults: list[str], port: int, sandbox: SandboxSettings, tmp_path: Path
) -> None:
    site, behind = f"http://127.0.0.1:{port}", free_port()
    with (
        backend(sandbox, site, behind, tmp_path / "app.db"),
        page_server(name, "dev", port, f"http://127.0.0.1:{behind}"),
    ):
        page.goto(site, timeout=60_000)  # a dev server compiles what it is first asked for
        sign_in_and_out(page)
    assert faults == []


@pytest.mark.parametrize("name", ["vue", "svelte"])
def test_built_and_served_by_the_backend(
    name: str, page: Page, faults: list[str], port: int, sandbox: SandboxSettings, tmp_path: Path
) -> None:
    site = f"http://127.0.0.1:{port}"
    with backend(sandbox, site, port, tmp_path / "app.db", page=built(name)):
        page.goto(site)
        sign_in_and_out(page)
    assert faults == []


def test_built_and_served_by_next(
    page: Page, faults: list[str], port: int, sandbox: SandboxSettings, tmp_path: Path
) -> None:
    site, behind = f"http://127.0.0.1:{port}", free_port()
    with (
        built_next(f"http://127.0.0.1:{behind}") as copy,
        backend(sandbox, site, behind, tmp_path / "app.db"),
        page_server("next", "start", port, "", copy),
    ):
        page.goto(site)
        sign_in_and_out(page)
    assert faults == []


def test_built_with_a_service_worker_and_a_backend_that_is_away(
    page: Page, port: int, sandbox: SandboxSettings, tmp_path: Path
) -> None:
    """The worker serves the page while the backend is away. When it is back, a click signs in, without a reload; and
    the worker answers the callback, too."""
    site, database, dist = f"http://127.0.0.1:{port}", tmp_path / "app.db", built("react-vite")
    broken: list[Error] = []
    page.on("pageerror", lambda error: broken.append(error))
    with backend(sandbox, site, port, database, page=dist):
        page.goto(site)
        page.evaluate("async () => { await navigator.serviceWorker.ready }")
    page.reload()
    expect(page.get_by_role("heading", name="Sign in, and stay on the page")).to_be_visible()
    expect(page.get_by_label(ANSWER)).to_contain_text("The backend does not answer.")
    expect(page.get_by_role("alert")).to_contain_text("network")
    with backend(sandbox, site, port, database, page=dist):
        loaded = sign_in(page)
        expect(page.get_by_role("alert")).to_have_count(0)
        sign_out(page)
    callback = [one for one in loaded if one.url.startswith(f"{site}/auth/twitter?")]
    assert callback
    assert callback[0].from_service_worker
    assert broken == []
