"""O29: the user refuses, in every spelling that providers have, and with a description of an attacker's.

RFC 6749 §4.1.2.1; Facebook, LinkedIn, Apple, LINE and Entra have words of their own.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from support.apples import apple_variables
from support.browser import Answer, Begun
from support.hostile import Hostile
from support.in_process import InProcess, Visitor
from support.with_p import NewApp, a_person, signs_in, stays_out, variables

NAMES = ("acme", "github", "apple")
CANCELS: dict[str, dict[str, str]] = {
    "the standard's": {"error": "access_denied"},
    "Twitch's": {"error": "access_denied", "error_description": "The user denied you access"},
    "Facebook's": {
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
    },
    "Facebook's, without error": {"error_code": "200", "error_reason": "user_denied"},
    "LinkedIn's at its login page": {"error": "user_cancelled_login"},
    "LinkedIn's and Apple's": {"error": "user_cancelled_authorize"},
    "Mixcloud's": {"error": "user_denied"},
    "Entra's": {"error": "access_denied", "error_subcode": "cancel"},
    "LINE's": {"error": "ACCESS_DENIED", "errorCode": "417"},
    "cancelled": {"error": "cancelled"},
    "canceled": {"error": "canceled"},
    "with an address": {"error": "access_denied", "error_uri": "https://evil.test/"},
}
# What is no cancel, and what the page learns then.
OTHERS: dict[str, tuple[dict[str, str], str]] = {
    "consent is due": ({"error": "consent_required"}, "provider_refused"),
    "a login is due": ({"error": "login_required"}, "provider_refused"),
    "interaction is due": ({"error": "interaction_required", "error_subcode": "x"}, "provider_refused"),
    "an account is to be selected": ({"error": "account_selection_required"}, "provider_refused"),
    "a scope": ({"error": "invalid_scope"}, "provider_refused"),
    "a code that nobody knows": ({"error": "<script>alert(1)</script>"}, "provider_refused"),
    "a word that has another in it": ({"error": "access_denied_by_policy"}, "provider_refused"),
    "with a space": ({"error": "access_denied "}, "provider_refused"),
    "empty": ({"error": ""}, "provider_refused"),
    "a configuration, without error": ({"error_code": "1349168", "error_message": "x"}, "provider_refused"),
    "an outage": ({"error": "temporarily_unavailable"}, "provider_unavailable"),
    "their fault": ({"error": "server_error"}, "provider_unavailable"),
    "GitHub's for its developer": ({"error": "redirect_uri_mismatch"}, "callback_not_approved"),
    "GitHub's, suspended": ({"error": "application_suspended"}, "app_not_allowed"),
}
DESCRIPTIONS = {
    "a lie": "Your account is locked. Call 555 0100.",
    "HTML": "<img src=x onerror=alert(1)><script>alert(2)</script>",
    "a header": "canary, Set-Cookie: valetkey-session=evil; Path=/",
    "a secret": "code=canary&token=canary",
    "long": "canary" * 500,
}


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    github = {"GITHUB_CLIENT_ID": p.client_id, "GITHUB_CLIENT_SECRET": p.client_secret}
    base = {"VALETKEY_GITHUB_BASE": f"{p.origin}/github"}
    return new_app(VALETKEY_PROVIDERS=",".join(NAMES), **variables(p), **apple_variables(p), **github, **base)


def refused(profile: Visitor, p: Hostile, begun: Begun, fields: dict[str, str]) -> Answer:
    """The provider's answer, by form or in the address, as it was asked for."""
    if "response_mode=form_post" not in begun.send_to:
        return profile.come_back(p.refuse(begun.send_to, fields.get("error"), **_without_error(fields)))
    address, approved = p.approved(begun.send_to)
    posted = profile.post_back(address, [*fields.items(), ("state", dict(approved)["state"])])
    return profile.visit(posted.header("location") or "") if posted.status == 303 else posted


def _without_error(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name != "error"}


