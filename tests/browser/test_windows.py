"""The popup, the ways out of a sign-in, what comes first after it, and a backend that is away for a while."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from support.engines import BUTTON, SHOWN, Engine, chromium
from support.rigged import Rig
from support.servers import app_and_provider
from support.waiting import wait_for

from browser.rigs import Tab, rig  # noqa: F401  # a fixture

STATUS = "return document.querySelector('sign-in-button').shadowRoot.querySelector('[role=status]').textContent"


@pytest.fixture(scope="module")
def browser() -> Iterator[Engine]:
    """The driver switches the cache of pages off that Back takes them from."""
    with chromium(without=("--disable-back-forward-cache",)) as engine:
        yield engine


@pytest.fixture
def engine(browser: Engine, rig: Rig) -> Iterator[Engine]:
    rig.reset()
    yield browser
    rig.app.reset()
    browser.forget(rig.base)


def test_in_the_middle_of_its_page(engine: Engine, rig: Rig) -> None:
    """In its own size, and in the one that the page asks for."""
    tab = Tab(engine, rig)
    tab.run("const real = open; window.open = (...words) => { window.opened = words; return real(...words) }")
    for size in ({}, {"width": 480, "height": 640}):
        tab.popup(**size)
        address, _, features = tab.value("window.opened")
        assert address == "about:blank"
        at = {key: value for key, _, value in (one.partition("=") for one in features.split(","))}
        width, height = size.get("width", 600), size.get("height", 720)
        assert (at["width"], at["height"]) == (str(width), str(height))
        assert float(at["left"]) == tab.value(f"screenX + (outerWidth - {width}) / 2")
        assert float(at["top"]) == tab.value(f"screenY + (outerHeight - {height}) / 2")
        tab.run("controls.cancel()")
        tab.error()


def test_continued_in_this_tab(engine: Engine, rig: Rig) -> None:
    """From a popup that was cut off, which stays where it is."""
    rig.provider.set(coop="same-origin")
    tab = Tab(engine, rig)
    popup = tab.consent()
    wait_for(lambda: "unsure" in tab.states)
    tab.run("controls.continueHere()")
    tab.at_consent(tab.window)
    assert popup in engine.windows()
    tab.approve(tab.window)
    wait_for(lambda: tab.value("location.href") == tab.address)
    wait_for(lambda: tab.value("window.found") == "ada")
    assert popup in engine.windows()


def test_what_comes_first(engine: Engine, rig: Rig) -> None:
    """The promise, then the listeners of the session, then the page goes to `next`."""
    tab = Tab(engine, rig)
    tab.run(
        """window.order = [];
        valetkey.onSession((session) => session && order.push("listener"));
        addEventListener("pagehide", () => { sessionStorage.order = JSON.stringify([...order, "next"]) });
        const next = "/?arrived=1#there";
        go.onclick = () => valetkey.signIn("twitter", { next }).then(() => order.push("promise"))"""
    )
    tab.approve(tab.consent())
    wait_for(lambda: tab.value("location.href") == f"{rig.base}/?arrived=1#there")
    assert json.loads(tab.value("sessionStorage.order")) == ["promise", "listener", "next"]
    # Revoked elsewhere: the page learns of it when it asks next, and so do its listeners.
    wait_for(lambda: tab.value("window.found") == "ada")
    (account,) = rig.app.blocking.accounts
    rig.app.blocking.sessions.revoke_all(account.id)
    tab.run("valetkey.session().then((session) => { window.asked = String(session) })")
    wait_for(lambda: tab.value("window.asked") == "null")
    wait_for(lambda: tab.run("return window.found === null"))


def test_back_out_of_this_tab(engine: Engine, rig: Rig) -> None:
    """The browser kept the page as it was. Its sign-in is cancelled, and no window is said to be gone."""
    tab = Tab(engine, rig)
    tab.run("addEventListener('pageshow', ({ persisted }) => { window.persisted = persisted })")
    tab.go(mode="page")
    tab.at_consent(tab.window)
    tab.run("history.back()")
    wait_for(lambda: tab.value("window.persisted") is True)
    assert tab.error()["code"] == "cancelled"
    assert tab.states == ["leaving"]


def test_the_backend_is_away(engine: Engine) -> None:
    """It goes once the button is there. The page stays as it is, and when the backend is back a click signs in."""
    with app_and_provider() as (app, _):
        window = engine.open(app.base)
        wait_for(lambda: engine.run(window, SHOWN))
        engine.run(window, "addEventListener('signinerror', ({ detail }) => { window.told = detail.code })")
        app.stop()
        engine.click(window, BUTTON)
        wait_for(lambda: len(engine.windows()) == 2)
        assert "Continue in the new window" in (engine.run(window, STATUS) or "")
        app.start()
        wait_for(lambda: "Continue" not in (engine.run(window, STATUS) or "Continue"), 20)
        assert engine.run(window, "return window.told ?? null") is None
        engine.click(window, BUTTON)
        consent = "return document.querySelectorAll('input[type=radio]').length > 0"
        popup = wait_for(lambda: [one for one in engine.windows() if one != window and engine.run(one, consent)])[0]
        engine.click(popup, "return document.querySelector('form button')")
        wait_for(lambda: "@ada" in engine.run(window, "return document.body.innerText"))
        engine.forget(app.base)
