"""O20: Apple's ``user`` field is unsigned: a page that makes a browser post the form writes it. It is a name at
most.

https://developer.apple.com/documentation/signinwithapple/incorporating-sign-in-with-apple-into-other-platforms
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.apples import NAMELESS, apple_variables, user_field
from support.hostile import ABSENT, Hostile
from support.in_process import InProcess, Visitor
from support.with_p import NewApp, a_person, signs_in, stays_out, variables

NAME_COOKIE = "valetkey-posted-name"


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    p.claims = dict(NAMELESS)
    return new_app(VALETKEY_PROVIDERS="apple,acme", **apple_variables(p), **variables(p))


def identity(profile: Visitor) -> dict[str, Any]:
    account = profile.account()
    assert account is not None
    (one,) = account["identities"]
    return dict(one)


def lands(app: InProcess, p: Hostile, user: str | None, who: dict[str, object] | None = None) -> dict[str, Any]:
    """Somebody signs in with this field beside the answer."""
    profile = app.browser()
    begun = profile.begin_at("apple")
    answer = profile.return_from(p, begun, who or a_person(), **({} if user is None else {"user": user}))
    assert (answer.status, answer.code) == (303, None), answer.text
    return identity(profile)


def test_an_address_in_it_is_nobodys(app: InProcess, p: Hostile) -> None:
    """Beside a token that has another, or none; and whatever else the field says of the user."""
    forged = user_field(
        email="victim@example.com", email_verified=True, sub="1", id="1", user_id="1", picture="https://evil.test/x.png"
    )
    who = a_person()
    found = lands(app, p, forged, who)
    assert (found["subject"], found["email"], found["email_verified"]) == (who["sub"], who["email"], True)
    assert (found["name"], found["picture"]) == ("Ada Lovelace", None)
    p.claims = {**NAMELESS, "email": ABSENT}
    found = lands(app, p, forged)
    assert (found["email"], found["email_verified"]) == (None, False)
    assert {subject for _, subject in app.identities()}.isdisjoint({"1"})
    assert b"victim@example.com" not in app.database.read_bytes()


NAMES: dict[str, tuple[object, object]] = {
    "HTML": ("<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>"),
    "line ends": ("Ada\r\nSet-Cookie: x=y", "Love\nlace"),
    "zeros": ("A\0da", "Love\0lace"),
    "half characters": ("\ud800Ada", "Lovelace\udfff"),
    "direction marks": ("\u202eAda", "Lovelace\u2066"),
    "5 kB": ("A" * 5_000, "L" * 5_000),
}


@pytest.mark.parametrize("parts", NAMES.values(), ids=list(NAMES))
def test_a_name_is_text(app: InProcess, p: Hostile, parts: tuple[object, object]) -> None:
    """Of a hundred characters at most, in one line. No page of ours has it as HTML, and no header has it at all."""
    profile = app.browser()
    begun = profile.begin_at("apple")
    answer = profile.return_from(p, begun, a_person(), user=user_field(*parts))
    assert answer.status == 303
    name = identity(profile)["name"]
    assert name and len(name) <= 100
    assert not any(char < " " or char in "\x7f\u2028\u2029" or "\ud800" <= char <= "\udfff" for char in name)
    profile.visit(answer.header("location") or "")
    for seen in profile.seen:
        head = "\n".join(f"{key}: {value}" for key, value in seen.headers)
        assert "alert(1)" not in head and "Set-Cookie: x" not in head
        if "text/html" in (seen.header("content-type") or ""):
            assert "alert(1)" not in seen.text


UNUSABLE: dict[str, str] = {
    "empty": "",
    "no JSON": "{",
    "a text": '"Ada"',
    "a list": '[{"name": {"firstName": "Ada"}}]',
    "null": "null",
    "name a text": '{"name": "Ada"}',
    "name null": '{"name": null}',
    "parts that are none": '{"name": {"firstName": 7, "lastName": ["x"]}}',
    "parts that are objects": '{"name": {"firstName": {"x": "y"}}}',
    "blanks": '{"name": {"firstName": "  ", "lastName": "\\t"}}',
    "controls": '{"name": {"firstName": "\\u0000", "lastName": "\\r\\n"}}',
    "deep": '{"name": ' + "[" * 2_000 + "]" * 2_000 + "}",
    "NaN": '{"name": {"firstName": NaN}}',
    "not there": '{"email": "victim@example.com"}',
}


def test_what_is_no_name_names_nobody(app: InProcess, p: Hostile) -> None:
    """And the login lands."""
    for what, user in UNUSABLE.items():
        assert lands(app, p, user)["name"] is None, what
    assert lands(app, p, None)["name"] is None
    assert lands(app, p, user_field())["name"] == "Ada Lovelace"


@pytest.mark.parametrize("fault", ["twice", "20 kB"])
def test_a_form_that_is_refused_uses_no_login_up(app: InProcess, p: Hostile, fault: str) -> None:
    """Refused before anybody is asked, and the provider's own form lands afterwards."""
    profile, who = app.browser(), a_person()
    begun = profile.begin_at("apple")
    address, fields = p.approved(begun.send_to, who)
    forged = [("user", user_field("Mallory"))] * 2 if fault == "twice" else [("user", user_field("M" * 20_000))]
    p.forget()
    assert profile.post_back(address, [*fields, *forged]).status in (400, 413)
    stays_out(profile)
    assert p.calls() == []
    answer = profile.post_back(address, [*fields, ("user", user_field())])
    assert profile.visit(answer.header("location") or "").status == 303
    assert identity(profile)["name"] == "Ada Lovelace"


