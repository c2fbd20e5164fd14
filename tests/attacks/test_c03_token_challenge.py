"""C3 in token delivery: a login that was begun with a challenge is collected by the page that has its verifier, and by
nobody else who shares its cookies: not without a verifier, not with another, not by one of the classic ways."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from support.browser import Browser
from support.classic import begun, brought, me, second, world  # noqa: F401  # fixtures
from support.servers import App, Provider

from valetkey.login.one_time_codes import challenge_of

VERIFIER = secrets.token_urlsafe(32)
WRONG = {
    "none": {},
    "another": {"verifier": secrets.token_urlsafe(32)},
    "empty": {"verifier": ""},
    "the challenge": {"verifier": challenge_of(VERIFIER)},
    "shorter": {"verifier": VERIFIER[:-1]},
    "longer": {"verifier": f"{VERIFIER}A"},
    "other case": {"verifier": VERIFIER.swapcase()},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_verifier(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], wrong: str
) -> None:
    """While it waits and once it has landed: refused, nothing is taken away, and the right one gets it."""
    profile = browser()
    login = profile.begin(challenge=challenge_of(VERIFIER))
    attempts = [{"login": login.login, **WRONG[wrong]}]
    for landed in (False, True):
        if landed:
            assert profile.come_back(provider.approve(login.token, **person)).status == 303
        before = app.query("SELECT id, presented_at, revoked_at FROM sessions ORDER BY id")
        for sent in attempts:
            answer = profile.fetch("POST", "/auth/session", sent)
            assert (answer.status, answer.code) == (403, "code_refused")
            assert answer.all("set-cookie") == []
        assert app.query("SELECT id, presented_at, revoked_at FROM sessions ORDER BY id") == before
    answer = profile.fetch("POST", "/auth/session", {"login": login.login, "verifier": VERIFIER})
    assert me(profile, answer.json()["token"]).json()["identities"][0]["subject"] == person["user_id"]
    assert len(provider.exchanges) == 1


def test_the_classic_ways_do_not_collect_it(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Neither the newest login without an id, nor the last page of a classic login, nor a second step."""
    profile = browser()
    login = profile.begin(challenge=challenge_of(VERIFIER))
    callback = provider.approve(login.token, **person)
    assert "classic" not in (profile.come_back(callback).header("location") or "classic")
    assert "token" not in profile.collect().json()
    assert "data-token" not in profile.visit(f"/auth/twitter/done?login={login.login}&classic=1").text
    assert second(profile, brought(callback)).code == "code_refused"
    answer = profile.fetch("POST", "/auth/session", {"login": login.login, "verifier": VERIFIER})
    assert me(profile, answer.json()["token"]).status == 200
    assert len(provider.exchanges) == 1


def test_a_second_step_does_not_finish_it_either(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Of a login that has not landed yet: nothing is asked of the provider, and the popup finishes it."""
    profile = browser()
    login = profile.begin(challenge=challenge_of(VERIFIER))
    callback = provider.approve(login.token, **person)
    before = app.all_rows()
    answer = second(profile, {**brought(callback), "verifier": VERIFIER})
    assert (answer.status, answer.code) == (403, "code_refused")
    assert provider.exchanges == []
    assert app.all_rows() == before
    assert profile.come_back(callback).status == 303
    assert profile.fetch("POST", "/auth/session", {"login": login.login, "verifier": VERIFIER}).json()["token"]


def test_a_classic_login_has_no_challenge(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """One that is sent with the first request is ignored; the login lands for the browser that began."""
    profile, thief = browser(), browser()
    callback = provider.approve(begun(profile, challenge=challenge_of(VERIFIER)), **person)
    assert second(thief, {**brought(callback), "verifier": VERIFIER}).code == "cookies_blocked"
    assert second(profile, brought(callback)).json()["token"]
    assert len(provider.exchanges) == 1
