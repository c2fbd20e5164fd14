"""O27: P spends the code and its reply is lost. One account, one session, and a restart draws everything anew.

C52 plays this at the sandbox, on two nodes as well. Here P says so exactly, and its journal shows each value.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer
from support.hostile import Hostile
from support.hostile_http import Reply, Request
from support.in_process import InProcess, Visitor
from support.with_p import a_person, signs_in, stays_out, without_claims

STRICT = {"code", "pkce", "redirect", "client", "token"}
DRAWN = ("state", "code_challenge")


def lost(request: Request, usual: Callable[[], Reply]) -> Reply:
    usual()
    return Reply(drop=True)


def late(request: Request, usual: Callable[[], Reply]) -> Reply:
    return Reply(body=usual().body, delay=4.6)


def begun_again(profile: Visitor, p: Hostile, answer: Answer, who: dict[str, object]) -> Answer:
    """The callback's answer is a page that leads to P again. The user approves there, without a click or with one."""
    assert answer.status == 200, answer.text
    assert answer.send_to.startswith(p.origin)
    stays_out(profile)
    return profile.come_back(p.approve(answer.send_to, who))


def draws_anew(p: Hostile, name: str) -> None:
    """No value of a start comes twice, and each code is exchanged with the verifier of its own start (P checks)."""
    starts = [one.start for one in p.grants]
    for value in (*DRAWN, *(("nonce",) if name == "acme" else ())):
        drawn = [one[value] for one in starts]
        assert len(set(drawn)) == len(drawn) == 2, value
    sent = {(one.field("code"), one.field("code_verifier")) for one in p.calls("token")}
    assert len(sent) == len({verifier for _, verifier in sent}) == 2


def one_of_each(app: InProcess) -> None:
    rows = app.all_rows()
    assert {table: rows[table] for table in ("accounts", "identities", "sessions")} == {
        "accounts": 1,
        "identities": 1,
        "sessions": 1,
    }


@pytest.mark.parametrize("name", ["acme", "github"])
def test_a_strict_provider_refuses_the_repeat_and_revokes(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """What the repeat is answered proves nothing, so the login begins again, and lands."""
    p.checks = set(STRICT)
    p.replace("token", lost, times=1)
    profile, who = app_with_p.browser(), a_person()
    begun = profile.begin_at(name)
    answer = begun_again(profile, p, profile.come_back(p.approve(begun.send_to, who)), who)
    assert answer.status == 303, answer.text
    assert profile.account()["identities"][0]["subject"] == who["sub"]
    assert profile.session(begun.login)["login"]["state"] == "done"
    one_of_each(app_with_p)
    assert [one.status for one in p.calls("token")] == [None, 400, 200]
    assert [(one.spent, one.revoked) for one in p.grants] == [(1, True), (1, False)]
    draws_anew(p, name)


@pytest.mark.parametrize("name", ["acme", "github"])
def test_a_lenient_one_grants_it(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """The repeat is the same request, to the letter, and the login lands with no other."""
    p.replace("token", lost, times=1)
    profile, who = app_with_p.browser(), a_person()
    assert profile.come_back(p.approve(profile.begin_at(name).send_to, who)).status == 303
    first, second = p.calls("token")
    assert (first.body, first.headers.get("authorization")) == (second.body, second.headers.get("authorization"))
    one_of_each(app_with_p)
    assert profile.account()["identities"][0]["subject"] == who["sub"]


def test_a_reply_after_the_deadline(app_with_p: InProcess, p: Hostile) -> None:
    """It is as lost as one that never came, and what it brings is not used when it comes."""
    p.checks = set(STRICT)
    p.replace("token", late, times=1)
    profile, who = app_with_p.browser(), a_person()
    begun = profile.begin_at("acme")
    answer = begun_again(profile, p, profile.come_back(p.approve(begun.send_to, who)), who)
    assert answer.status == 303
    one_of_each(app_with_p)
    draws_anew(p, "acme")
    assert [one.status for one in p.calls("token")] == [200, 400, 200]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_every_reply_is_lost(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """Two exchanges for a code, two restarts, and then the page learns why. The next login lands."""
    before = app_with_p.all_rows()
    p.replace("token", lost, times=6)
    profile, who = app_with_p.browser(), a_person()
    begun = profile.begin_at(name)
    answer = profile.come_back(p.approve(begun.send_to, who))
    for _ in range(2):
        answer = begun_again(profile, p, answer, who)
    assert answer.code == "provider_unavailable"
    assert profile.collect(begun.login).json()["login"]["error"]["code"] == "provider_unavailable"
    stays_out(profile)
    codes = [one.field("code") for one in p.calls("token")]
    assert [codes.count(one.code) for one in p.grants] == [2, 2, 2]
    assert without_claims(app_with_p) == {**before, "login_claims": 0}
    signs_in(app_with_p, p, name)


def test_somebody_else_approves_the_restart(app_with_p: InProcess, p: Hostile) -> None:
    """The user picks another account at P the second time. They are that one, and nothing of the first remains."""
    p.checks = set(STRICT)
    p.replace("token", lost, times=1)
    profile, first, second = app_with_p.browser(), a_person(), a_person()
    begun = profile.begin_at("acme")
    answer = begun_again(profile, p, profile.come_back(p.approve(begun.send_to, first)), second)
    assert answer.status == 303
    assert set(app_with_p.identities()) == {("acme", second["sub"])}
