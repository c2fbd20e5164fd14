"""C5: a callback is good once. Replayed, it opens no session and asks the provider nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from support.browser import Browser
from support.fronts import at_both
from support.servers import App, Provider

pytestmark = at_both


def test_replayed_elsewhere_and_here(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """In another browser, in the same one, and after signing out."""
    honest = browser()
    callback = provider.approve(honest.begin().send_to, **person)
    assert honest.come_back(callback).status == 303
    assert honest.account() is not None
    rows, cookie = app.all_rows(), honest.session_cookie
    assert browser().come_back(callback).code == "cookies_blocked"
    again = honest.come_back(callback)
    assert (again.header("location") or "").startswith(f"/auth/{honest.provider}/done")
    assert honest.session_cookie == cookie
    assert honest.account() is not None
    assert app.all_rows() == rows
    honest.sign_out()
    assert honest.account() is None
    honest.come_back(callback)
    assert honest.account() is None
    assert app.all_rows() == rows
    assert len(provider.exchanges) == 1


def test_replayed_with_the_old_cookies_after_signing_out(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """A thief of the login cookie is too late once its owner has signed out; so is the owner's own back button."""
    honest = browser()
    begun = honest.begin()
    stolen = dict(honest.cookies)
    callback = provider.approve(begun.send_to, **person)
    honest.come_back(callback)
    honest.sign_out()
    rows = app.all_rows()
    thief = browser()
    thief.cookies = dict(stolen)
    assert thief.come_back(callback).code == "expired"
    assert thief.account() is None
    thief.cookies = dict(stolen)
    assert thief.collect(begun.login).json()["account"] is None
    assert app.all_rows() == rows
    assert len(provider.exchanges) == 1


def test_replayed_with_the_old_cookie_later(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """A minute after the session was first presented its login cookie opens it no more."""
    honest = browser()
    begun = honest.begin()
    stolen = dict(honest.cookies)
    callback = provider.approve(begun.send_to, **person)
    honest.come_back(callback)
    assert honest.me().status == 200
    connection = sqlite3.connect(app.database, timeout=10)
    with connection:
        moved = connection.execute(
            "UPDATE sessions SET presented_at = presented_at - 61 WHERE login = ?", (begun.login,)
        ).rowcount
    connection.close()
    assert moved == 1
    thief = browser()
    thief.cookies = stolen
    thief.come_back(callback)
    assert thief.session_cookie is None
    assert len(provider.exchanges) == 1
    assert honest.me().status == 200
