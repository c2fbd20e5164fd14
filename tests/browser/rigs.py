"""A page with a button of its own, at a rigged app, in any of the three engines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from support.engines import Engine, Gone
from support.lender import Lender, Started
from support.rigged import Rig, rigged
from support.waiting import wait_for

GO = "return document.querySelector('#go')"
CONSENT = "return document.querySelectorAll('input[type=radio]').length > 0"


class Tab:
    """A tab with the page, and the sign-in that it begins."""

    def __init__(self, engine: Engine, rig: Rig, base: str = "", **query: str) -> None:
        self.engine, self.rig = engine, rig
        self.address = f"{base or rig.base}/?{urlencode(query)}"
        self.window = engine.visit(self.address)
        wait_for(lambda: self.value("window.valetkey") is not None)

    def run(self, script: str) -> Any:
        return self.engine.run(self.window, script)

    def value(self, expression: str) -> Any:
        return self.run(f"return JSON.parse(JSON.stringify({expression} ?? null))")

    def go(self, **options: object) -> None:
        """Click. ``options`` are those of the sign-in."""
        self.run(f"window.options = {json.dumps(options)}")
        self.engine.click(self.window, GO)

    def popup(self, **options: object) -> Any:
        before = self.engine.windows()
        self.go(**options)
        return wait_for(lambda: [one for one in self.engine.windows() if one not in before])[0]

    def consent(self, **options: object) -> Any:
        popup = self.popup(**options)
        self.at_consent(popup)
        return popup

    def at_consent(self, window: Any) -> None:
        # A window that is not in front may be given its timers late.
        try:
            wait_for(lambda: self.engine.run(window, CONSENT), 45)
        except AssertionError:
            shows = self.engine.run(window, "return [location.href, document.readyState, document.body?.innerText]")
            raise AssertionError(f"it shows {shows}, and the app was asked {self.rig.app.asked[-6:]}") from None

    def press_in(self, window: Any, words: str) -> None:
        """The button or link with these words. The window may close before the script has returned."""
        found = f"[...document.querySelectorAll('button, a')].find((one) => one.textContent.includes('{words}'))"
        wait_for(lambda: self.engine.run(window, f"return {found} !== undefined"))
        with suppress(Gone):
            self.engine.run(window, f"{found}.click()")

    def approve(self, window: Any) -> None:
        self.press_in(window, "Authorize")

    @property
    def states(self) -> list[str]:
        return list(self.value("window.states") or [])

    @property
    def settled(self) -> dict[str, Any] | None:
        found = self.value("window.settled")
        return found if isinstance(found, dict) else None

    def outcome(self, seconds: float = 10.0) -> dict[str, Any]:
        return dict(wait_for(lambda: self.settled, seconds))

    def error(self, seconds: float = 10.0) -> dict[str, Any]:
        """What it rejects with: an error of ours, with its sentence and its hint, and nothing thrown."""
        error = self.outcome(seconds)
        assert error.get("ours"), error
        assert error["name"] == "SignInError"
        assert error["message"].endswith("."), error
        assert isinstance(error["hint"], str)
        assert self.value("window.faults") == []
        return error

    def warnings(self) -> list[str]:
        return [one for one in self.value("warned") or [] if one.startswith("[valetkey]")]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rigged(tmp_path_factory.mktemp("rigged"), start_limit=None, origins=["LOCALHOST"]) as started:
        yield started


@pytest.fixture(scope="module", params=["chromium", "firefox", "webkit"])
def started(request: pytest.FixtureRequest, lender: Lender) -> Iterator[Started]:
    with lender.lend(request.param) as running:
        yield running


@pytest.fixture
def engine(started: Started, rig: Rig) -> Iterator[Engine]:
    rig.reset()
    yield started.engine
    rig.app.reset()
    started.engine.forget(rig.base)
