"""C4, C1 and C17 where the page brings the verifier back by a request of its own: the same bindings as everybody's.

A token and verifier of another login, a browser without the login's cookie and a page of another origin get nothing,
and the provider is not asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Browser
from support.classic import LISTED, begun, brought, me, second, world  # noqa: F401  # fixtures
from support.servers import App, Provider


def test_anothers_token_and_verifier(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """The attacker's finished approval in the victim's browser, and the victim's in the attacker's."""
    victim, attacker = browser(), browser()
    theirs = brought(provider.approve(begun(attacker), user_id="901", screen_name="attacker"))
    own = brought(provider.approve(begun(victim), **person))
    before = app.all_rows()
    for profile, fields in ((victim, theirs), (attacker, own)):
        answer = second(profile, fields)
        assert answer.status >= 400
        assert answer.code == "another_browser"
        assert "token" not in answer.json()
    assert provider.exchanges == []
    assert app.all_rows() == before
    answer = second(victim, own)
    assert me(victim, answer.json()["token"]).json()["identities"][0]["subject"] == person["user_id"]
    assert len(provider.exchanges) == 1


@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_ones_own_token_with_anothers_verifier(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], lenient: bool
) -> None:
    """It goes out with the token that was issued, and nobody else comes of it, not at a lenient provider either."""
    provider.set(lenient=lenient)
    profile, other = browser(), browser()
    token = begun(profile)
    provider.approve(token, **person)
    theirs = brought(provider.approve(begun(other), user_id="902", screen_name="other"))
    answer = second(profile, {"oauth_token": token, "oauth_verifier": theirs["oauth_verifier"]})
    assert {call["oauth_token"] for call in provider.exchanges} == {token}
    assert ("token" in answer.json()) == lenient
    if lenient:
        assert me(profile, answer.json()["token"]).json()["identities"][0]["subject"] == person["user_id"]


@pytest.mark.parametrize("without", ["any cookie", "the login's cookie", "cookies, and with a bearer"])
def test_without_the_logins_cookie(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], without: str
) -> None:
    honest, thief = browser(), browser()
    fields = brought(provider.approve(begun(honest), **person))
    headers = {}
    if without == "the login's cookie":
        begun(thief)
    elif without.endswith("bearer"):
        headers["Authorization"] = "Bearer x"
    before = app.all_rows()
    answer = second(thief, fields, **headers)
    assert (answer.status, answer.code) == (
        409,
        "another_browser" if without == "the login's cookie" else "cookies_blocked",
    )
    assert provider.exchanges == []
    assert app.all_rows() == before
    assert second(honest, fields).status == 200
    assert len(provider.exchanges) == 1


def test_a_page_that_still_has_an_old_token(app: App, provider: Provider, browser: Callable[[], Browser]) -> None:
    """It sends it with everything, satellizer's interceptor does: the login's own cookie counts beside it."""
    page = browser()
    fields = brought(provider.approve(begun(page), user_id="904", screen_name="again"))
    answer = second(page, fields, Authorization="Bearer x")
    assert answer.status == 200
    assert me(page, answer.json()["token"]).json()["identities"][0]["subject"] == "904"


FOREIGN = {
    "foreign": ({"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}, "classic_cross_origin"),
    "foreign, that says same-origin": ({"Origin": "https://evil.test"}, "classic_cross_origin"),
    "a sibling": ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-site"}, "classic_cross_origin"),
    "listed, of another site": ({"Origin": LISTED, "Sec-Fetch-Site": "cross-site"}, "classic_cross_origin"),
    "another port": ({"Origin": "http://127.0.0.1:9", "Sec-Fetch-Site": "same-site"}, "classic_cross_origin"),
    "another name of the machine": ({"Origin": "http://localhost:9", "Sec-Fetch-Site": "cross-site"}, "wrong_host"),
    "opaque": ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, "foreign_origin"),
    "opaque, of the site": ({"Origin": "null", "Sec-Fetch-Site": "same-site"}, "foreign_origin"),
}


@pytest.mark.parametrize("whence", FOREIGN)
def test_from_a_foreign_origin(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], whence: str
) -> None:
    """Both steps, with the cookie, which a browser may send along: refused, and the login is there for its own page."""
    headers, code = FOREIGN[whence]
    renamed = {name.replace("-", "_"): value for name, value in headers.items()}
    profile = browser()
    fields = brought(provider.approve(begun(profile), **person))
    before, asked = app.all_rows(), len(provider.journal)
    for sent in ({"name": "twitter"}, fields):
        answer = second(profile, sent, **renamed)
        assert (answer.status, answer.code) == (403, code)
        assert "set-cookie" not in {name.lower() for name, _ in answer.headers}
    assert len(provider.journal) == asked
    assert app.all_rows() == before
    assert second(profile, fields).json()["token"]
    assert len(provider.exchanges) == 1


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_as_a_simple_request(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], kind: str
) -> None:
    """What a page of another site can send without asking first is no second step, wherever it comes from: a form
    begins another login, and anything else is no body of ours."""
    profile = browser()
    fields = brought(provider.approve(begun(profile), **person))
    answer = second(profile, fields, Content_Type=kind)
    assert answer.status == (200 if "urlencoded" in kind else 415)
    assert "json" not in (answer.header("content-type") or "") or answer.code == "unsupported_media_type"
    assert provider.exchanges == []
    assert second(profile, fields).json()["token"]


def test_twice(app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> None:
    """Delivered again with its cookie it is the same session; in the popup, too; and once that has gone, nothing."""
    profile = browser()
    callback = provider.approve(begun(profile), **person)
    kept = dict(profile.cookies)
    sessions = app.rows("sessions")
    first = second(profile, brought(callback)).json()["token"]
    assert profile.login_cookies == {}
    assert second(profile, brought(callback)).code in ("cookies_blocked", "another_browser")
    profile.cookies = kept
    assert second(profile, brought(callback)).json()["token"] == first
    assert app.rows("sessions") == sessions + 1
    assert len(provider.exchanges) == 1


MALFORMED: list[dict[str, object]] = [
    {"oauth_verifier": "x" * 1025},
    {"oauth_verifier": ["a"]},
    {"oauth_verifier": {"a": 1}},
    {"oauth_token": ""},
    {"oauth_token": ["a"]},
    {"oauth_token": None},
    {"denied": "1"},
]


@pytest.mark.parametrize("fields", MALFORMED, ids=lambda fields: str(fields)[:40])
def test_malformed(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], fields: dict[str, object]
) -> None:
    """Refused before anything is asked, and the login is not lost to its page."""
    profile = browser()
    good = brought(provider.approve(begun(profile), **person))
    before = app.all_rows()
    answer = profile.fetch("POST", "/auth/twitter", {**good, **fields})
    assert (answer.status, answer.code) == (400, "bad_request")
    assert provider.exchanges == []
    assert app.all_rows() == before
    assert second(profile, good).json()["token"]
    assert len(provider.exchanges) == 1
