"""What README.md, docs/flask.md and docs/django.md show, pasted into a new app: its page signs in through the popup and
shows who is signed in, with nothing else written."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect
from support.servers import free_port
from support.waiting import wait_for
from support.written import blocks_of

from valetkey.testing import Sandbox

Run = Callable[..., None]


def fastapi(directory: Path, run: Run, port: int) -> list[str]:
    blocks = blocks_of("README.md")
    (directory / "app.py").write_text(blocks["fastapi"])
    (directory / "index.html").write_text(blocks["index.html"])
    return ["uvicorn", "app:app", "--port", str(port)]


def flask(directory: Path, run: Run, port: int) -> list[str]:
    blocks = blocks_of("docs/flask.md")
    (directory / "app.py").write_text(blocks["app.py"])
    (directory / "templates").mkdir()
    (directory / "templates" / "index.html").write_text(blocks["index.html"])
    return ["flask", "run", "--port", str(port)]


def django(directory: Path, run: Run, port: int) -> list[str]:
    blocks = blocks_of("docs/django.md")
    run("-m", "django", "startproject", "project", ".")
    for name in ("settings", "urls"):
        with (directory / "project" / f"{name}.py").open("a") as file:
            file.write(blocks[name] + blocks[f"page-{name}"])
    (directory / "templates").mkdir()
    (directory / "templates" / "index.html").write_text(blocks["template"])
    run("manage.py", "migrate", "--verbosity", "0")
    return ["django", "runserver", "--noreload", "--settings", "project.settings", f"127.0.0.1:{port}"]


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture(params=[fastapi, flask, django], ids=lambda one: one.__name__)
def address(request: pytest.FixtureRequest, valetkey_sandbox: Sandbox, tmp_path: Path) -> Iterator[str]:
    """The app, started in its directory with the variables of the sandbox."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", ""))),
        **valetkey_sandbox.environment_for("twitter", "google"),
        "VALETKEY_URL": base,
        "VALETKEY_DATABASE": f"sqlite:///{tmp_path}/valetkey.db",
    }

    def run(*command: str) -> None:
        subprocess.run([sys.executable, *command], cwd=tmp_path, env=env, check=True, capture_output=True)

    command = request.param(tmp_path, run, port)
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=tmp_path, env=env, stdout=log, stderr=log)
    try:
        wait_for(lambda: process.poll() is not None or listens(port), seconds=20)
        assert process.poll() is None, (tmp_path / "log").read_text()
        yield base
    finally:
        process.terminate()
        process.wait(10)


def test_it_shows_who_is_signed_in(address: str, profile: BrowserContext) -> None:
    page = profile.new_page()
    page.goto(address)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Sign in with X", exact=True).click()
    popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
    expect(page.get_by_text("@ada", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with X", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.get_by_role("button", name="Sign in with X", exact=True).wait_for()
