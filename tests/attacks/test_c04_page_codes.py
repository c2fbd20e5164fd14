"""C4, C1, C3, C5 and C9 where a page speaks OAuth 2.0 itself: its code is worth something in the browser that began the
login, at the provider and with the page that it began with, once. A code of anybody else's opens nothing, and the
honest login beside it lands."""

from __future__ import annotations

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.listed import (  # noqa: F401  # fixture
    NAMES,
    OTHER_PAGE,
    PAGE,
    app,
    comes_back,
    landed,
    listing,
    redeems,
    signs_in,
    starts,
    subject,
)
from support.with_p import NewApp, a_person

REFUSED = ("another_browser", "cookies_blocked")


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_code(app: InProcess, p: Hostile, name: str) -> None:
    """The attacker's whole approved login, up to the code, in the victim's page: the victim stays who they are, and
    their own login, which is under way, still lands."""
    attacker, victim, stranger = app.browser(), app.browser(), app.browser()
    planted, _ = comes_back(attacker, p, name)
    own, who = comes_back(victim, p, name)
    before = app.all_rows()
    for profile in (victim, stranger):
        answer = redeems(profile, planted.code, name)
        assert (answer.status, answer.code) == (409, REFUSED[profile is stranger])
        assert "token" not in answer.json()
        assert answer.all("set-cookie") == []
    assert app.all_rows() == before
    assert subject(victim, redeems(victim, own.code, name)) == who["sub"]


@pytest.mark.parametrize("name", NAMES)
def test_a_stolen_code(app: InProcess, p: Hostile, name: str) -> None:
    """The victim's code, from a log or a Referer, in the browser of an attacker who has a login of their own, at any
    of our routes. It is still the victim's afterwards."""
    attacker, victim = app.browser(), app.browser()
    stolen, who = comes_back(victim, p, name)
    comes_back(attacker, p, name)
    login = next(iter(victim.login_cookies)).removeprefix("valetkey-login-")
    before = app.all_rows()
    assert redeems(attacker, stolen.code, name).code == "another_browser"
    for verifier in (stolen.code, "x" * 43, ""):
        fields = {"login": login, "code": stolen.code, "verifier": verifier}
        assert attacker.fetch("POST", "/auth/session", fields).code in ("code_refused", "bad_request")
    assert attacker.visit(f"/auth/{name}?code={stolen.code}&state={stolen.code}").code == "another_browser"
    assert app.all_rows() == before
    assert subject(victim, redeems(victim, stolen.code, name)) == who["sub"]


@pytest.mark.parametrize("name", NAMES)
def test_the_callback_in_another_browser(app: InProcess, p: Hostile, name: str) -> None:
    """An attacker's approved callback opened by a victim, with and without a login of their own under way: no code, no
    exchange. In the browser that began, it lands."""
    attacker, victim, stranger = app.browser(), app.browser(), app.browser()
    started, who = starts(attacker, name), a_person()
    starts(victim, name)
    callback = p.approve(started.header("location") or "", who)
    p.forget()
    before = app.all_rows()
    for profile in (victim, stranger):
        answer = profile.come_back(callback)
        assert answer.code == REFUSED[profile is stranger]
        assert (answer.header("location") or "").startswith(f"/auth/{name}/failed?")
    assert p.calls() == []
    assert app.all_rows() == before
    window = landed(attacker.come_back(callback))
    assert subject(attacker, redeems(attacker, window.code, name)) == who["sub"]


def test_a_code_again(app: InProcess, p: Hostile) -> None:
    """In the page's next request, and with the cookie as it was before the first one: one session."""
    profile = app.browser()
    window, who = comes_back(profile, p)
    kept, sessions = dict(profile.cookies), app.all_rows()["sessions"]
    assert subject(profile, redeems(profile, window.code)) == who["sub"]
    assert redeems(profile, window.code).code in REFUSED
    profile.cookies = kept
    answer = redeems(profile, window.code)
    assert (answer.status, answer.code) == (403, "code_refused")
    assert app.all_rows()["sessions"] == sessions + 1
    assert len(p.calls("token")) == 1


def test_a_code_that_is_a_minute_old(app: InProcess, p: Hostile) -> None:
    profile = app.browser()
    window, _ = comes_back(profile, p)
    app.query("UPDATE login_claims SET finished_at = finished_at - 61")
    assert redeems(profile, window.code).code == "code_refused"
    assert app.all_rows()["sessions"] == 0
    signs_in(app, p)


def test_at_another_provider(app: InProcess, p: Hostile) -> None:
    """The code itself, and a callback: the login is neither used up nor spoilt."""
    profile = app.browser()
    window, who = comes_back(profile, p, "acme")
    answer = redeems(profile, window.code, "github")
    assert (answer.status, answer.code) == (403, "wrong_provider")
    assert subject(profile, redeems(profile, window.code, "acme")) == who["sub"]
    started = starts(profile, "acme")
    callback = p.approve(started.header("location") or "", a_person()).replace("/auth/acme?", "/auth/github?")
    p.forget()
    assert profile.come_back(callback).code == "wrong_provider"
    assert p.calls() == []