def ends(app: InProcess, p: Hostile, name: str, fields: dict[str, str], code: str) -> Iterator[Answer]:
    """The whole login ends with this code: nothing is asked, no row is there, no cookie is left. What was answered."""
    profile, before = app.browser(), app.all_rows()
    begun = profile.begin_at(name)
    p.forget()
    answer = refused(profile, p, begun, fields)
    assert (answer.status, answer.code) == (303, code), (fields, answer.text)
    yield profile.visit(answer.header("location") or "")
    told = profile.collect(begun.login)
    login = told.json()["login"]
    assert login["state"] == ("denied" if code == "denied" else "failed")
    if code != "denied":
        assert login["error"]["code"] == code
    yield told
    stays_out(profile)
    assert profile.login_cookies == {}
    assert p.calls() == []
    assert app.all_rows() == before


@pytest.mark.parametrize("name", NAMES)
def test_each_spelling_is_a_cancel(app: InProcess, p: Hostile, name: str) -> None:
    for fields in CANCELS.values():
        page, _ = ends(app, p, name, fields, "denied")
        assert page.status == 403
        assert "You chose not to sign in." in page.text
    p.claims = {}
    signs_in(app, p, "acme" if name == "apple" else name)


@pytest.mark.parametrize("name", NAMES)
def test_other_errors_are_none(app: InProcess, p: Hostile, name: str) -> None:
    for fields, code in OTHERS.values():
        page, _ = ends(app, p, name, fields, code)
        assert "You chose not to sign in." not in page.text
        assert "<script>alert" not in page.text
    signs_in(app, p, "acme" if name == "apple" else name)


@pytest.mark.parametrize("error", ["access_denied", "invalid_scope", "canary"])
@pytest.mark.parametrize("name", NAMES)
def test_descriptions_are_never_shown(
    app: InProcess, p: Hostile, caplog: pytest.LogCaptureFixture, name: str, error: str
) -> None:
    """On no page, in no JSON, header or log: whoever makes an address writes them. Nor is a code that nobody knows."""
    caplog.set_level(logging.DEBUG)
    code = "denied" if error == "access_denied" else "provider_refused"
    for text in DESCRIPTIONS.values():
        fields = {"error": error, "error_description": text, "error_message": text, "error_uri": f"http://x/?{text}"}
        if name != "apple":  # an address has a limit, and a form has its own
            fields = {key: value[:900] for key, value in fields.items()}
        for answer in ends(app, p, name, fields, code):
            shown = answer.text + str(answer.headers)
            for word in ("canary", "alert", "555 0100", "locked", "evil"):
                assert word not in shown
    assert "canary" not in caplog.text
    assert "555 0100" not in caplog.text


@pytest.mark.parametrize("name", ["acme", "github"])
def test_one_of_ten_kilobytes_ends_no_login(app: InProcess, p: Hostile, name: str) -> None:
    """The address is too long to be read. The login goes on, and its user's own callback lands."""
    profile, who = app.browser(), a_person()
    begun = profile.begin_at(name)
    p.forget()
    answer = profile.come_back(p.refuse(begun.send_to, error_description="x" * 10_000))
    assert answer.code == "bad_request"
    assert profile.session(begun.login)["login"]["state"] == "waiting"
    assert profile.return_from(p, begun, who).status == 303
    assert profile.account()["identities"][0]["subject"] == who["sub"]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_what_contradicts_itself_ends_no_login(app: InProcess, p: Hostile, name: str) -> None:
    """A code and an error, an error twice, neither of them; and what has line ends, which no parameter has."""
    profile, who = app.browser(), a_person()
    begun = profile.begin_at(name)
    p.forget()
    injected = "error=access_denied&error_description=x%0D%0ASet-Cookie:%20valetkey-session=canary"
    twice = "error=access_denied&error=access_denied"
    for query in ("error=access_denied&code=x", twice, "error_description=x", injected):
        assert profile.visit(f"/auth/{name}?{query}&state={begun.token}").code == "bad_request"
    assert p.calls() == []
    assert profile.return_from(p, begun, who).status == 303
    assert profile.account()["identities"][0]["subject"] == who["sub"]
