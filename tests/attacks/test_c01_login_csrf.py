"""C1: an attacker's finished callback, opened in a victim's browser, signs nobody in."""

from __future__ import annotations

from collections.abc import Callable

from support.browser import Answer, Browser
from support.fronts import at_both
from support.servers import App, Provider

pytestmark = at_both


def test_an_attackers_callback_in_a_victims_browser(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """No session, 0 exchanges, no row, a page that says what happened. The attacker's own browser is the control."""
    attacker, victim = browser(), browser()
    before = app.all_rows()
    callback = provider.approve(attacker.begin().send_to, **person)
    answer = victim.come_back(callback)
    assert answer.status == 303
    assert answer.code in ("another_browser", "cookies_blocked")
    assert victim.session_cookie is None
    assert victim.account() is None
    page = victim.visit(answer.header("location") or "")
    assert page.status == 409
    assert "Sign in here" in page.text
    assert person["screen_name"] not in page.text
    assert provider.exchanges == []
    assert app.all_rows() == before
    assert attacker.come_back(callback).status == 303
    assert attacker.account()["identities"][0]["handle"] == person["screen_name"]
    assert len(provider.exchanges) == 1


def test_a_victim_who_is_signed_in_stays_who_they_are(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
) -> None:
    """Also with a login of their own under way."""
    victim, attacker = browser(), browser()
    sign_in(victim, **person)
    victim.begin()
    cookie = victim.session_cookie
    answer = victim.come_back(provider.approve(attacker.begin().send_to, user_id="666", screen_name="mallory"))
    assert answer.code == "another_browser"
    assert victim.session_cookie == cookie
    assert victim.account()["identities"][0]["handle"] == person["screen_name"]
    assert len(provider.exchanges) == 1
    assert app.query("SELECT count(*) FROM identities WHERE subject = '666'") == [(0,)]


def test_json_clients_get_the_code(provider: Provider, browser: Callable[[], Browser]) -> None:
    callback = provider.approve(browser().begin().send_to)
    answer = browser().come_back(callback, headers={"Accept": "application/json"})
    assert (answer.status, answer.code) == (409, "cookies_blocked")
    assert provider.exchanges == []
