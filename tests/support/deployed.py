"""Plays deployments: real servers, and one browser that signs in at each, from a click on a page of the app.

While the browser is at one of them, the next ones start.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from frameworks.cells import APPS, CellApp
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as BrowserError

from . import SOURCES
from .browser import Answer
from .deployments import Deployment
from .mounted import MountedBrowser
from .mounts_wsgi import running
from .servers import SECRET, Provider

CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SECONDS = 30.0  # for anything that a loaded machine is slow at
# What stops a start; what an app without a start says at its first request; and what it says of what is missing in it.
SENTENCE = re.compile(
    r"(?:SettingsError: settings: |ImproperlyConfigured: |\(valetkey\.E\d+\) |sign-in does not work in this app: "
    r"|(?=this app asks who is signed in, and )|(?=SignIn\(\) ))(\S.+)"
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a deployment ended: signed in, or with a sentence in its log. Neither of the two is a fault."""

    is_signed_in: bool = False
    sentence: str = ""
    log: str = ""


class Started:
    """An app under its server. It may have stopped at its start, or its server may have started without it."""

    browser: MountedBrowser | None = None
    app: CellApp | None = None
    said = ""

    def __init__(self, deployment: Deployment, provider: Provider) -> None:
        self.deployment = deployment
        self._stack = ExitStack()
        try:
            directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
            if deployment.mounted.framework == "django":
                shutil.copy(_migrated(), directory / "django.db")
            self.browser, _, self.app = self._stack.enter_context(running(deployment.mounted, directory, provider))
        except RuntimeError as stopped:
            self.said = str(stopped)

    @property
    def log(self) -> str:
        return self.said or (self.app.server.log if self.app else "")

    @property
    def sentence(self) -> str:
        found = SENTENCE.search(self.log)
        return _without_what_differs(found[1]) if found else ""

    def get(self, path: str) -> Answer | None:
        """As soon as it answers, or None if it has ended. A server may listen before it has its app."""
        assert self.browser is not None
        assert self.app is not None
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                return self.browser.request("GET", path, timeout=5)
            except (OSError, HTTPException):
                if self.app.server.process.poll() is not None:  # type: ignore[attr-defined]
                    return None
                time.sleep(0.05)
        return None

    def stop(self) -> None:
        self._stack.close()


def play(
    deployments: Iterable[Deployment], chromium: Browser, provider: Provider, *, at_once: int = 2
) -> Iterator[tuple[Deployment, Outcome]]:
    """Each deployment and its outcome, in their order."""
    deployments = list(deployments)
    if any(one.mounted.framework == "django" for one in deployments):
        _migrated()
    with ThreadPoolExecutor(at_once) as starting, ThreadPoolExecutor(at_once) as stopping:
        waiting: deque[Future[Started]] = deque()
        try:
            for number in range(len(deployments) + at_once):
                if number < len(deployments):
                    waiting.append(starting.submit(Started, deployments[number], provider))
                if number >= at_once and waiting:
                    started = waiting[0].result()
                    outcome = outcome_of(started, chromium)
                    stopping.submit(waiting.popleft().result().stop)
                    yield started.deployment, outcome
        finally:  # those that were started and are not played
            for one in waiting:
                one.result().stop()


def outcome_of(started: Started, chromium: Browser) -> Outcome:
    """What a user at a browser sees, or else what the app's log says to its developer."""
    browser = started.browser
    if browser is None:
        return Outcome(sentence=started.sentence, log=started.log)
    page = started.get(f"{browser.mount}/page")
    module = started.get(browser.at("/auth/client.js")) if page else None
    if module is not None and (module.header("content-type") or "").startswith("text/javascript"):
        try:
            sign_in(chromium, started)
            assert "Traceback" not in started.log
        except (AssertionError, BrowserError) as fault:
            return Outcome(sentence=started.sentence, log=f"{fault}\n{started.log}")
        return Outcome(is_signed_in=True, log=started.log)
    if page is not None:
        browser.me()  # the page asks who is signed in
    _until(lambda: bool(started.sentence), 5.0)
    return Outcome(sentence=started.sentence, log=started.log)


def sign_in(chromium: Browser, started: Started) -> None:
    """From the click to the page, and once more after a reload. No request leaves the path of the app."""
    client, deployment = started.browser, started.deployment
    assert client is not None
    with chromium.new_context() as context:
        context.set_default_timeout(SECONDS * 1000)
        requests: list[str] = []
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        page.goto(f"{client.base}{client.mount}/page")
        _shows(page, "nobody")
        with page.expect_popup() as popup:
            page.get_by_role("button", name="Sign in with X", exact=True).first.click()
        popup.value.get_by_role("button", name="Authorize app").click(no_wait_after=True)
        _shows(page, "ada")
        page.reload()
        _shows(page, "ada")
        if deployment.mount in ("server's path", "sub-app"):
            _looks_around(page, client, deployment)
        asked = {urlsplit(one).path for one in requests if one.startswith(f"{client.base}/")}
        assert [one for one in asked if not one.startswith(f"{client.mount}/")] == ["/favicon.ico"] * (
            "/favicon.ico" in asked and client.mount != ""
        )


def _looks_around(page: Page, client: MountedBrowser, deployment: Deployment) -> None:
    """What else writes addresses: the account panel, and the page of an error with its style and links."""
    seconds = SECONDS * 1000
    if deployment.framework == "Flask":
        expect(page.get_by_role("listitem").filter(has_text="@ada").first).to_be_visible(timeout=seconds)
        page.get_by_role("button", name="Sign out", exact=True).first.click()
        _shows(page, "nobody")
    page.goto(f"{client.base}{client.at('/auth/twitter/failed')}?code=callback_not_approved")
    page.locator(f"a[href='{client.at('/auth/errors')}#callback_not_approved']").click()
    expect(page.locator("#callback_not_approved")).to_be_visible(timeout=seconds)


def _shows(page: Page, handle: str) -> None:
    expect(page.locator("#who")).to_have_text(handle, timeout=SECONDS * 1000)


def _until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def _without_what_differs(sentence: str) -> str:
    """Without the ports of this run, and without how often the log has left the sentence out."""
    sentence = re.sub(r" \(\d+ more since the last such line\)$", "", sentence.strip())
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8000", sentence)


@cache
def _migrated() -> Path:
    """A database of Django's, as everybody has it before a server starts."""
    directory = Path(tempfile.mkdtemp(prefix="valetkey-table-"))
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": SOURCES,
        "DJANGO_SETTINGS_MODULE": "django_app.settings",
        "TWITTER_CONSUMER_KEY": "key",
        "TWITTER_CONSUMER_SECRET": "secret",
        "VALETKEY_URL": "http://127.0.0.1:8000",
        "VALETKEY_SECRET": SECRET,
        "VALETKEY_DATABASE": f"sqlite:///{directory}/app.db",
    }
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=APPS, env=env, check=True)
    return directory / "django.db"
