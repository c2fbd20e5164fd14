"""Every example runs as ``./run example NAME`` runs it, says that the sandbox stands in for X, and signs in; also where
the provider cuts the popup off."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect
from support.servers import free_port
from support.waiting import wait_for

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(file.parent.name for file in EXAMPLES.glob("*/app.py"))
DEV_SERVED = "svelte"  # one of those whose page has a build of its own; test_example_apps has the others


@contextmanager
def running(name: str) -> Iterator[tuple[str, list[str]]]:
    """Its address, and what it has said."""
    port = free_port() if not (EXAMPLES / name / "site").is_dir() else two_free_ports()
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    command = [sys.executable, str(EXAMPLES / "serve.py"), name, "--port", str(port), "--page-port", str(free_port())]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, cwd=EXAMPLES.parent
    )
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Ready "):
            break
    rest = threading.Thread(target=lambda: said.extend(process.stdout or ()))
    rest.start()
    try:
        yield said[-1].split()[1], said
    finally:
        process.terminate()
        process.wait(15)
        rest.join(5)
        process.stdout.close()


def two_free_ports() -> int:
    """The first of two that follow each other."""
    while True:
        port = free_port()
        with suppress(OSError), socket.create_server(("127.0.0.1", port + 1)):
            return port


WHOLE = "classic"  # the one whose page is not of the module's making


@pytest.mark.parametrize(
    ("name", "coop"),
    [*((name, "same-origin") for name in (*NAMES, DEV_SERVED)), (WHOLE, None)],
    ids=lambda value: str(value or "whole"),
)
def test_it_signs_in(chromium: Browser, name: str, coop: str | None) -> None:
    with running(name) as (address, said):
        text = "".join(said)
        assert "sandbox stands in for X" in text
        (sandbox,) = re.findall(r"at (http://localhost:\d+)", text)
        turn(sandbox, coop)
        context = chromium.new_context()
        context.set_default_timeout(8_000)
        page = context.new_page()
        page.goto(address)
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with X").click()
        popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
        expect(page.get_by_text("@ada", exact=True)).to_be_visible()
        expect(page.get_by_label("Answer of GET /api/me")).to_contain_text('"handle": "ada"')
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in with X")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Answer of GET /api/me")).to_contain_text("not signed in")
        context.close()


@pytest.mark.parametrize("name", ["starlette", "two-sites", WHOLE, DEV_SERVED])
def test_an_answer_that_comes_late(chromium: Browser, name: str) -> None:
    """The page asked before the sign-in what its backend answers, and hears it afterwards."""
    with running(name) as (address, _):
        context = chromium.new_context()
        context.set_default_timeout(8_000)
        held: list[Route] = []
        context.route("**/api/me", lambda route: route.continue_() if held else held.append(route))
        page = context.new_page()
        page.goto(address)
        wait_for(lambda: page.wait_for_timeout(10) or held)
        late = held[0].fetch()
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with X").click()
        popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
        answer = page.get_by_label("Answer of GET /api/me")
        expect(answer).to_contain_text('"handle": "ada"')
        with page.expect_event("requestfinished", lambda request: request == held[0].request):
            held[0].fulfill(response=late)
        page.wait_for_timeout(100)
        expect(answer).to_contain_text('"handle": "ada"')
        context.close()


def turn(sandbox: str, coop: str | None) -> None:
    request = urllib.request.Request(
        f"{sandbox}/__sandbox__/settings",
        method="PATCH",
        data=json.dumps({"coop": coop}).encode(),
        headers={"X-Sandbox-Control": "1", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10):
        pass
