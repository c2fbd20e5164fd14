"""C53: SIGKILL of the real server in mid-login, and the same server is started again. The account exists once or not at
all, finished logins survive, the page that waits learns what became of its login, and the next click works.

``test_c53_kill_points.py`` has all the other points, and another node that goes on."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import Browser
from support.fronts import FURTHER, at_both
from support.servers import App, Provider, app_and_provider
from support.waiting import wait_for

pytestmark = at_both


@pytest.fixture
def own_world(front: str) -> Iterator[tuple[App, Provider]]:
    with app_and_provider(PROGRAM="readme", fronts=FURTHER) as (app, provider):
        yield app, provider.at(front)


@pytest.mark.parametrize("committed", [False, True], ids=["claimed", "committed"])
def test_killed(own_world: tuple[App, Provider], committed: bool) -> None:
    app, provider = own_world
    provider.set(lenient=True)
    survivor = Browser(app.base, provider=provider.front.name)
    survivor.come_back(provider.approve(survivor.begin().send_to, "bare"))
    app.stop()
    app.start(dies="after complete 1" if committed else "after claim 1")
    profile = Browser(app.base, provider=provider.front.name)
    begun = profile.begin()
    callback = provider.approve(begun.send_to, "ada")
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        profile.come_back(callback)
    assert app.server.process.wait(10) == -9
    app.start()

    assert whole(app)
    there = app.query("SELECT count(*) FROM identities WHERE handle = 'ada'")[0][0]
    assert there == int(committed)
    assert survivor.me().status == 200  # finished logins survive
    state = profile.session(begun.login)["login"]["state"]
    if committed:
        # Done, and only the answer was lost: this browser collects it, or comes back.
        assert state == "done"
        assert profile.collect(begun.login).json()["account"]["identities"][0]["handle"] == "ada"
    else:
        assert state == "finishing"  # its lease runs; then the callback may take over
        app.query("UPDATE login_claims SET leased_until = 0 WHERE state = 'claimed'")  # without waiting for it
        assert profile.session(begun.login)["login"]["state"] == "interrupted"
        answer = profile.come_back(callback)
        if answer.status == 200:  # the first exchange was a yes that died with the server: begun again
            answer = profile.come_back(provider.approve(answer.send_to, "ada"))
        assert answer.status == 303
        assert profile.account()["identities"][0]["handle"] == "ada"
    assert app.query("SELECT count(*) FROM identities WHERE handle = 'ada'") == [(1,)]
    assert max(provider.exchanged.values()) <= 2

    # The next click works, in the same browser.
    profile.sign_out()
    profile.come_back(provider.approve(profile.begin().send_to, "ada"))
    assert profile.me().status == 200
    assert app.query("SELECT count(*) FROM accounts") == [(2,)]
    assert whole(app)


def whole(app: App) -> bool:
    """The database is sound, and no row is half of something."""
    orphans = app.query(
        "SELECT (SELECT count(*) FROM accounts WHERE id NOT IN (SELECT account_id FROM identities))"
        " + (SELECT count(*) FROM sessions WHERE account_id NOT IN (SELECT id FROM accounts))"
        " + (SELECT count(*) FROM login_claims WHERE state = 'done' AND session_id NOT IN (SELECT id FROM sessions))"
    )
    return app.query("PRAGMA integrity_check") == [("ok",)] and orphans == [(0,)]


def test_killed_by_the_wall_clock(own_world: tuple[App, Provider]) -> None:
    """While the provider holds its answer back, from outside."""
    app, provider = own_world
    profile = Browser(app.base, provider=provider.front.name)
    begun = profile.begin()
    callback = provider.approve(begun.send_to, "ada")
    with provider.held("exchange") as asked, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(profile.come_back, callback)
        wait_for(asked)
        app.server.kill()
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            waiting.result()
    app.start()
    assert app.query("SELECT count(*) FROM accounts") == [(0,)]
    assert whole(app)
    again = profile.begin()
    profile.come_back(provider.approve(again.send_to, "ada"))
    assert profile.me().status == 200
    assert app.query("SELECT count(*) FROM accounts") == [(1,)]
