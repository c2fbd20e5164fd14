"""O15: two people to whom a provider gives no id, or the same one, never share an account. OIDC Core §2."""

from __future__ import annotations

import pytest
from support.hostile import ABSENT, Hostile
from support.in_process import InProcess
from support.plain import openid, plain
from support.tenants import CONTOSO, microsoft_variables, of_tenant
from support.with_p import NewApp, refuses, signs_in, variables

NOBODY: dict[str, object] = {
    "missing": ABSENT,
    "null": None,
    "empty": "",
    "a space": " ",
    "spaces": "   ",
    "a no-break space": "\u00a0",
    "a zero-width space": "\u200b",
    "a line end": "7\n",
    "a zero": "7\0",
    "half a character": "7\ud800",
    "256 characters": "7" * 256,
    "10 kB": "7" * 10_000,
    "a list": ["7"],
    "an object": {"id": "7"},
    "true": True,
    "false": False,
}
# What only a provider's own grammar can know to be nobody.
NUMBERS: dict[str, object] = {"a number": 1815, "zero": 0, "a fraction": 7.5, "below zero": -1, "a large one": 10**400}
PLACEHOLDERS: dict[str, object] = {
    "B2C's": "Not supported currently. Use oid claim.",
    "None": "None",
    "null, as text": "null",
    "undefined": "undefined",
    "zero, as text": "0",
    "an object, as text": "[object Object]",
    "a UUID of zeros": "00000000-0000-0000-0000-000000000000",
}
NOT_ASCII: dict[str, object] = {"not ASCII": "７", "a letter that looks like another": "аda"}


def refuses_two(app: InProcess, p: Hostile, name: str, calls: tuple[str, ...], what: str, **claims: object) -> None:
    """Two people, in two browsers, and neither gets an account."""
    for _ in range(2):
        refuses(app, p, name, calls=calls, what=what, **claims)
    assert app.identities() == {}


@pytest.mark.parametrize("name", ["acme", "careless"])
def test_in_an_id_token(new_app: NewApp, p: Hostile, name: str) -> None:
    """By settings alone, and at a provider of the app's own that hands on whatever it reads."""
    app = new_app((openid(p, "careless"),), VALETKEY_PROVIDERS="acme", **variables(p))
    for what, subject in {**NOBODY, **NUMBERS, **PLACEHOLDERS, **NOT_ASCII}.items():
        refuses_two(app, p, name, ("token",), what, sub=subject)
    signs_in(app, p, name)


def test_in_a_profile_that_a_careless_provider_hands_on(new_app: NewApp, p: Hostile) -> None:
    """OAuth 2.0 alone: the core judges what the provider's code returns."""
    app = new_app((plain(p),))
    for what, subject in {**NOBODY, **NUMBERS}.items():
        refuses_two(app, p, "plain", ("token", "userinfo"), what, sub=subject)
    signs_in(app, p, "plain")


def test_github_has_numbers(app_with_p: InProcess, p: Hostile) -> None:
    numbers = {"a text": "1815", "zeros in front": "007", "zero": 0, "below zero": -1, "a whole fraction": 7.0}
    for what, subject in {**NOBODY, **numbers, "a fraction": 7.5, "a power": 1e30, "26 digits": 10**25}.items():
        p.restore("profile")
        p.replace("profile", body={"login": "ada"} | ({} if subject is ABSENT else {"id": subject}))
        refuses_two(app_with_p, p, "github", ("token", "profile"), what)
    p.restore("profile")
    signs_in(app_with_p, p, "github")


def test_microsoft_has_objects(new_app: NewApp, p: Hostile) -> None:
    """The subject is made of ``tid`` and ``oid``: without the second, everybody of a tenant would be one person."""
    app = new_app(VALETKEY_PROVIDERS="microsoft", **microsoft_variables(p))
    for what, oid in {**NOBODY, **NUMBERS, **PLACEHOLDERS}.items():
        p.claims = of_tenant(p, CONTOSO) | {"oid": oid}
        refuses_two(app, p, "microsoft", ("token",), what)
    p.claims = of_tenant(p, CONTOSO)
    signs_in(app, p, "microsoft")


def test_what_looks_alike_is_not_the_same(app_with_p: InProcess, p: Hostile) -> None:
    """The control: each is somebody else, exactly as it was written, and 255 characters are somebody."""
    alike = ["7", "07", "7.0", "7 ", " 7", "+7", "7e0", "AdA", "ada", "ADA", "%37", "7" * 255, "nobody", "Null"]
    for subject in alike:
        signs_in(app_with_p, p, sub=subject)
    found = app_with_p.identities()
    assert {subject for _, subject in found} == set(alike)
    assert len(set(found.values())) == len(alike)