def test_a_later_one_changes_nothing_but_the_name(app: InProcess, p: Hostile) -> None:
    """Apple sends it once. The user sends it again, or somebody makes the user's browser do it."""
    who = a_person()
    first = lands(app, p, user_field(), who)
    second = lands(app, p, user_field("Mallory", "M", email="mallory@example.com", sub="2"), who)
    assert {**second, "name": None} == {**first, "name": None}
    assert len(app.identities()) == 1


def test_it_stays_out_of_addresses(app: InProcess, p: Hostile) -> None:
    """Neither in the redirect, nor read from a query."""
    profile, who = app.browser(), a_person()
    begun = profile.begin_at("apple")
    address, fields = p.approved(begun.send_to, who)
    answer = profile.post_back(address, [*fields, ("user", user_field())])
    location = answer.header("location") or ""
    assert "Ada" not in location and "user" not in location
    del profile.cookies[NAME_COOKIE]
    query = f"{location.rstrip('#')}&user={json.dumps({'name': {'firstName': 'Mallory'}})}"
    assert profile.visit(query.replace(" ", "%20").replace('"', "%22")).status == 303
    assert identity(profile)["name"] is None


def test_another_sites_form_names_nobody(app: InProcess, p: Hostile) -> None:
    """Between the provider's form and the callback, another site posts one of its own: for a login that it made up, and
    with one of the attacker's own. The login lands without a name, and never with that one."""
    attacker = app.browser()
    _, stolen = p.approved(attacker.begin_at("apple").send_to, a_person())
    for state in ("made-up", dict(stolen)["state"]):
        profile, who = app.browser(), a_person()
        address, fields = p.approved(profile.begin_at("apple").send_to, who)
        location = profile.post_back(address, [*fields, ("user", user_field())]).header("location") or ""
        forged = [("code", "x"), ("state", state), ("user", user_field("Mallory", "M"))]
        p.forget()
        profile.post_back(address, forged)
        assert p.calls() == []
        assert profile.visit(location).status == 303
        assert (identity(profile)["subject"], identity(profile)["name"]) == (who["sub"], None)


def test_a_cookie_that_is_made_up(app: InProcess, p: Hostile) -> None:
    """A sibling domain may set one: garbage, another login's, another provider's."""
    other = app.browser()
    address, fields = p.approved(other.begin_at("apple").send_to, a_person())
    other.post_back(address, [*fields, ("user", user_field("Mallory"))])
    for value in ("Mallory", "x" * 300, other.cookies[NAME_COOKIE], ""):
        profile, who = app.browser(), a_person()
        begun = profile.begin_at("apple")
        address, fields = p.approved(begun.send_to, who)
        location = profile.post_back(address, fields).header("location") or ""
        profile.cookies[NAME_COOKIE] = value
        assert profile.visit(location).status == 303
        assert (identity(profile)["subject"], identity(profile)["name"]) == (who["sub"], None)


def test_a_name_in_the_token_is_stronger(app: InProcess, p: Hostile) -> None:
    p.claims = {}
    profile, who = app.browser(), a_person()
    begun = profile.begin_at("apple")
    assert profile.return_from(p, begun, who, user=user_field("Mallory")).status == 303
    assert identity(profile)["name"] == who["name"]


def test_at_a_provider_that_sends_no_form(app: InProcess, p: Hostile) -> None:
    """The control, by the address of the callback; a form with the same answer is as good, and changes no more."""
    p.claims = {}
    signs_in(app, p, "acme")
    p.claims = dict(NAMELESS)
    profile, who = app.browser(), a_person()
    _, fields = p.approved(profile.begin_at("acme").send_to, who)
    answer = profile.post_back(f"{app.base}/auth/acme/return", [*fields, ("user", user_field(email="x@example.com"))])
    assert profile.visit(answer.header("location") or "").status == 303
    found = identity(profile)
    assert (found["subject"], found["email"]) == (who["sub"], who["email"])
