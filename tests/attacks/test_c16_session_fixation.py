"""C16: a session that was there before a login is not the one after it, and the old one is dead."""

from __future__ import annotations

from collections.abc import Callable

from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import App, Provider

pytestmark = at_both


def test_a_planted_session_does_not_become_the_victims(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
) -> None:
    """The attacker's own session, planted in the victim's browser, is replaced and revoked."""
    attacker, victim = browser(), browser()
    sign_in(attacker, user_id=person["user_id"] + "6", screen_name="mallory")
    planted = attacker.session_cookie or ""
    victim.cookies["valetkey-session"] = planted
    sign_in(victim, **person)
    assert victim.session_cookie != planted
    assert victim.me().json()["identities"][0]["handle"] == person["screen_name"]
    assert attacker.me().status == 401
    live = app.query(
        "SELECT count(*) FROM sessions JOIN identities USING (account_id)"
        " WHERE revoked_at IS NULL AND identities.subject = ?",
        person["user_id"] + "6",
    )
    assert live == [(0,)]


def test_what_is_no_session_is_replaced_too(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    victim = browser()
    victim.cookies["valetkey-session"] = "chosen-by-an-attacker"
    sign_in(victim, **person)
    assert victim.session_cookie != "chosen-by-an-attacker"
    assert (
        browser().request("GET", "/api/me", headers={"Cookie": "valetkey-session=chosen-by-an-attacker"}).status == 401
    )


def test_a_chosen_login_id_is_a_name_only(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Two browsers with the same id: each has its own login, and neither collects the other's."""
    chosen = "A" * 22
    attacker, victim = browser(), browser()
    attacker.begin(login=chosen)
    begun = victim.begin(login=chosen)
    victim.come_back(provider.approve(begun.send_to, **person))
    assert victim.account() is not None
    assert attacker.collect(chosen).json()["account"] is None
    assert attacker.session(chosen)["login"]["state"] == "waiting"
