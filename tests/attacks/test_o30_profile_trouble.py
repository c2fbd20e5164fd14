"""O30: the access token is there, and the requests that follow fail. C31, for OAuth 2.0.

Where the profile says who the user is, the login depends on it; a name, a picture or an e-mail address never decides.
"""

from __future__ import annotations

import time

import pytest
from support.hostile import ABSENT, Hostile
from support.hostile_http import Reply
from support.in_process import InProcess
from support.with_p import NewApp, a_person, refuses, signs_in

HTML = b"<!doctype html><html><body>Sign in to the network</body></html>"
# The reply, the error, and how often the profile is read.
FAILURES: dict[str, tuple[Reply, str, int]] = {
    "401": (Reply(401, {"message": "Bad credentials"}), "provider_refused", 1),
    "403, a scope is missing": (Reply(403, {"message": "Resource not accessible"}), "provider_refused", 1),
    "404": (Reply(404, {"message": "Not Found"}), "provider_refused", 1),
    "429": (Reply(429, {"message": "slow down"}, {"Retry-After": "7"}), "rate_limited", 1),
    "500": (Reply(500, b"oops"), "provider_unavailable", 2),
    "503, a page": (Reply(503, HTML), "provider_unavailable", 2),
    "hangs up": (Reply(drop=True), "provider_unavailable", 2),
    "204": (Reply(204), "provider_reply_invalid", 1),
    "a redirect": (Reply(302, headers={"Location": "https://evil.test/"}), "provider_reply_invalid", 1),
    "a page": (Reply(200, HTML), "provider_reply_invalid", 1),
    "empty": (Reply(200, b""), "provider_reply_invalid", 1),
    "cut": (Reply(200, b'{"id": 1815'), "provider_reply_invalid", 1),
    "two of everything": (Reply(200, b'{"id": 1815, "id": 1816}'), "provider_reply_invalid", 1),
    "a list": (Reply(200, [{"id": 1815}]), "provider_reply_invalid", 1),
    "null": (Reply(200, b"null"), "provider_reply_invalid", 1),
    "nobody": (Reply(200, {}), "provider_reply_invalid", 1),
    "an error at 200": (Reply(200, {"error": {"code": 190}}), "provider_reply_invalid", 1),
    "too long": (Reply(200, {"id": 1815, "x": "y" * (1 << 21)}), "provider_reply_invalid", 1),
}


def test_the_profile_that_says_who_it_is(app_with_p: InProcess, p: Hostile) -> None:
    """The code is exchanged once, the profile read again only after an outage, and nobody is signed in."""
    for what, (reply, code, times) in FAILURES.items():
        p.replace("profile", reply)
        calls = ("token", *["profile"] * times)
        answer = refuses(app_with_p, p, "github", code, calls=calls, what=what)
        assert {one.status for one in p.calls("token")} == {200}, what
        assert answer.status == 303
        p.restore("profile")
        signs_in(app_with_p, p, "github")
    assert {subject for _, subject in app_with_p.identities()}.isdisjoint({"1815", "1816"})


@pytest.mark.parametrize("name", ["discord", "facebook", "twitter"])
def test_at_other_providers(new_app: NewApp, p: Hostile, name: str) -> None:
    keys = {f"{name.upper()}_CLIENT_ID": p.client_id, f"{name.upper()}_CLIENT_SECRET": p.client_secret}
    app = new_app(VALETKEY_PROVIDERS=name, **{f"VALETKEY_{name.upper()}_BASE": f"{p.origin}/{name}"}, **keys)
    for what in ("401", "429", "500", "a page", "nobody"):
        reply, code, times = FAILURES[what]
        p.replace("profile", reply)
        refuses(app, p, name, code, calls=("token", *["profile"] * times), what=what)
        p.restore("profile")
    who = a_person()
    profile = app.browser()
    assert profile.return_from(p, profile.begin_at(name), who).status == 303
    assert profile.account()["identities"][0]["subject"] == who["sub"]


def test_an_outage_of_a_moment(app_with_p: InProcess, p: Hostile) -> None:
    """The repeat lands, with the same access token."""
    p.replace("profile", status=503, times=1)
    signs_in(app_with_p, p, "github")
    first, second = p.calls("profile")
    assert first.headers["authorization"] == second.headers["authorization"]
    assert len(p.calls("token")) == 1


def test_one_that_is_slow(app_with_p: InProcess, p: Hostile) -> None:
    """Its budget ends, and with it the login: in good time, and not as another one."""
    p.replace("profile", delay=20.0)
    started = time.monotonic()
    refuses(app_with_p, p, "github", "provider_unavailable", calls=("token", "profile", "profile"))
    assert time.monotonic() - started < 5
    p.restore("profile")
    signs_in(app_with_p, p, "github")


OPTIONAL: dict[str, Reply] = {what: reply for what, (reply, _, _) in FAILURES.items()}


def test_an_e_mail_request_that_fails_fails_no_login(app_with_p: InProcess, p: Hostile) -> None:
    """It is sent once, and the identity has no address. The control has one."""
    for what, reply in OPTIONAL.items():
        p.replace("emails", reply)
        profile = signs_in(app_with_p, p, "github")
        identity = profile.account()["identities"][0]
        assert (identity["email"], identity["email_verified"]) == (None, False), what
        assert len(p.calls("emails")) == 1, what
        p.restore("emails")
        p.forget()
    assert signs_in(app_with_p, p, "github").account()["identities"][0]["email_verified"] is True


def test_a_userinfo_request_that_fails_fails_no_login(app_with_p: InProcess, p: Hostile) -> None:
    """The ID token has said who it is."""
    for what, reply in OPTIONAL.items():
        p.claims = {"name": ABSENT, "email": ABSENT, "email_verified": ABSENT}
        p.replace("userinfo", reply)
        identity = signs_in(app_with_p, p).account()["identities"][0]
        assert (identity["name"], identity["email"]) == (None, None), what
        assert len(p.calls("userinfo")) == 1, what
        p.restore("userinfo")
        p.forget()
    assert signs_in(app_with_p, p).account()["identities"][0]["name"]


@pytest.mark.parametrize(("name", "endpoint"), [("github", "emails"), ("acme", "userinfo")])
def test_an_optional_one_that_is_slow(app_with_p: InProcess, p: Hostile, name: str, endpoint: str) -> None:
    """The login waits for it no longer than its budget."""
    p.claims = {"name": ABSENT, "email": ABSENT} if name == "acme" else {}
    p.replace(endpoint, delay=20.0, times=1)
    started = time.monotonic()
    assert signs_in(app_with_p, p, name).account()["identities"][0]["email"] is None
    assert time.monotonic() - started < 4
    assert signs_in(app_with_p, p, name).account()["identities"][0]["email"]
