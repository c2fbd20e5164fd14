"""Every code that a page may want to handle, provoked in three engines: the promise rejects with it, with a sentence
for the user and a hint for the developer, and the console has the hint once. Those that the backend alone decides come
to the page as ``denied`` does, and are provoked in Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from support.engines import Engine
from support.rigged import Answer, Rig
from support.waiting import wait_for

from browser.rigs import Tab, engine, rig, started  # noqa: F401  # fixtures

CLIENT = Path(__file__).parents[2] / "client"
QUIET = {"cancelled", "denied"}  # what the user chose
Provoke = Callable[[Engine, Rig], Tab]


def popup_blocked(engine: Engine, rig: Rig) -> Tab:
    tab = Tab(engine, rig, before="no window")
    tab.go(mode="popup")
    return tab


def cancelled(engine: Engine, rig: Rig) -> Tab:
    tab = Tab(engine, rig)
    tab.popup()
    wait_for(lambda: tab.states)
    tab.run("controls.cancel()")
    return tab


def denied(engine: Engine, rig: Rig) -> Tab:
    tab = Tab(engine, rig)
    popup = tab.consent()
    tab.press_in(popup, "Cancel")
    tab.press_in(popup, "Return to the app")
    return tab


def expired(engine: Engine, rig: Rig) -> Tab:
    """Not after nine minutes."""
    tab = Tab(engine, rig, before="clock")
    tab.consent()
    for _ in range(2):
        asked = rig.app.asked.count("POST /auth/session")
        tab.run("skip(4.5 * 60_000)")
        wait_for(lambda asked=asked: rig.app.asked.count("POST /auth/session") > asked)
    assert tab.settled is None
    tab.run("skip(2 * 60_000)")
    return tab


def interrupted(engine: Engine, rig: Rig) -> Tab:
    """Another tab signs out."""
    tab = Tab(engine, rig)
    tab.consent()
    other = Tab(engine, rig)
    other.run("valetkey.signOut()")
    return tab


def network(engine: Engine, rig: Rig) -> Tab:
    """Nothing listens at the address that the page is led to. Twenty seconds are too short to give up. The window
    stays, because its login may still land."""
    tab = Tab(engine, rig, before="clock,offline")
    popup = tab.consent()
    tab.run("goOffline()")
    for _ in range(2):
        tried = tab.value("tried")
        wait_for(lambda tried=tried: tab.value("tried") > tried)
        tab.run("skip(10_000)")
    assert tab.settled is None
    tab.run("skip(15_000)")
    tab.error()
    assert popup in engine.windows()
    return tab


def blocked_by_csp(engine: Engine, rig: Rig) -> Tab:
    tab = Tab(engine, rig, csp="form-action 'none'")
    tab.go()
    assert "form-action" in tab.error()["hint"]
    wait_for(lambda: "POST /auth/report" in rig.app.asked)
    return tab


def third_party_context(engine: Engine, rig: Rig) -> Tab:
    """The page is on another site than the backend."""
    tab = Tab(engine, rig, rig.base.replace("127.0.0.1", "localhost"), module=f"{rig.base}/auth/client.js")
    tab.go()
    tab.error()
    wait_for(lambda: "POST /auth/report" in rig.app.asked)
    return tab


def unexpected_answer(engine: Engine, rig: Rig) -> Tab:
    """For a minute."""
    tab = Tab(engine, rig, before="clock")
    tab.consent()
    rig.app.answers["POST /auth/session"] = Answer("404 Not Found")  # not sooner: real time counts, too
    asked = rig.app.asked.count("POST /auth/session")
    wait_for(lambda: rig.app.asked.count("POST /auth/session") > asked)
    for _ in range(2):
        asked = rig.app.asked.count("POST /auth/session")
        tab.run("skip(25_000)")
        wait_for(lambda asked=asked: rig.app.asked.count("POST /auth/session") > asked)
    assert tab.settled is None
    tab.run("skip(25_000)")
    hint = tab.error()["hint"]
    assert f"POST {rig.base}/auth/session answered 404 text/html" in hint
    return tab


def insecure_page(engine: Engine, rig: Rig) -> Tab:
    """As over plain http at a name: there is no `crypto.subtle`."""
    tab = Tab(engine, rig, before="no subtle", module="/auth/token.js")
    tab.go()
    return tab


def browser_error(engine: Engine, rig: Rig) -> Tab:
    tab = Tab(engine, rig, before="no random")
    tab.go()
    assert "no randomness here" in tab.error()["hint"]
    return tab


def provider_unavailable(engine: Engine, rig: Rig) -> Tab:
    rig.provider.fault("request_token", "status", 9, status=503, body="")
    tab = Tab(engine, rig)
    tab.go()
    return tab


def rate_limited(engine: Engine, rig: Rig) -> Tab:
    rig.provider.fault("request_token", "status", status=429, headers={"Retry-After": "1"})
    tab = Tab(engine, rig)
    tab.go()
    return tab


def provider_refused(engine: Engine, rig: Rig) -> Tab:
    tab = Tab(engine, rig)
    popup = tab.consent()
    rig.provider.fault("access_token", "status", 2, status=401, body="Invalid / expired Token")
    tab.approve(popup)
    return tab


def wrong_keys(engine: Engine, rig: Rig) -> Tab:
    rig.provider.set(consumer_secret="another")
    tab = Tab(engine, rig)
    tab.go()
    return tab


def wrong_host(engine: Engine, rig: Rig) -> Tab:
    """The page is open at localhost, and the callback is at 127.0.0.1. The window says where to go, and stays."""
    tab = Tab(engine, rig, rig.base.replace("127.0.0.1", "localhost"))
    popup = tab.popup()
    assert rig.base in tab.error()["hint"]
    assert popup in engine.windows()
    return tab


def store_unavailable(engine: Engine, rig: Rig) -> Tab:
    """The database is away until the end of the login. The page says that it tries again."""
    tab = Tab(engine, rig, before="clock")
    tab.consent()
    rig.query("ALTER TABLE login_claims RENAME TO elsewhere")
    try:
        asked = rig.app.asked.count("POST /auth/session")
        # The second question is asked when the first one is answered.
        wait_for(lambda: rig.app.asked.count("POST /auth/session") > asked + 1)
        tab.run("skip(6_000)")
        wait_for(lambda: "retrying" in tab.states)
        tab.run("skip(11 * 60_000)")
        tab.error()
    finally:
        rig.query("ALTER TABLE elsewhere RENAME TO login_claims")
    return tab


CODES: dict[str, Provoke] = {
    one.__name__: one
    for one in (
        popup_blocked,
        cancelled,
        denied,
        expired,
        interrupted,
        network,
        blocked_by_csp,
        third_party_context,
        unexpected_answer,
        insecure_page,
        browser_error,
        provider_unavailable,
        provider_refused,
        wrong_keys,
        wrong_host,
        store_unavailable,
        rate_limited,  # the last: the app then asks nothing of the provider for a second
    )
}


OF_THE_BACKEND = (provider_unavailable, provider_refused, wrong_keys, store_unavailable, rate_limited)


@pytest.mark.parametrize("code", [code for code, provoke in CODES.items() if provoke not in OF_THE_BACKEND])
def test_the_code(engine: Engine, rig: Rig, code: str) -> None:
    comes(engine, rig, code)


@pytest.mark.parametrize("started", ["chromium"], indirect=True)
@pytest.mark.parametrize("code", [code for code, provoke in CODES.items() if provoke in OF_THE_BACKEND])
def test_the_code_of_the_backend(engine: Engine, rig: Rig, code: str) -> None:
    comes(engine, rig, code)


def comes(engine: Engine, rig: Rig, code: str) -> None:
    tab = CODES[code](engine, rig)
    error = tab.error()
    assert error["code"] == code
    expected = [] if code in QUIET or not error["hint"] else [f"[valetkey] {code}: {error['hint']}"]
    warnings = tab.warnings()
    assert [one.rpartition(" ")[0] for one in warnings] == expected
    for one in warnings:
        assert one.endswith(f"/auth/errors#{code}"), one
        assert not [secret for secret in rig.provider.secrets if secret in one]


def test_each_code_is_provoked() -> None:
    """Those of the types and of the table of the README are those above."""
    union = (CLIENT / "src/client.d.ts").read_text().partition("export type SignInErrorCode =")[2].partition(";")[0]
    assert sorted(re.findall(r'"(\w+)"', union)) == sorted(CODES)
    table = (CLIENT / "README.md").read_text().partition("| code | when |")[2].partition("\n\n")[0]
    firsts = [row.split("|")[1] for row in table.splitlines()[2:] if row]
    assert sorted(name for first in firsts for name in re.findall(r"`(\w+)`", first)) == sorted(CODES)
