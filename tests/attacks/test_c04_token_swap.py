"""C4: a valid cookie with another login's token and verifier is refused, and the provider is not asked."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from support.browser import Browser
from support.servers import App, Provider


def test_two_logins_of_two_browsers_crossed(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Each keeps its own cookie and gets the other's callback; then each its own, which is the control."""
    one, two = browser(), browser()
    first, second = one.begin(), two.begin()
    callbacks = provider.approve(first.token, **person), provider.approve(second.token, "bare")
    before = app.all_rows()
    for thief, callback in ((one, callbacks[1]), (two, callbacks[0])):
        assert thief.come_back(callback).code == "another_browser"
        assert thief.account() is None
    assert provider.exchanges == []
    assert app.all_rows() == before
    assert one.come_back(callbacks[0]).status == 303
    assert one.account()["identities"][0]["handle"] == person["screen_name"]


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_ones_own_token_with_anothers_verifier(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], lenient: bool
) -> None:
    """The token is this browser's, the verifier is not: the exchange goes out with the issued token and its secret,
    and a strict provider refuses it. Nothing of the other login can come of it at either."""
    provider.set(lenient=lenient)
    one, two = browser(), browser()
    first, second = one.begin(), two.begin()
    provider.approve(first.token, **person)
    theirs = provider.approve(second.token, user_id="777", screen_name="other")
    verifier = theirs.partition("oauth_verifier=")[2]
    one.visit("/auth/twitter?" + urlencode({"oauth_token": first.token, "oauth_verifier": verifier}))
    assert {call["oauth_token"] for call in provider.exchanges} == {first.token}
    account = one.account()
    assert account is None or account["identities"][0]["handle"] == person["screen_name"]
    assert (account is not None) == lenient


def test_tokens_crossed_within_one_browser(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Two tabs, two logins: each callback finds its own, whichever comes first."""
    tabs = browser()
    first, second = tabs.begin(), tabs.begin()
    tabs.come_back(provider.approve(second.token, user_id="778", screen_name="later"))
    assert tabs.account()["identities"][0]["handle"] == "later"
    tabs.come_back(provider.approve(first.token, **person))
    assert tabs.account()["identities"][0]["handle"] == person["screen_name"]
    assert [call["oauth_token"] for call in provider.exchanges] == [second.token, first.token]


def test_a_cookie_under_another_name(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """A sealed login opens under its own name only."""
    honest = browser()
    begun = honest.begin()
    callback = provider.approve(begun.token, **person)
    ((name, value),) = honest.login_cookies.items()
    swapped = browser()
    swapped.cookies = {name[:-1] + ("A" if name[-1] != "A" else "B"): value}
    assert swapped.come_back(callback).code == "another_browser"
    assert provider.exchanges == []
    assert honest.come_back(callback).status == 303
    assert len(provider.exchanges) == 1
