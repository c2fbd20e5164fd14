"""A page that speaks OAuth 2.0 itself, between its start and its code: what it gets of every end that a login has, in
both deliveries, on several nodes and below a path."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.hostile import Hostile
from support.hostile_http import Reply
from support.in_process import BASE, InProcess, Visitor, in_process
from support.listed import (  # noqa: F401  # fixture
    NAMES,
    PAGE,
    app,
    comes_back,
    landed,
    leads,
    listing,
    redeems,
    signs_in,
    starts,
    subject,
)
from support.servers import SECRET
from support.with_p import NewApp, a_person, empty_database, new_app, p, running_p  # noqa: F401  # fixtures

from valetkey.web import replies
from valetkey.web.once_per_minute import OncePerMinute

OTHER_SECRET = "EsSqNeSGUu5a6EWq2AnEDQRimD3ex13mECg8iFcdu3Z3HVaR"


@pytest.mark.parametrize("name", NAMES)
def test_in_token_delivery(app: InProcess, p: Hostile, name: str) -> None:
    profile = signs_in(app, p, name, state="s")
    assert profile.session_cookie is None
    assert app.all_rows() == {"accounts": 1, "identities": 1, "sessions": 1, "login_claims": 1}


@pytest.mark.parametrize("name", NAMES)
def test_in_cookie_delivery(new_app: NewApp, p: Hostile, name: str) -> None:
    """As a page of X's: the answer is the account, and the session is in the cookie. Not before."""
    app = new_app(**listing(p, PAGE))
    profile = app.browser()
    window, who = comes_back(profile, p, name)
    assert profile.session_cookie is None
    answer = redeems(profile, window.code, name)
    assert (answer.status, set(answer.json())) == (200, {"account"})
    assert answer.json()["account"]["identities"][0]["subject"] == who["sub"]
    assert profile.session_cookie
    assert profile.account() == answer.json()["account"]
    assert profile.login_cookies == {}


def test_a_second_sign_in_replaces_the_first(new_app: NewApp, p: Hostile) -> None:
    app = new_app(**listing(p, PAGE))
    profile = app.browser()
    for _ in range(2):
        window, who = comes_back(profile, p)
        before = profile.session_cookie
        assert redeems(profile, window.code).status == 200
        assert profile.account()["identities"][0]["subject"] == who["sub"]
        if before:
            old = profile.request("GET", "/auth/session", headers={"Authorization": f"Bearer {before}"})
            assert old.json()["account"] is None


def test_a_session_that_ended_meanwhile(new_app: NewApp, p: Hostile) -> None:
    """The page held one when it began. A sign-out on another device ends what was begun with it."""
    app = new_app(**listing(p, PAGE))
    profile = app.browser()
    window, _ = comes_back(profile, p)
    redeems(profile, window.code)
    device = Visitor(app)
    device.cookies = {name: one for name, one in profile.cookies.items() if "session" in name}
    window, _ = comes_back(profile, p)
    assert device.sign_out().status == 204
    assert redeems(profile, window.code).code == "session_changed"
    assert app.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == [(0,)]


# The callback


def test_the_same_callback_ten_times(app: InProcess, p: Hostile) -> None:
    """Each of them gets the one code of the login."""
    profile = app.browser()
    who = a_person()
    callback = p.approve(starts(profile, state="s").header("location") or "", who)
    copies = [Visitor(app) for _ in range(10)]
    for one in copies:
        one.cookies = dict(profile.cookies)
    with ThreadPoolExecutor(10) as pool:
        windows = [landed(one) for one in pool.map(lambda one: one.come_back(callback), copies)]
    assert len({tuple(one.query.items()) for one in windows}) == 1
    assert len(p.calls("token")) == 1
    assert subject(profile, redeems(profile, windows[0].code)) == who["sub"]
    late = landed(profile.come_back(callback)) if profile.login_cookies else None
    assert late is None
    assert app.all_rows()["sessions"] == 1


def test_a_lost_reply(app: InProcess, p: Hostile) -> None:
    """The login begins again in its window, and ends at the page with the page's state."""
    profile = app.browser()
    callback = p.approve(starts(profile, state="kept").header("location") or "")
    p.replace("token", Reply(drop=True), times=2)
    again = profile.come_back(callback)
    assert (again.status, again.send_to.partition("?")[0]) == (200, f"{p.origin}/acme/authorize")
    who = a_person()
    window = landed(profile.come_back(p.approve(again.send_to, who)))
    assert (window.address, window.query["state"]) == (PAGE, "kept")
    assert subject(profile, redeems(profile, window.code)) == who["sub"]