@pytest.mark.parametrize("page", [None, OTHER_PAGE, f"{PAGE}/", "https://evil.test", PAGE.upper(), "", f"{PAGE}?a=b"])
def test_for_another_page(app: InProcess, p: Hostile, page: str | None) -> None:
    """Another listed page included: what it has begun, it redeems itself."""
    profile = app.browser()
    window, who = comes_back(profile, p)
    answer = redeems(profile, window.code, page=page)
    assert answer.code == ("code_refused" if page else "bad_request")
    assert app.all_rows()["sessions"] == 0
    assert subject(profile, redeems(profile, window.code)) == who["sub"]


def test_with_the_code_of_ones_other_login(app: InProcess, p: Hostile) -> None:
    """Two windows in one browser, at two people: each code is its own person's, whichever is redeemed first."""
    profile = app.browser()
    first, first_person = comes_back(profile, p)
    second, second_person = comes_back(profile, p, page=OTHER_PAGE)
    assert subject(profile, redeems(profile, second.code, page=OTHER_PAGE)) == second_person["sub"]
    assert subject(profile, redeems(profile, first.code)) == first_person["sub"]


@pytest.mark.parametrize("name", NAMES)
def test_the_providers_code_reaches_no_page(app: InProcess, p: Hostile, name: str) -> None:
    """Neither by the callback nor by a form that names the page; and it is no code of ours."""
    profile = app.browser()
    window, _ = comes_back(profile, p, name)
    (grant,) = p.grants
    assert grant.start["redirect_uri"] == f"{app.base}/auth/{name}"
    assert grant.code not in str((window.address, window.query, window.answer.headers, window.answer.body))
    (other,) = set(NAMES) - {name}
    for address in (PAGE, OTHER_PAGE, f"{app.base}/auth/{other}"):
        begun = profile.begin_at(name, redirectUri=address)
        p.approve(begun.send_to)
        assert p.grants[-1].start["redirect_uri"] == f"{app.base}/auth/{name}"
    p.forget()
    answer = redeems(profile, grant.code, name)
    assert (answer.status, answer.code) == (400, "bad_request")
    assert f"authorizationEndpoint: '/auth/{name}/authorize'" in answer.json()["error"]["hint"]
    assert p.calls() == []


SENDERS = [
    ({"Origin": "https://evil.test", "Sec_Fetch_Site": "cross-site"}, "classic_cross_origin"),
    ({"Origin": "https://evil.test"}, "classic_cross_origin"),
    ({"Origin": "https://sibling.example", "Sec_Fetch_Site": "same-site"}, "classic_cross_origin"),
    ({"Sec_Fetch_Site": "cross-site"}, "classic_cross_origin"),
    ({"Origin": "null", "Sec_Fetch_Site": "cross-site"}, "foreign_origin"),
    ({"Content_Type": "text/plain"}, "unsupported_media_type"),
]


@pytest.mark.parametrize(("headers", "code"), SENDERS)
def test_from_a_foreign_page(app: InProcess, p: Hostile, headers: dict[str, str], code: str) -> None:
    """It has the code, and the browser sends the cookie along. The code is not used up."""
    profile = app.browser()
    window, who = comes_back(profile, p)
    answer = profile.fetch("POST", "/auth/acme", {"code": window.code, "redirectUri": PAGE}, **headers)
    assert answer.code == code
    assert app.all_rows()["sessions"] == 0
    assert subject(profile, redeems(profile, window.code)) == who["sub"]


def test_the_code_of_a_relay_page(new_app: NewApp, p: Hostile) -> None:
    """It is worth nothing without the verifier of its own page, here as well."""
    other = "https://app.example"
    relay = {"VALETKEY_ORIGINS": other, "VALETKEY_RELAY": f"{other}/relay"}
    app = new_app(VALETKEY_DELIVERY="token", **relay, **listing(p, PAGE))
    profile = app.browser()
    begun = profile.begin_at("acme", challenge="c" * 43)
    kept = dict(profile.cookies)
    location = profile.come_back(p.approve(begun.send_to)).header("location") or ""
    code = location.partition("&code=")[2]
    assert len(code) == 43
    profile.cookies = kept
    assert redeems(profile, code).code == "code_refused"
    assert app.all_rows()["sessions"] == 0
    signs_in(app, p)


def test_after_a_sign_out(new_app: NewApp, p: Hostile) -> None:
    """What was begun before it ends with it: a code in hand, and a login at the provider."""
    app = new_app(**listing(p, PAGE))
    profile = app.browser()
    window, _ = comes_back(profile, p)
    kept = dict(profile.cookies)
    assert profile.sign_out().status == 204
    for cookies in (dict(profile.cookies), kept):
        profile.cookies = dict(cookies)
        assert redeems(profile, window.code).code in (*REFUSED, "code_refused")
    assert app.all_rows()["sessions"] == 0
