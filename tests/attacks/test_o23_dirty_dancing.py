"""O23: an attacker makes a provider answer in the fragment, with a code that our page does not spend and might keep.

The attacker writes the authorization request: our client id and callback, a response mode or type of their choice, and
a state that finds no login. That no page keeps the fragment is shown in three engines, also in the same tab and with
``return_to`` (tests/browser/test_fragments.py). Here: every answer on the way has a fragment of its own, and what is
left of such a code.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from support.hostile import Grant, Hostile
from support.in_process import InProcess, Visitor
from support.with_p import a_person, signs_in, stays_out

DANCES = {
    "in the fragment": {"response_mode": "fragment"},
    "a code and a token": {"response_type": "code token"},
    "a code and an ID token": {"response_type": "code id_token", "response_mode": "fragment"},
    "a token": {"response_type": "token"},
}
QUERIES = ("", "?state=broken", "?error=access_denied&state=broken", "?error=x", "?code=x", "?access_token=x&state=y")


@pytest.mark.parametrize("name", ["acme", "github"])
def test_every_answer_to_such_a_callback_ends_in_a_fragment(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """The fragment does not reach the server, which sees a callback without it. With a login of the victim's own under
    way, and without one."""
    waiting = app_with_p.browser()
    begun = waiting.begin_at(name)
    p.forget()
    for profile in (app_with_p.browser(), waiting):
        for query in QUERIES:
            answer = profile.visit(f"/auth/{name}{query}")
            assert answer.status == 303, answer.text
            assert (answer.header("location") or "").endswith("#"), query
            page = profile.visit(answer.header("location") or "")
            assert (page.status, page.header("location")) in ((400, None), (409, None))
        stays_out(profile)
    assert p.calls() == []
    assert waiting.return_from(p, begun, a_person()).status == 303  # the control
    assert waiting.account()


def stolen(app: InProcess, p: Hostile, name: str, **changes: str) -> Grant:
    """What a victim has approved at an address that an attacker has written: nothing in it is the attacker's login's,
    unless ``changes`` say so."""
    start = urlsplit(app.browser().begin_at(name).send_to)
    kept = {key: value for key, value in parse_qsl(start.query) if not key.startswith("code_challenge")}
    address = start._replace(query=urlencode({**kept, "state": "broken", "nonce": "broken", **changes})).geturl()
    p.approve(address, a_person())
    return p.grants[-1]


def presented(app: InProcess, name: str, grant: Grant) -> Visitor:
    """The attacker presents the code with a login of their own."""
    attacker = app.browser()
    query = urlencode({"code": grant.code, "state": attacker.begin_at(name).token})
    attacker.come_back(f"{app.base}/auth/{name}?{query}")
    return attacker


@pytest.mark.parametrize("dance", DANCES.values(), ids=list(DANCES))
def test_who_reads_the_code_cannot_spend_it(app_with_p: InProcess, p: Hostile, dance: dict[str, str]) -> None:
    """It was asked for without a challenge. PKCE's own rule refuses the verifier; where P ignores PKCE, the nonce of
    the ID token is none of a login here."""
    for name, checks in (("github", {"pkce"}), ("acme", {"pkce"}), ("acme", set())):
        p.checks = set(checks)
        attacker = presented(app_with_p, name, stolen(app_with_p, p, name, **dance))
        stays_out(attacker)
        assert len(p.calls("token")) == 1
        assert app_with_p.identities() == {}
        p.forget()
    signs_in(app_with_p, p)


def test_with_a_start_of_the_attackers_only_the_fragment_holds(app_with_p: InProcess, p: Hostile) -> None:
    """The control: the attacker sends the victim to the address of a login of the attacker's own, with its challenge.
    A code that leaks from there is spent by that login, so it must not stay in a page."""
    p.checks = {"pkce"}
    attacker, victim = app_with_p.browser(), a_person()
    begun = attacker.begin_at("github")
    p.approve(begun.send_to + "&response_mode=fragment", victim)
    query = urlencode({"code": p.grants[-1].code, "state": begun.token})
    assert attacker.come_back(f"{app_with_p.base}/auth/github?{query}").status == 303
    assert attacker.account()["identities"][0]["subject"] == victim["sub"]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_our_own_requests_ask_for_the_query(app_with_p: InProcess, p: Hostile, name: str) -> None:
    sent = dict(parse_qsl(urlsplit(app_with_p.browser().begin_at(name).send_to).query))
    assert sent["response_type"] == "code"
    assert "response_mode" not in sent