def test_on_three_nodes_while_the_secret_changes(new_app: NewApp, p: Hostile) -> None:
    """Each step is answered by another node, of which the second seals with a newer secret."""
    variables = {"VALETKEY_DELIVERY": "token", **listing(p, PAGE)}
    first = new_app(**variables, VALETKEY_SECRET=f"{SECRET},{OTHER_SECRET}")
    with in_process(first.database, **variables, VALETKEY_SECRET=f"{OTHER_SECRET},{SECRET}") as second:
        profile, who = first.browser(), a_person()
        callback = p.approve(starts(profile).header("location") or "", who)
        profile.app = second
        window = landed(profile.come_back(callback))
        assert landed(profile.come_back(callback)).code == window.code
        profile.app = first
        assert landed(profile.come_back(callback)).code == window.code
        assert subject(profile, redeems(profile, window.code)) == who["sub"]


def test_a_worker_answers_the_callback_with_the_page(app: InProcess, p: Hostile) -> None:
    """The module in it asks by script, and goes where the redirect would have led."""
    profile = app.browser()
    callback = p.approve(starts(profile, state="s").header("location") or "")
    headers = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"}
    answer = profile.come_back(callback, headers=headers)
    assert answer.status == 200
    assert answer.json()["go_to"].startswith(f"{PAGE}?code=")
    assert answer.json()["go_to"].endswith("&state=s#")


# What a page learns of a login that failed


def test_a_cancel(app: InProcess, p: Hostile) -> None:
    """As often as it is delivered; and the page signs in afterwards, in the same browser."""
    profile = app.browser()
    callback = p.refuse(starts(profile, state="a&b").header("location") or "")
    for _ in range(2):
        assert (profile.come_back(callback).header("location") or "") == f"{PAGE}?error=access_denied&state=a%26b#"
    assert p.calls("token") == []
    window, who = comes_back(profile, p)
    assert subject(profile, redeems(profile, window.code)) == who["sub"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(400, {"error": "invalid_client"}), "wrong_keys"),
        (Reply(200, {"nothing": "usable"}), "provider_reply_invalid"),
    ],
)
def test_an_error_of_the_provider(app: InProcess, p: Hostile, reply: Reply, code: str) -> None:
    profile = app.browser()
    callback = p.approve(starts(profile, state="s").header("location") or "")
    p.replace("token", reply)
    for _ in range(2):
        window = landed(profile.come_back(callback))
        assert (window.address, window.query) == (PAGE, {"error": code, "state": "s"})
    assert app.all_rows()["sessions"] == 0


