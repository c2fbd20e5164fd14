"""C22: only the provider's immutable id says who somebody is, exact bytes: never a handle."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.fronts import at_both
from support.servers import App, Provider


def account_of(provider: Provider, profile: Browser, user_id: str, screen_name: str) -> str:
    begun = profile.begin()
    profile.come_back(provider.approve(begun.send_to, user_id=user_id, screen_name=screen_name))
    return str(profile.account()["id"])


@at_both
def test_a_renamed_handle_is_the_same_person(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    first = account_of(provider, browser(), **person)
    profile = browser()
    assert account_of(provider, profile, person["user_id"], "renamed") == first
    assert profile.account()["identities"][0]["handle"] == "renamed"


@at_both
def test_a_recycled_handle_is_another_person(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Also in other letters' case: handles fold, ids do not."""
    first = account_of(provider, browser(), **person)
    second = account_of(provider, browser(), person["user_id"] + "1", person["screen_name"])
    third = account_of(provider, browser(), person["user_id"] + "2", person["screen_name"].upper())
    assert len({first, second, third}) == 3


@pytest.mark.parametrize(
    "odd", ["0", "00{}", "{}.0", " {}", "{} ", "+{}", "-{}", "1e9", "{}\u0661", "0x1f", "null", "x{}"]
)
def test_ids_in_another_writing_are_refused(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], odd: str
) -> None:
    """``007`` must not become a second person, nor the first one's account somebody else's."""
    account_of(provider, browser(), **person)
    before = app.all_rows()
    profile = browser()
    begun = profile.begin()
    provider.fault("access_token", "replace", set={"user_id": odd.format(person["user_id"])})
    answer = profile.come_back(provider.approve(begun.send_to, **person))
    assert answer.code == "provider_reply_invalid"
    assert profile.account() is None
    after = app.all_rows()
    assert {**after, "login_claims": 0} == {**before, "login_claims": 0}
