"""C3: a victim approves at an address that an attacker began: neither side gains anything."""

from __future__ import annotations

from collections.abc import Callable

from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import App, Provider

pytestmark = at_both


def test_the_attacker_polls_while_the_victim_approves(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
) -> None:
    """The callback reaches the victim's browser, which has no such login; the attacker's goes on waiting."""
    attacker, victim = browser(), browser()
    begun = attacker.begin()
    before = app.all_rows()
    callback = provider.approve(begun.send_to, **person)
    victim.come_back(callback)
    assert victim.account() is None
    for _ in range(3):
        collected = attacker.collect(begun.login)
        assert collected.status == 202
        assert collected.json()["login"]["state"] == "waiting"
        assert collected.json()["account"] is None
    assert provider.exchanges == []
    assert app.all_rows() == before
    sign_in(victim, **person)


def test_the_attacker_cannot_collect_the_victims_login_by_its_id(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """A login's id is a name and not a credential: knowing it, or choosing it, is of no use."""
    attacker, victim = browser(), browser()
    begun = victim.begin()
    attacker.begin(login=begun.login)
    victim.come_back(provider.approve(begun.send_to, **person))
    for thief in (attacker, browser()):
        assert thief.collect(begun.login).json()["account"] is None
        assert thief.session_cookie is None
    assert victim.account()["identities"][0]["handle"] == person["screen_name"]
