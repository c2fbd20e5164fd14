"""Whatever the page, the browser or its settings lack: nothing throws, every promise settles, and where it can the
sign-in lands. In three engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.engines import BUTTON, Engine, firefox
from support.rigged import Answer, Rig
from support.waiting import wait_for

from browser.rigs import Tab, engine, rig, started  # noqa: F401  # fixtures

# Each call of the module with what nobody should pass. What was thrown, or what the promise settled with.
WRONG_CALLS = """window.results = {};
const calls = {
  "no provider": () => valetkey.signIn(undefined, { mode: "popup" }),
  "a provider that is no text": () => valetkey.signIn({ toString() { throw new Error("no text") } }, { mode: "page" }),
  "null for options": () => valetkey.signIn("twitter", null),
  "a state listener that is none": () => valetkey.signIn("twitter", { mode: "popup", onState: "x" }),
  "a signal that is none": () => valetkey.signIn("twitter", { mode: "popup", signal: {} }),
  "a signal that has aborted": () => valetkey.signIn("twitter", { signal: AbortSignal.abort() }),
  "next is javascript": () => valetkey.signIn("twitter", { next: "javascript:alert(1)" }),
  "next is elsewhere": () => valetkey.signIn("twitter", { next: "https://evil.test/" }),
  "next is no address": () => valetkey.signIn("twitter", { next: "https://[" }),
  "next is a symbol": () => valetkey.signIn("twitter", { next: Symbol("x") }),
  "a window that is none": () => valetkey.signIn("twitter", { mode: "popup", window: 7 }),
  "no listener": () => valetkey.onSession(),
  "the session": () => valetkey.session(),
};
for (const [name, call] of Object.entries(calls)) {
  try {
    Promise.resolve(call()).then(() => { results[name] = "resolved" }, (error) => {
      results[name] = error instanceof valetkey.SignInError && error.message.endsWith(".") && error.hint !== undefined
        ? error.code : `not ours: ${error}`;
    });
  } catch (error) { results[name] = `threw ${error}` }
}"""
SETTLES_AS = {
    "no provider": {"popup_blocked"},
    "a provider that is no text": {"browser_error"},
    "null for options": {"browser_error"},
    "a state listener that is none": {"popup_blocked"},
    "a signal that is none": {"browser_error"},
    "a signal that has aborted": {"cancelled", "popup_blocked"},
    "next is javascript": {"bad_request"},
    "next is elsewhere": {"bad_request"},
    "next is no address": {"bad_request", "browser_error"},
    "next is a symbol": {"bad_request", "browser_error"},
    "a window that is none": {"popup_blocked"},
    "no listener": {"resolved"},
    "the session": {"resolved"},
}


def test_calls_with_anything(engine: Engine, rig: Rig) -> None:
    tab = Tab(engine, rig, before="no window")
    tab.run(WRONG_CALLS)
    wait_for(lambda: len(tab.value("results")) == len(SETTLES_AS), 8)
    found = tab.value("results")
    assert {name: code for name, code in found.items() if code not in SETTLES_AS[name]} == {}
    assert tab.value("location.href") == tab.address
    assert "POST /auth/twitter" not in rig.app.asked


@pytest.mark.parametrize("before", ["no uuid", "no storage"])
def test_it_lands_without(engine: Engine, rig: Rig, before: str) -> None:
    tab = Tab(engine, rig, before=before)
    tab.approve(tab.consent())
    assert tab.outcome() == {"handle": "ada"}
    assert tab.value("faults") == []


@pytest.mark.parametrize("before", ["open throws", "open is the page"])
def test_no_window_to_be_had(engine: Engine, rig: Rig, before: str) -> None:
    """This tab signs in, or the page gets an error where it asked for a popup."""
    tab = Tab(engine, rig, before=before)
    tab.go(mode="popup")
    assert tab.error()["code"] == "popup_blocked"
    tab.go()
    tab.at_consent(tab.window)
    tab.approve(tab.window)
    wait_for(lambda: tab.value("location.href") == tab.address)
    wait_for(lambda: tab.value("window.found") == "ada")


def test_the_form_throws(engine: Engine, rig: Rig) -> None:
    tab = Tab(engine, rig, before="submit throws")
    tab.go(mode="page")
    error = tab.error()
    assert error["code"] == "browser_error"
    assert "no forms" in error["hint"]
    assert tab.value("location.href") == tab.address


def test_parts_that_load_later(engine: Engine, rig: Rig) -> None:
    """The page was loaded while the backend was up. What it loads next comes a few seconds late: the button is there
    then, and the sign-in goes on."""
    for name in ("button", "watch"):
        rig.app.answers[f"GET /auth/{name}.js"] = Answer("503 Service Unavailable")
    tab = Tab(engine, rig, button="1")
    popup = tab.consent()
    tab.approve(popup)
    wait_for(lambda: "GET /auth/button.js" in rig.app.asked and rig.app.asked.count("GET /auth/watch.js") > 1, 12)
    assert tab.settled is None
    rig.app.answers.clear()
    assert tab.outcome(12) == {"handle": "ada"}
    wait_for(lambda: tab.run(BUTTON))
    assert tab.value("faults") == []


def test_the_way_back_loads_later(engine: Engine, rig: Rig) -> None:
    """This tab signs in: what takes it there is late, and so is what it needs when it is back."""
    rig.app.answers["GET /auth/return.js"] = Answer("503 Service Unavailable")
    tab = Tab(engine, rig, before="clock")
    tab.go(mode="page")
    wait_for(lambda: rig.app.asked.count("GET /auth/return.js") > 1, 12)
    # Later than a start is answered. It has not begun, so the user is not one who stayed on the page.
    tab.run("skip(9_000)")
    asked = rig.app.asked.count("POST /auth/session")
    wait_for(lambda: rig.app.asked.count("POST /auth/session") > asked + 1, 12)
    assert tab.settled is None
    assert tab.states == ["leaving"]
    rig.app.answers.clear()
    tab.at_consent(tab.window)
    tab.approve(tab.window)
    wait_for(lambda: tab.value("location.href") == tab.address)
    wait_for(lambda: tab.value("window.found") == "ada")


def test_pressed_before_the_way_back_has_loaded(engine: Engine, rig: Rig) -> None:
    """A page that was loaded again during a sign-in begins another one, before it has what continues the first. The
    button then shows the one whose window is open, and is no longer busy when that has ended."""
    rig.app.answers["GET /auth/return.js"] = Answer("503 Service Unavailable")
    tab = Tab(engine, rig, button="1")
    tab.run("sessionStorage.valetkey = JSON.stringify([['twitter', ['A'.repeat(22)], false, null]]); location.reload()")
    wait_for(lambda: "GET /auth/return.js" in rig.app.asked)
    wait_for(lambda: tab.value("window.valetkey") is not None)
    tab.consent()
    rig.app.answers.clear()
    wait_for(lambda: tab.run(BUTTON), 12)
    shows = "return document.querySelector('sign-in-button').shadowRoot.querySelector('[role=status]').textContent"
    wait_for(lambda: tab.run(shows))
    assert tab.run(shows) == "Continue in the new window."
    tab.run("controls.cancel()")
    assert tab.error()["code"] == "cancelled"
    wait_for(lambda: tab.run(f"{BUTTON}.ariaBusy") == "false")
    assert tab.run(shows) == "Cancelled. You can try again."


@pytest.fixture(scope="module")
def without_cookies() -> Iterator[Engine]:
    """Firefox with cookies and every storage forbidden."""
    with firefox(preferences={"network.cookie.cookieBehavior": 2}) as one:
        yield one


def test_cookies_are_off(without_cookies: Engine, rig: Rig) -> None:
    """No sign-in can land. The popup says why, and nothing throws."""
    rig.reset()
    tab = Tab(without_cookies, rig, button="1")
    storage = "try { return String(localStorage) } catch (error) { return error.name }"
    assert tab.run(storage) == "SecurityError"
    popup = tab.consent()
    tab.approve(popup)
    wait_for(lambda: "code=cookies_blocked" in (without_cookies.run(popup, "return location.href") or ""))
    assert tab.settled is None
    tab.run("valetkey.signOut().then(() => valetkey.session()).then((found) => { window.who = String(found) })")
    assert tab.error()["code"] == "cancelled"
    wait_for(lambda: tab.value("window.who") == "null")


def test_a_provider_that_the_app_does_not_have(engine: Engine, rig: Rig) -> None:
    """Nor is the name an address: the form goes to the backend and nowhere else."""
    tab = Tab(engine, rig)
    for name in ("nope", "javascript:parent.evil=1"):
        tab.go(provider=name)
        assert tab.error()["code"] == "unknown_provider"
    assert len([one for one in tab.warnings() if "unknown_provider" in one]) == 2
    tab.popup(provider="//127.0.0.1:1/evil")
    wait_for(lambda: "POST /auth///127.0.0.1:1/evil" in rig.app.asked)
