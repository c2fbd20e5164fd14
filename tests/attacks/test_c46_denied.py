"""C46: a denial is a clean end for its owner, and nobody else can end a login with one."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from support.browser import Begun, Browser
from support.fronts import X, at_both
from support.servers import App, Provider

pytestmark = at_both


def refusal(provider: Provider, begun: Begun) -> str:
    """What anybody can write who knows how a login is called."""
    named = {"denied": begun.token} if provider.front is X else {"error": "access_denied", "state": begun.token}
    return f"/auth/{provider.front.name}?{urlencode(named)}"


def test_the_owner_is_told_once(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    before = app.all_rows()
    profile = browser()
    begun = profile.begin()
    answer = profile.come_back(provider.cancel(begun.send_to))
    page = profile.visit(answer.header("location") or "")
    assert (page.status, "You chose not to sign in" in page.text) == (403, True)
    told = profile.collect(begun.login)
    assert (told.status, told.json()["login"]["state"]) == (200, "denied")
    assert told.json()["account"] is None
    assert profile.login_cookies == {}
    assert provider.exchanges == []
    assert app.all_rows() == before
    assert profile.come_back(provider.approve(profile.begin().send_to, **person)).status == 303


def test_nobody_else_ends_it(provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> None:
    """Knowing the token is not enough; neither is another login of one's own."""
    victim, attacker = browser(), browser()
    begun = victim.begin()
    attacker.begin()
    for thief in (attacker, browser()):
        assert thief.visit(refusal(provider, begun)).code in ("another_browser", "cookies_blocked")
    assert victim.session(begun.login)["login"]["state"] == "waiting"
    assert victim.come_back(provider.approve(begun.send_to, **person)).status == 303
    assert victim.account()["identities"][0]["handle"] == person["screen_name"]


def test_a_denial_does_not_undo_what_has_landed(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    profile = browser()
    begun = profile.begin()
    profile.come_back(provider.approve(begun.send_to, **person))
    profile.visit(refusal(provider, begun))
    assert profile.me().status == 200
