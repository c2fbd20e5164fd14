"""A page in a frame. In a frame of another site a cookie of the backend's never arrives: the page says so within
seconds, and with delivery as a token it signs in. localhost and 127.0.0.1 are two sites."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from threading import Event
from typing import Any
from urllib.parse import urlencode

import pytest
from support.engines import ENGINES, Engine, chromium, firefox
from support.rigged import Rig, rigged
from support.waiting import wait_for

from browser.rigs import GO, Tab

# The driver's own list of disabled features has the partitions of storage in it. The last list on the line counts.
PARTITIONED = {
    "chromium": lambda: chromium(arguments=("--disable-features=PaintHolding",)),
    "firefox": firefox,
    "webkit": ENGINES["webkit"],
}


class Framed(Tab):
    """The page at ``inner`` in a frame, and another page around it at ``outer``."""

    def __init__(
        self, engine: Engine, rig: Rig, outer: str = "localhost", inner: str = "127.0.0.1", **query: str
    ) -> None:
        self.engine, self.rig, self.begun = engine, rig, 0
        page = f"{rig.base.replace('127.0.0.1', inner)}/?{urlencode(query)}"
        self.address = f"{rig.base.replace('127.0.0.1', outer)}/frame?{urlencode({'of': page})}"
        self.window = engine.visit(self.address)
        wait_for(lambda: self.value("inner"))

    def go(self, **options: object) -> None:
        assert options == {}, "they are in the address of the frame"
        self.engine.click_in_frame(self.window, GO)
        self.begun += 1

    @property
    def settled(self) -> dict[str, Any] | None:
        """Of the newest sign-in. What the frame says of itself comes later than the click."""
        return super().settled if self.value("inner.begun") == self.begun else None

    def value(self, expression: str) -> Any:
        return super().value(expression.replace("window.", "inner.") if "window." in expression else expression)

    def run_in_frame(self, script: str) -> None:
        self.run(f"document.querySelector('#frame').contentWindow.postMessage({{ run: {json.dumps(script)} }}, '*')")

    @property
    def seen(self) -> str | None:
        """What the frame finds in its storage."""
        found = self.value("inner")
        return found["seen"] if found else None


@pytest.fixture(scope="module")
def rigs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Rig]]:
    with ExitStack() as stack:
        token = {"delivery": "token", "relay": "LOCALHOST/relay.html", "origins": ["LOCALHOST"]}
        yield {
            name: stack.enter_context(rigged(tmp_path_factory.mktemp(name), start_limit=None, **more))
            for name, more in {"cookie": {}, "token": token}.items()
        }


@pytest.fixture(scope="module", params=list(PARTITIONED))
def browser(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with PARTITIONED[request.param]() as engine:
        yield engine


@pytest.fixture
def engine(browser: Engine, rigs: dict[str, Rig]) -> Iterator[Engine]:
    for rig in rigs.values():
        rig.reset()
    yield browser
    for rig in rigs.values():
        with suppress(AssertionError):
            browser.forget(rig.base)


def live_sessions(rig: Rig) -> int:
    return int(rig.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")[0][0])


@pytest.mark.parametrize("coop", [None, "same-origin"], ids=["in touch", "cut off"])
def test_a_cookie_in_a_frame_of_another_site(engine: Engine, rigs: dict[str, Rig], coop: str | None) -> None:
    """Said before the user has approved. The control: the frame does not have the storage of a tab at its origin."""
    rig = rigs["cookie"]
    rig.provider.set(coop=coop)
    top = Tab(engine, rig)
    top.run("localStorage.seen = 'by the tab'")
    tab = Framed(engine, rig)
    assert tab.seen is None
    before = live_sessions(rig)
    popup = tab.consent()
    error = tab.error(12)
    assert error["code"] == "third_party_context"
    assert "VALETKEY_DELIVERY=token" in error["hint"]
    assert "VALETKEY_RELAY" in error["hint"]
    assert len([one for one in tab.value("inner.warned") if one.startswith("[valetkey] third_party_context")]) == 1
    assert tab.value("location.href") == tab.address
    # A user who goes on all the same, and clicks again, has one session and no more.
    tab.approve(popup)
    wait_for(lambda: live_sessions(rig) == before + 1)
    wait_for(lambda: tab.value("inner") and popup not in engine.windows())
    tab.go()  # the provider remembers the approval, so that this window comes and goes
    assert tab.error(12)["code"] == "third_party_context"
    wait_for(lambda: len(rig.provider.exchanges) == 2)
    wait_for(lambda: tab.value("inner") and all(one in (top.window, tab.window) for one in engine.windows()))
    assert live_sessions(rig) == before + 1


def test_a_frame_of_the_same_site(engine: Engine, rigs: dict[str, Rig]) -> None:
    """The control: there the cookie arrives, and the storage is that of the tab."""
    rig = rigs["cookie"]
    Tab(engine, rig).run("localStorage.seen = 'by the tab'")
    tab = Framed(engine, rig, "127.0.0.1")
    wait_for(lambda: tab.seen == "by the tab")
    popup = tab.consent()
    asked = rig.app.asked.count("POST /auth/session")
    wait_for(lambda: rig.app.asked.count("POST /auth/session") > asked + 1)  # of a login that waits at the provider
    tab.approve(popup)
    assert tab.outcome() == {"handle": "ada"}


def test_a_slow_start_is_no_third_party(engine: Engine, rigs: dict[str, Rig]) -> None:
    """The backend does not know a login whose start it has not answered. The window is still blank then."""
    rig = rigs["cookie"]
    answered = rig.app.held["POST /auth/twitter"] = Event()
    tab = Framed(engine, rig, "127.0.0.1", before="steered")
    popup = tab.popup()
    wait_for(lambda: tab.states)
    tab.run_in_frame("pass(8)")
    wait_for(lambda: tab.states == ["opened", "stalled"])
    answered.set()
    tab.at_consent(popup)
    assert {*tab.states[2:]} <= {"opened"}  # where a question meets the answer while the time passes
    tab.approve(popup)
    tab.run_in_frame("setTimeout(() => pass(60), 500)")
    assert tab.outcome() == {"handle": "ada"}


def test_a_frame_is_never_navigated_away(engine: Engine, rigs: dict[str, Rig]) -> None:
    for host in ("localhost", "127.0.0.1"):
        tab = Framed(engine, rigs["cookie"], host, before="no window")
        tab.go()
        assert tab.error()["code"] == "popup_blocked"
    assert "POST /auth/twitter" not in rigs["cookie"].app.asked


def test_a_token_in_a_frame_of_another_site(engine: Engine, rigs: dict[str, Rig]) -> None:
    rig = rigs["token"]
    tab = Framed(engine, rig, "127.0.0.1", "localhost", module=f"{rig.base}/auth/token.js")
    tab.approve(tab.consent())
    assert tab.outcome(15) == {"handle": "ada"}


def test_a_token_that_cannot_reach_the_frame(engine: Engine, rigs: dict[str, Rig]) -> None:
    """The provider cuts the popup off, and nothing leads from it into the frame: said within seconds."""
    rig = rigs["token"]
    rig.provider.set(coop="same-origin")
    tab = Framed(engine, rig, "127.0.0.1", "localhost", module=f"{rig.base}/auth/token.js")
    tab.approve(tab.consent())
    assert tab.error(15)["code"] == "interrupted"