def test_a_callback_that_comes_too_late(app: InProcess, p: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = app.browser()
    callback = p.approve(starts(profile).header("location") or "")
    monkeypatch.setattr("valetkey.login.judging.ATTEMPT_SECONDS", -1.0)
    assert landed(profile.come_back(callback)).query == {"error": "expired"}
    assert p.calls("token") == []


def test_a_start_that_the_provider_does_not_answer(
    app: InProcess, p: Hostile, caplog: pytest.LogCaptureFixture
) -> None:
    """The page learns it at once, and no login is left behind. The developer learns why."""
    p.replace("discovery", Reply(500, {}))
    profile = app.browser()
    answer = starts(profile, state="s")
    assert landed(answer).query == {"error": "provider_unavailable", "state": "s"}
    assert landed(answer).address == PAGE
    assert profile.login_cookies == {}
    assert [one for one in caplog.messages if one.startswith("acme: provider_unavailable: ")]
    p.restore("discovery")


def test_starts_are_counted(new_app: NewApp, p: Hostile) -> None:
    """As those of the module are, in the same count; and a refused one reaches nobody but the page."""
    app = new_app(**listing(p, PAGE), VALETKEY_START_LIMIT="2", VALETKEY_PROXIES="127.0.0.1")
    headers = {"X-Forwarded-For": "203.0.113.9"}
    path = f"/auth/github/authorize?redirect_uri={PAGE}&state=s"
    ends = [leads(app.browser(), path, **headers) for _ in range(4)]
    assert [(one.header("location") or "").partition("?")[0] for one in ends[2:]] == [PAGE, PAGE]
    assert landed(ends[3]).query == {"error": "rate_limited", "state": "s"}
    assert ends[3].all("set-cookie") == []
    assert app.browser().submit("/auth/github", {}, **headers).status == 429
    assert leads(app.browser(), path, X_Forwarded_For="198.51.100.7").status == 303


# What its developer is shown


@pytest.mark.parametrize("kind", ["unlisted", "without the line", "foreign"])
def test_the_log_names_what_is_set_wrong(
    app: InProcess, p: Hostile, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """One warning a minute, with the variable or the line, and nothing that the request said."""
    elsewhere = {"Sec_Fetch_Site": "cross-site"}
    monkeypatch.setattr(replies, "_refused_pages", OncePerMinute())
    with caplog.at_level(logging.INFO, "valetkey"):
        for _ in range(3):
            if kind == "unlisted":
                starts(app.browser(), page="http://127.0.0.1:8000/mine")
            elif kind == "foreign":
                leads(
                    app.browser(),
                    f"/auth/acme/authorize?redirect_uri={PAGE}",
                    Referer="https://mine.test/",
                    **elsewhere,
                )
            else:
                app.browser().fetch("POST", "/auth/acme", {"code": "mine", "redirectUri": PAGE})
    (warning,) = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    named = {
        "unlisted": "ACME_CALLBACK_URL after the first, byte for byte",
        "without the line": "authorizationEndpoint: '/auth/acme/authorize'",
        "foreign": "Referrer-Policy: no-referrer",
    }
    assert named[kind] in warning
    assert "mine" not in caplog.text


def test_a_json_request_where_no_page_is_listed(new_app: NewApp, p: Hostile) -> None:
    app = new_app(**{**listing(p), "VALETKEY_URL": f"{BASE}/app"})
    profile = app.browser()
    for fields in ({}, {"code": "x" * 43, "redirectUri": BASE}, {"redirectUri": BASE}):
        answer = profile.fetch("POST", "/auth/acme", fields)
        assert (answer.status, answer.code, answer.json()["error"]["developer"]) == (400, "bad_request", True)
        assert "authorizationEndpoint: '/app/auth/acme/authorize'" in answer.json()["error"]["hint"]
        assert "ACME_CALLBACK_URL" in answer.json()["error"]["hint"]


def test_linking_is_the_modules(app: InProcess, p: Hostile) -> None:
    profile = app.browser()
    window, who = comes_back(profile, p)
    answer = profile.fetch("POST", "/auth/acme/link", {"code": window.code, "redirectUri": PAGE})
    assert (answer.status, answer.code) == (400, "bad_request")
    assert leads(profile, f"/auth/acme/link/authorize?redirect_uri={PAGE}").status == 404
    assert subject(profile, redeems(profile, window.code)) == who["sub"]


# Where the app is


def test_below_a_path(new_app: NewApp, p: Hostile, tmp_path: Path) -> None:
    """The provider gets the public address of our callback; the page gets what is listed."""
    variables = listing(p) | {"VALETKEY_URL": f"{BASE}/app", "ACME_CALLBACK_URL": f"{BASE}/app/auth/acme,{BASE}/app/"}
    app = new_app(VALETKEY_DELIVERY="token", **variables)
    profile, who = app.browser(), a_person()
    started = starts(profile, page=f"{BASE}/app/")
    callback = p.approve(started.header("location") or "", who)
    assert callback.startswith(f"{BASE}/app/auth/acme?")
    window = landed(profile.come_back(callback.replace("/app/auth", "/auth")))
    assert window.address == f"{BASE}/app/"
    assert subject(profile, redeems(profile, window.code, page=f"{BASE}/app/")) == who["sub"]


def test_a_page_at_a_long_address(new_app: NewApp, p: Hostile) -> None:
    """It is no part of the login's cookie that a long value loses. A browser keeps 4,096 octets of a cookie."""
    page = f"{PAGE}/{'long/' * 180}"
    app = new_app(VALETKEY_DELIVERY="token", **listing(p, page))
    profile = app.browser()
    window, who = comes_back(profile, p, page=page, state='"' * 256)
    assert (window.address, window.query["state"]) == (page, '"' * 256)
    (cookie,) = profile.login_cookies.items()
    assert 2200 < len("=".join(cookie)) < 4096
    assert subject(profile, redeems(profile, window.code, page=page)) == who["sub"]


def test_it_starts_the_sandbox(app: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a page may load nothing of ours before it begins a login."""
    asked: list[str] = []
    monkeypatch.setattr("valetkey.web.sandbox_start.SandboxStart.ensure", lambda self: asked.append("started"))
    app.browser().fetch("GET", "/auth/session")
    assert asked == []
    starts(app.browser())
    assert asked == ["started"]


def test_a_page_of_another_origin_of_the_site(new_app: NewApp, p: Hostile) -> None:
    """It is listed as a page and as an origin, and sends its cookies along."""
    other = "http://127.0.0.1:5173"
    app = new_app(VALETKEY_DELIVERY="token", VALETKEY_ORIGINS=other, **listing(p, other))
    profile, who = app.browser(), a_person()
    path = f"/auth/acme/authorize?redirect_uri={other}"
    started = leads(profile, path, Referer=f"{other}/", Sec_Fetch_Site="same-site")
    window = landed(profile.come_back(p.approve(started.header("location") or "", who)))
    profile.origin, profile.site = other, "same-site"
    kept, profile.cookies = profile.cookies, {}
    answer = redeems(profile, window.code, page=other)
    assert (answer.status, answer.code) == (403, "classic_cross_origin")
    profile.cookies = kept
    answer = redeems(profile, window.code, page=other)
    assert set(answer.json()) == {"token"}
    assert answer.header("access-control-allow-origin") == other
