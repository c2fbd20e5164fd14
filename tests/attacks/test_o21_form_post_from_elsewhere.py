"""O21: another site posts an attacker's answer to the form_post address, in a victim's browser. O2, by POST.

The code and the state are good: they are those of a login of the attacker's own. What engines send with such a form is
in tests/browser/test_form_post.py.
"""

from __future__ import annotations

import pytest
from support.apples import NAMELESS, apple_variables
from support.hostile import Hostile
from support.in_process import InProcess, Visitor
from support.with_p import NewApp, a_person, signs_in, stays_out, variables

NAMES = ("apple", "acme")
Form = tuple[str, list[tuple[str, str]]]


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    """Apple, which answers by form, and a provider that does not."""
    return new_app(VALETKEY_PROVIDERS="apple,acme", **apple_variables(p), **variables(p))


def attackers(app: InProcess, p: Hostile, name: str) -> tuple[Visitor, dict[str, object], Form]:
    """The attacker's browser, who approves there, and the form that P's page would submit in it."""
    profile, mallory = app.browser(), a_person()
    _, fields = p.approved(profile.begin_at(name).send_to, mallory)
    return profile, mallory, (f"{app.base}/auth/{name}/return", fields)


@pytest.mark.parametrize("name", NAMES)
def test_in_a_victims_browser(app: InProcess, p: Hostile, name: str) -> None:
    """The POST changes nothing and asks nobody; the callback that it leads to finds no login."""
    attacker, mallory, form = attackers(app, p, name)
    victim, before = app.browser(), app.all_rows()
    p.forget()
    posted = victim.post_back(*form)
    assert (posted.status, victim.cookies) == (303, {})
    answer = victim.visit(posted.header("location") or "")
    assert answer.code in ("another_browser", "cookies_blocked")
    stays_out(victim)
    assert p.journal == []
    assert app.all_rows() == before
    control = attacker.post_back(*form)
    assert attacker.visit(control.header("location") or "").status == 303
    assert attacker.account()["identities"][0]["subject"] == mallory["sub"]


@pytest.mark.parametrize("name", NAMES)
def test_a_victim_with_a_login_under_way(app: InProcess, p: Hostile, name: str) -> None:
    """With a login cookie of their own. Their own login lands afterwards."""
    _, _, form = attackers(app, p, name)
    victim, ada = app.browser(), a_person()
    begun = victim.begin_at(name)
    cookies = dict(victim.cookies)
    p.forget()
    posted = victim.post_back(*form)
    assert victim.visit(posted.header("location") or "").code == "another_browser"
    stays_out(victim)
    assert victim.cookies == cookies
    assert p.journal == []
    assert victim.return_from(p, begun, ada).status == 303
    assert victim.account()["identities"][0]["subject"] == ada["sub"]


def test_a_victim_who_is_signed_in_stays_who_they_are(app: InProcess, p: Hostile) -> None:
    _, mallory, form = attackers(app, p, "acme")
    victim = signs_in(app, p)
    cookie, account = victim.session_cookie, victim.account()
    p.forget()
    posted = victim.post_back(*form)
    assert victim.visit(posted.header("location") or "").code == "another_browser"
    assert (victim.session_cookie, victim.account()) == (cookie, account)
    assert p.calls() == []
    assert ("acme", mallory["sub"]) not in app.identities()


def test_a_code_of_the_attackers_with_the_victims_state(app: InProcess, p: Hostile) -> None:
    """A state is no secret to who sees the victim's screen. The code is another login's: its ID token is refused."""
    _, mallory, (_, fields) = attackers(app, p, "apple")
    victim = app.browser()
    begun = victim.begin_at("apple")
    p.forget()
    p.claims = dict(NAMELESS)
    mixed = [("code", dict(fields)["code"]), ("state", begun.token)]
    posted = victim.post_back(f"{app.base}/auth/apple/return", mixed)
    assert victim.visit(posted.header("location") or "").code == "provider_reply_invalid"
    stays_out(victim)
    assert [one.endpoint for one in p.calls()] == ["token"]
    assert ("apple", mallory["sub"]) not in app.identities()
