"""O2: an attacker's code and state, opened in a victim's browser, sign nobody in there. C1, for OAuth 2.0."""

from __future__ import annotations

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.with_p import a_person, signs_in, stays_out


@pytest.mark.parametrize("name", ["acme", "github"])
def test_in_a_victims_browser(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """The neutral page, 0 calls, no row. The attacker's own browser is the control."""
    attacker, victim, mallory = app_with_p.browser(), app_with_p.browser(), a_person()
    before = app_with_p.all_rows()
    callback = p.approve(attacker.begin_at(name).send_to, mallory)
    p.forget()
    answer = victim.come_back(callback)
    assert answer.status == 303
    assert answer.code in ("another_browser", "cookies_blocked")
    stays_out(victim)
    page = victim.visit(answer.header("location") or "")
    assert page.status == 409
    assert str(mallory["preferred_username"]) not in page.text
    assert p.calls() == []
    assert app_with_p.all_rows() == before
    assert attacker.come_back(callback).status == 303
    assert attacker.account()["identities"][0]["handle"] == mallory["preferred_username"]
    assert len(p.calls("token")) == 1


@pytest.mark.parametrize("name", ["acme", "github"])
def test_a_victim_with_a_login_under_way(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """With a login cookie of their own, at the same provider; and their own login lands afterwards."""
    attacker, victim, ada = app_with_p.browser(), app_with_p.browser(), a_person()
    own = p.approve(victim.begin_at(name).send_to, ada)
    callback = p.approve(attacker.begin_at(name).send_to, a_person())
    p.forget()
    assert victim.come_back(callback).code == "another_browser"
    stays_out(victim)
    assert p.calls() == []
    assert victim.come_back(own).status == 303
    assert victim.account()["identities"][0]["handle"] == ada["preferred_username"]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_a_victim_who_is_signed_in_stays_who_they_are(app_with_p: InProcess, p: Hostile, name: str) -> None:
    victim, attacker, mallory = signs_in(app_with_p, p, name), app_with_p.browser(), a_person()
    cookie, account = victim.session_cookie, victim.account()
    callback = p.approve(attacker.begin_at(name).send_to, mallory)
    p.forget()
    assert victim.come_back(callback).code
    assert (victim.session_cookie, victim.account()) == (cookie, account)
    assert p.calls() == []
    assert (name, mallory["sub"]) not in app_with_p.identities()
