"""O5: the callback's ``iss`` is the issuer's name, to the letter, or the callback is another's. RFC 9207 §2.4."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.hostile import ABSENT, Hostile
from support.plain import plain
from support.with_p import NewApp, signs_in, stays_out, variables

PROMISED = "authorization_response_iss_parameter_supported"

WRONG: dict[str, Callable[[str], object]] = {
    "another's": lambda own: "https://accounts.google.com",
    "empty": lambda own: "",
    "another path": lambda own: own + "x",
    "its origin": lambda own: own.rpartition("/")[0],
    "slash at the end": lambda own: own + "/",
    "upper case": lambda own: own.upper(),
    "host in upper case": lambda own: own.replace("localhost", "LOCALHOST"),
    "another name of the host": lambda own: own.replace("localhost", "127.0.0.1"),
    "another scheme": lambda own: own.replace("http:", "https:"),
    "without a scheme": lambda own: own.partition("://")[2],
    "encoded": lambda own: own.replace(":", "%3A"),
    "with a space": lambda own: own + " ",
    "with a line end": lambda own: own + "\n",
    "with a fragment": lambda own: own + "#",
    "twice": lambda own: [own, own],
    "twice, one of them wrong": lambda own: [own, "https://evil.test"],
}


@pytest.mark.parametrize("promised", [True, False], ids=["promised", "not promised"])
@pytest.mark.parametrize("approved", [True, False], ids=["approved", "error"])
def test_a_wrong_one(new_app: NewApp, p: Hostile, promised: bool, approved: bool) -> None:
    """Refused with 0 calls, on an error, too; and the login is not used up: the honest callback lands."""
    p.metadata = {PROMISED: promised}
    app, issuer = new_app(VALETKEY_PROVIDERS="acme", **variables(p)), f"{p.origin}/acme"
    for what, wrong in WRONG.items():
        profile = app.browser()
        begun = profile.begin_at("acme")
        before = app.all_rows()
        p.forget()
        p.callback = {"iss": wrong(issuer)}
        if not approved:
            p.callback |= {"code": ABSENT, "error": "access_denied"}
        answer = profile.come_back(p.approve(begun.send_to))
        assert answer.code not in (None, "denied"), what
        stays_out(profile)
        assert p.calls() == [], what
        assert app.all_rows() == before
        p.callback = {"iss": issuer}
        assert profile.come_back(p.approve(begun.send_to)).code is None
        assert profile.account()


def test_absent_where_it_is_promised(new_app: NewApp, p: Hostile) -> None:
    """An attacker who could leave it out would need no right one."""
    p.metadata = {PROMISED: True}
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    profile = app.browser()
    begun = profile.begin_at("acme")
    p.forget()
    assert profile.come_back(p.approve(begun.send_to)).code
    stays_out(profile)
    assert p.calls() == []
    p.callback = {"iss": f"{p.origin}/acme"}
    signs_in(app, p)


def test_an_error_without_it_is_an_error(new_app: NewApp, p: Hostile) -> None:
    """Providers that promise it leave it out of errors. What the user refused is refused."""
    p.metadata = {PROMISED: True}
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    profile = app.browser()
    p.forget()
    assert profile.come_back(p.refuse(profile.begin_at("acme").send_to)).code == "denied"
    assert p.calls("token") == []


@pytest.mark.parametrize("value", ["promised", "not promised", "text"])
def test_the_right_one_signs_in(new_app: NewApp, p: Hostile, value: str) -> None:
    """The control. A promise is JSON's true, and nothing else."""
    p.metadata = {PROMISED: {"promised": True, "not promised": False, "text": "true"}[value]}
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    p.callback = {"iss": f"{p.origin}/acme"}
    signs_in(app, p)
    if value != "promised":
        p.callback = {}
        signs_in(app, p)


@pytest.mark.parametrize("iss", ["https://github.com/login/oauth", "https://evil.test", "", "x"])
def test_of_an_issuer_that_nobody_knows(new_app: NewApp, p: Hostile, iss: str) -> None:
    """A provider whose record names no issuer may start to send one overnight: it is ignored."""
    app = new_app((plain(p),))
    p.callback = {"iss": iss}
    signs_in(app, p, "plain")


def test_of_a_provider_without_metadata_whose_issuer_is_known(new_app: NewApp, p: Hostile) -> None:
    """OAuth 2.0 alone, as GitHub since 2026: a wrong one is refused, the right one and none at all sign in."""
    issuer = "https://github.com/login/oauth"
    app = new_app(
        VALETKEY_PROVIDERS="github",
        VALETKEY_GITHUB_BASE=f"{p.origin}/github",
        VALETKEY_GITHUB_ISSUER=issuer,
        GITHUB_CLIENT_ID=p.client_id,
        GITHUB_CLIENT_SECRET=p.client_secret,
    )
    for wrong in ("https://github.com", f"{issuer}/", "https://github.com/LOGIN/oauth", "https://accounts.google.com"):
        profile = app.browser()
        begun = profile.begin_at("github")
        p.callback = {"iss": wrong}
        p.forget()
        assert profile.come_back(p.approve(begun.send_to)).code, wrong
        stays_out(profile)
        assert p.calls() == [], wrong
    for right in ({"iss": issuer}, {}):
        p.callback = {**right}
        signs_in(app, p, "github")
