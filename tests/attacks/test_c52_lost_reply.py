"""C52: the provider did its part and the answer was lost. The login completes by a restart, with at most two
exchanges per verifier or code and never a half login. What a start draws, a restart draws anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.fronts import X, at_each
from support.servers import App, Provider

pytestmark = at_each


def follow_restart(provider: Provider, profile: Browser, answer, person: dict[str, str]):  # type: ignore[no-untyped-def]
    """The callback's own answer is a new start page; the provider sends those back who have approved."""
    assert answer.status == 200
    assert answer.send_to
    return profile.come_back(provider.approve(answer.send_to, **person))


def draws_anew(provider: Provider) -> None:
    """By the provider's journal: no value that must be random comes twice, but for the repeat of an exchange."""
    if provider.front is X:
        drawn = {"nonce": [call["nonce"] for call in provider.exchanges]}
    else:
        drawn = {name: [call[name] for call in provider.calls("authorize")] for name in provider.front.draws}
        pairs = {(call["code"], call["code_verifier"]) for call in provider.exchanges}
        drawn["code_verifier"] = [verifier for _, verifier in pairs]
        assert len(pairs) == len(provider.exchanged)  # a repeat is the same request
    for name, values in drawn.items():
        assert None not in values, name
        assert len(set(values)) == len(values), name


@pytest.mark.parametrize("kind", ["commit_then_drop", "drop"])
def test_it_lands_all_the_same(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], kind: str
) -> None:
    profile = browser()
    begun = profile.begin()
    provider.fault("exchange", kind, times=2)
    before = app.all_rows()
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    if answer.status == 200:
        answer = follow_restart(provider, profile, answer, person)
    assert answer.status == 303
    assert profile.account()["identities"][0]["handle"] == person["screen_name"]
    after = app.all_rows()
    assert after["accounts"] == before["accounts"] + 1
    assert after["sessions"] == before["sessions"] + 1
    assert max(provider.exchanged.values()) == 2
    assert len(provider.exchanged) == 2  # the second is of the restart
    draws_anew(provider)
    # The login's id is the same throughout, so the page that waits learns of it.
    assert profile.session(begun.login)["login"]["state"] == "done"


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_lost_once_and_granted_again(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], lenient: bool
) -> None:
    """A provider that grants the repeat (a lenient one does), or refuses it (a strict one): both land. One of OAuth 2.0
    that refuses it also revokes what it gave for the first."""
    provider.set(lenient=lenient)
    profile = browser()
    begun = profile.begin()
    provider.fault("exchange", "commit_then_drop")
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    if answer.status == 200:
        answer = follow_restart(provider, profile, answer, person)
    assert answer.status == 303
    assert profile.account() is not None
    assert max(provider.exchanged.values()) == 2
    assert len(provider.exchanged) == (1 if lenient else 2)
    draws_anew(provider)


def test_it_gives_up_after_two_restarts(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    profile = browser()
    begun = profile.begin()
    provider.fault("exchange", "drop", times=6)
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
