"""C50: two to five tabs of one browser: each login lands, and none hears of another's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest
from support.browser import Browser
from support.fronts import at_both
from support.servers import App, Provider

pytestmark = at_both


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_in_any_order(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], order: tuple[int, ...]
) -> None:
    """Three tabs with three people: each callback signs in its own, the last is who the browser is."""
    tabs = browser()
    begun = [tabs.begin() for _ in range(3)]
    users = [str(int(person["user_id"]) * 10 + number) for number in range(3)]
    for number in order:
        others = [begun[other].login for other in range(3) if f"valetkey-login-{begun[other].login}" in tabs.cookies]
        tabs.come_back(provider.approve(begun[number].send_to, user_id=users[number], screen_name=f"tab{number}"))
        assert tabs.account()["identities"][0]["subject"] == users[number]
        for other in others:
            state = tabs.session(other)["login"]["state"]
            assert state == ("done" if other == begun[number].login else "waiting")
    assert len(provider.exchanges) == 3
    live = app.query(
        "SELECT count(*) FROM sessions JOIN identities USING (account_id) WHERE revoked_at IS NULL"
        " AND identities.subject BETWEEN ? AND ?",
        users[0],
        users[2],
    )
    assert live == [(1,)]  # a sign-in replaces the browser's previous session


def test_the_same_person_in_five_tabs(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    tabs = browser()
    begun = [tabs.begin() for _ in range(5)]
    for one in begun:
        answer = tabs.come_back(provider.approve(one.send_to, **person))
        assert (answer.status, answer.code) == (303, None)
    assert app.query("SELECT count(*) FROM identities WHERE subject = ?", person["user_id"]) == [(1,)]
    assert tabs.login_cookies == {}
    assert tabs.me().status == 200
