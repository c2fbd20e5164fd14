"""A browser that hangs up in mid-callback finds its login by collecting, and only that browser does."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import nullcontext
from urllib.parse import urlsplit

from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import App, Provider
from support.waiting import wait_for


def hang_up(app: App, profile: Browser, callback: str) -> None:
    """Send the callback and close the socket before any answer."""
    parts = urlsplit(callback)
    cookies = "; ".join(f"{name}={value}" for name, value in profile.cookies.items())
    with socket.create_connection(("127.0.0.1", app.port)) as line:
        line.sendall(
            f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: 127.0.0.1:{app.port}\r\nAccept: text/html\r\n"
            f"Cookie: {cookies}\r\n\r\n".encode()
        )


def settled(profile: Browser, login: str) -> Answer:
    deadline = time.monotonic() + 8
    while (answer := profile.collect(login)).status == 202:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer


@at_both
def test_it_finds_its_login(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    honest, stranger, knowing = browser(), browser(), browser()
    begun = honest.begin()
    knowing.begin(login=begun.login)
    provider.fault("exchange", "delay", seconds=0.5)
    hang_up(app, honest, provider.approve(begun.send_to, **person))
    answer = settled(honest, begun.login)
    assert answer.json()["login"]["state"] == "done"
    for thief in (stranger, knowing):
        assert thief.collect(begun.login).json()["account"] is None
        assert thief.collect().json()["account"] is None
        assert thief.session_cookie is None
    assert honest.me().json()["identities"][0]["handle"] == person["screen_name"]
    assert honest.login_cookies == {}
    assert len(provider.exchanges) == 1


@at_both
def test_after_signing_out_nothing_can_be_collected(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Neither what had finished nor what was still finishing when the person signed out."""
    for has_finished in (True, False):
        provider.reset()
        profile = browser()
        begun = profile.begin()
        cookies = dict(profile.cookies)
        callback = provider.approve(begun.send_to, **person)
        with nullcontext() if has_finished else provider.held("exchange"):
            hang_up(app, profile, callback)
            wait_for(lambda: provider.exchanges)
            if has_finished:
                wait_for(lambda who=profile, login=begun.login: who.session(login)["login"]["state"] == "done")
            assert profile.sign_out().status == 204
            assert profile.login_cookies == {}
        wait_for(lambda: provider.exchanges[0]["accepted"])
        time.sleep(0.3)  # by then the app has done with it what it does
        profile.cookies = cookies
        assert profile.collect(begun.login).json()["account"] is None
        assert profile.collect().json()["account"] is None
        assert profile.account() is None
        live = app.query("SELECT count(*) FROM sessions WHERE login = ? AND revoked_at IS NULL", begun.login)
        assert live == [(0,)]
        assert len(provider.exchanges) == 1


@at_both
def test_an_older_login_never_replaces_a_newer_session(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
) -> None:
    profile = browser()
    older = profile.begin()
    hang_up(app, profile, provider.approve(older.send_to, user_id=person["user_id"] + "1", screen_name="older"))
    wait_for(lambda: profile.session(older.login)["login"]["state"] == "done")
    kept = dict(profile.login_cookies)
    sign_in(profile, **person)
    profile.cookies |= kept
    newer = profile.session_cookie
    for answer in (profile.collect(older.login), profile.collect()):
        assert answer.json()["account"]["identities"][0]["handle"] == person["screen_name"]
    assert profile.session_cookie == newer
    assert app.query("SELECT count(*) FROM sessions WHERE login = ? AND revoked_at IS NULL", older.login) == [(0,)]
    assert profile.login_cookies == {}


def test_a_start_leaves_no_row(app: App, provider: Provider, browser: Callable[[], Browser]) -> None:
    """``VALETKEY_STARTS=100000`` for the long form."""
    import os
    from concurrent.futures import ThreadPoolExecutor

    starts = int(os.environ.get("VALETKEY_STARTS", "300"))
    before = app.all_rows(), app.database.stat().st_size
    with ThreadPoolExecutor(4) as pool:
        statuses = set(pool.map(lambda _: browser().begin().answer.status, range(starts)))
    assert statuses == {200}
    assert provider.control("GET", "journal")["journal"][-1]["n"] >= starts
    assert (app.all_rows(), app.database.stat().st_size) == before
