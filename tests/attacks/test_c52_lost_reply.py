"""C52: the provider did its part and the answer was lost. The login completes by a restart, with at most two
exchanges per verifier and never a half login."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from support.browser import Browser
from support.servers import App, Provider


def follow_restart(provider: Provider, profile: Browser, answer, person: dict[str, str]):  # type: ignore[no-untyped-def]
    """The callback's own answer is a new start page; X sends those back who have approved."""
    assert answer.status == 200
    assert answer.header("refresh")
    token = answer.send_to
    return profile.come_back(provider.approve(token, **person))


@pytest.mark.parametrize("kind", ["commit_then_drop", "drop"])
def test_it_lands_all_the_same(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], kind: str
) -> None:
    profile = browser()
    begun = profile.begin()
    provider.fault("access_token", kind, times=2)
    before = app.all_rows()
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    if answer.status == 200:
        answer = follow_restart(provider, profile, answer, person)
    assert answer.status == 303
    assert profile.account()["identities"][0]["handle"] == person["screen_name"]
    after = app.all_rows()
    assert after["accounts"] == before["accounts"] + 1
    assert after["sessions"] == before["sessions"] + 1
    verifiers = Counter(call["oauth_verifier"] for call in provider.exchanges)
    assert max(verifiers.values()) <= 2
    nonces = [call["nonce"] for call in provider.exchanges]
    assert len(set(nonces)) == len(nonces)
    # The login's id is the same throughout, so the page that waits learns of it.
    assert profile.session(begun.login)["login"]["state"] == "done"


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_lost_once_and_granted_again(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], lenient: bool
) -> None:
    """A provider that grants the repeat (a lenient one does), or refuses it (a strict one): both land."""
    provider.set(lenient=lenient)
    profile = browser()
    begun = profile.begin()
    provider.fault("access_token", "commit_then_drop")
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    if answer.status == 200:
        answer = follow_restart(provider, profile, answer, person)
    assert answer.status == 303
    assert profile.account() is not None
    assert max(Counter(call["oauth_verifier"] for call in provider.exchanges).values()) == 2


def test_it_gives_up_after_two_restarts(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    profile = browser()
    begun = profile.begin()
    provider.fault("access_token", "drop", times=6)
    before = app.all_rows()
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    for _ in range(2):
        assert answer.status == 200
        answer = follow_restart(provider, profile, answer, person)
    assert answer.code == "provider_unavailable"
    assert profile.account() is None
    after = app.all_rows()
    assert {**after, "login_claims": 0} == {**before, "login_claims": 0}
    assert profile.collect(begun.login).json()["login"]["error"]["code"] == "provider_unavailable"
    # The next click works.
    again = profile.begin()
    assert profile.come_back(provider.approve(again.send_to, **person)).status == 303
    assert profile.account() is not None
