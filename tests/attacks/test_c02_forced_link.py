"""C2: nobody's identity is tied to an account that did not ask for it: not by an attacker's callback in a victim's
browser, signed in or linking, not by an attacker's cookies planted there, not by a link that was begun as somebody
else. What is refused so sends the provider nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.fronts import at_both
from support.nodes import Fleet, a_person

pytestmark = at_both

SESSION = "valetkey-session"


def subjects(profile: Browser) -> list[str]:
    account = profile.account()
    return [one["subject"] for one in account["identities"]] if account else []


class Refused:
    """Within: nothing is exchanged, nothing is tied, and no session opened."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    def __enter__(self) -> None:
        self.before = self.counted()

    def counted(self) -> tuple[int, int, int, int]:
        rows = self.fleet.rows.all_rows()
        return len(self.fleet.provider.exchanges), rows["accounts"], rows["identities"], rows["sessions"]

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            assert self.counted() == self.before


def test_the_control(fleet: Fleet) -> None:
    """A user who asks for it, and comes back as the same user, has two ways to sign in."""
    victim, second = a_person(), a_person()
    profile = fleet.signed_in(victim)
    assert (fleet.link(profile, second).header("location") or "").startswith(f"/auth/{profile.provider}/done?login=")
    assert subjects(profile) == [victim["user_id"], second["user_id"]]
    assert len(fleet.provider.exchanges) == 2


@pytest.mark.parametrize("victim_is", ["signed in", "signing in", "linking"])
@pytest.mark.parametrize("attacker_was", ["signing in", "linking"])
def test_an_attackers_callback(fleet: Fleet, victim_is: str, attacker_was: str) -> None:
    who, mallory = a_person(), a_person()
    victim = fleet.signed_in(who)
    if victim_is == "signing in":
        victim.begin()
    elif victim_is == "linking":
        assert fleet.begin_link(victim)[2].status == 200
    attacker = fleet.signed_in(mallory) if attacker_was == "linking" else fleet.browser()
    token = fleet.begin_link(attacker)[1] if attacker_was == "linking" else attacker.begin().send_to
    cookie = victim.session_cookie
    with Refused(fleet):
        answer = victim.come_back(fleet.provider.approve(token, **a_person()))
        assert answer.code == "another_browser"
        assert subjects(victim) == [who["user_id"]]
        assert victim.session_cookie == cookie


def test_an_attackers_link_planted(fleet: Fleet) -> None:
    """Its cookie, too: a sibling subdomain could set one without a prefix. The session is not the one sealed in."""
    who, mallory = a_person(), a_person()
    victim, attacker = fleet.signed_in(who), fleet.signed_in(mallory)
    _, token, _ = fleet.begin_link(attacker)
    victim.cookies |= attacker.login_cookies
    callback = fleet.provider.approve(token, **a_person())
    with Refused(fleet):
        assert victim.come_back(callback).code == "session_changed"
        assert subjects(victim) == [who["user_id"]]
        assert subjects(attacker) == [mallory["user_id"]]


def as_nobody(fleet: Fleet, profile: Browser) -> None:
    profile.cookies.pop(SESSION)


def as_somebody_else(fleet: Fleet, profile: Browser) -> None:
    profile.cookies[SESSION] = fleet.signed_in(a_person()).session_cookie or ""


def signed_in_again(fleet: Fleet, profile: Browser) -> None:
    """The same person, and yet not the session that asked."""
    account = profile.account()["identities"][0]
    again = fleet.signed_in({"user_id": account["subject"], "screen_name": account["handle"]})
    profile.cookies[SESSION] = again.session_cookie or ""


def after_sign_out(fleet: Fleet, profile: Browser) -> None:
    """Its session is over, and its cookies are put back."""
    cookies = dict(profile.cookies)
    assert profile.sign_out().status == 204
    profile.cookies |= cookies


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (as_nobody, "session_changed"),
        (as_somebody_else, "session_changed"),
        (signed_in_again, "session_changed"),
        (after_sign_out, "session_changed"),
    ],
)
def test_begun_as_one_and_finished_as_another(
    fleet: Fleet, change: Callable[[Fleet, Browser], None], code: str
) -> None:
    profile = fleet.signed_in(a_person())
    _, token, begun = fleet.begin_link(profile)
    assert begun.status == 200
    change(fleet, profile)
    tied = a_person()
    callback = fleet.provider.approve(token, **tied)
    with Refused(fleet):
        assert profile.come_back(callback).code == code
    assert fleet.rows.account_of(tied["user_id"]) is None


@pytest.mark.parametrize("lapsed", ["before it begins", "before it comes back"])
def test_a_session_that_is_not_fresh(fleet: Fleet, lapsed: str) -> None:
    """A browser left open must not be enough: ten minutes after a sign-in one signs in again first."""
    profile = fleet.signed_in(a_person())
    account = profile.account()["id"]

    def begin() -> tuple[str, Answer]:
        _, token, answer = fleet.begin_link(profile)
        return token, answer

    token, answer = begin()
    assert answer.status == 200  # the control
    fleet.rows.query("UPDATE sessions SET opened_at = opened_at - 601 WHERE account_id = ?", account)
    with Refused(fleet):
        if lapsed == "before it begins":
            calls = len(fleet.provider.journal)
            answer = begin()[1]
            assert (answer.status, "sign in again" in answer.text.lower()) == (403, True)
            assert len(fleet.provider.journal) == calls
        else:
            assert profile.come_back(fleet.provider.approve(token, **a_person())).code == "reauth_required"


def test_a_login_is_no_link_and_a_link_no_login(fleet: Fleet) -> None:
    """A sign-in that was under way when its browser was signed in otherwise signs in: it never ties."""
    who, other = a_person(), a_person()
    profile = fleet.browser()
    begun = profile.begin()
    profile.cookies[SESSION] = fleet.signed_in(who).session_cookie or ""
    assert profile.come_back(fleet.provider.approve(begun.send_to, **other)).status == 303
    assert subjects(profile) == [other["user_id"]]
    assert fleet.rows.account_of(who["user_id"]) != fleet.rows.account_of(other["user_id"])
