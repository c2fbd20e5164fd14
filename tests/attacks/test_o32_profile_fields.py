"""O32: what a provider says of its user is text to show. C13, for OAuth 2.0 and OpenID Connect: dropped or cleaned."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from click.testing import CliRunner
from support.hostile import ABSENT, Hostile
from support.in_process import InProcess, Visitor
from support.plain import plain
from support.with_p import NewApp, a_person, signs_in

from valetkey.cli import main as cli

PICTURES: dict[str, object] = {
    "a script": "javascript:alert(1)",
    "a script in other letters": "JaVaScRiPt:alert(1)",
    "a script after a space": " javascript:alert(1)",
    "data": "data:text/html,<script>alert(1)</script>",
    "an image as data": "data:image/svg+xml;base64,PHN2Zy8+",
    "a blob": "blob:https://example.com/x",
    "a file": "file:///etc/passwd",
    "no scheme": "//evil.test/a.png",
    "a path": "/auth/session",
    "http elsewhere": "http://evil.test/a.png",
    "an attribute": 'https://a.example/"onerror="alert(1)',
    "a tag": "https://a.example/<script>alert(1)</script>",
    "a line end": "https://a.example/\r\nSet-Cookie: x=alert",
    "a space": "https://a.example/a b.png",
    "a backslash": "https://a.example\\@evil.test/a.png",
    "not ASCII": "https://a.example/\u202egnp.exe",
    "half an address": "https://[bad",
    "5 kB": "https://a.example/" + "x" * 5_000,
    "empty": "",
    "a number": 5,
    "true": True,
    "a list": ["https://a.example/a.png"],
    "an object": {"url": "https://a.example/a.png"},
}
# Odd and in vain: an address in printable ASCII runs nowhere.
HARMLESS = ("an attribute", "a tag", "a space", "a backslash", "half an address")
NAMES: dict[str, object] = {
    "a script": "</script><script>alert(1)</script>",
    "a tag": "<img src=x onerror=alert(1)>",
    "an attribute": "\"'><svg onload=alert(1)>",
    "direction marks": "\u202egnp.exe\u2066 Ada",
    "line ends": "Ada\r\nSet-Cookie: x=alert\u2028b\u2029c",
    "controls": "A\0d\x1b[31ma\x7f\x9b",
    "half a character": "\ud83d Ada",
    "a template": "{{7*7}} ${7*7} %s {0}",
    "5 kB": "x" * 5_000,
    "blanks": " \t\r\n ",
    "empty": "",
    "a number": 7,
    "true": True,
    "null": None,
    "a list": ["Ada"],
    "an object": {"first": "Ada"},
}


def landed(app: InProcess, p: Hostile, at: str, **claims: object) -> tuple[Visitor, dict[str, Any]]:
    """Whatever it says, the user is signed in, and every page of ours on the way is shown."""
    profile = app.browser()
    begun = profile.begin_at(at)
    answer = profile.return_from(p, begun, a_person(**claims))
    assert (answer.status, answer.code) == (303, None), answer.text
    assert profile.visit(answer.header("location") or "").status == 200
    assert profile.collect(begun.login).json()["login"]["state"] == "done"
    account = profile.account()
    return profile, {**account["identities"][0], "of the account": (account["name"], account["picture"])}


@pytest.mark.parametrize("name", ["acme", "github"])
def test_pictures_are_addresses_or_nothing(app_with_p: InProcess, p: Hostile, name: str) -> None:
    for what, picture in PICTURES.items():
        _, identity = landed(app_with_p, p, name, picture=picture)
        assert identity["picture"] is None, what
        assert identity["of the account"][1] is None, what
    for picture in (
        "https://a.example/a.png?x=y&z=[1]",
        "http://127.0.0.1:8001/a.svg",
        "https://a.example/" + "x" * 900,
    ):
        assert landed(app_with_p, p, name, picture=picture)[1]["picture"] == picture


def test_at_a_provider_that_hands_on_whatever_it_reads(new_app: NewApp, p: Hostile) -> None:
    """One of the app's own: the core judges what its code returns."""
    app = new_app((plain(p),))
    for what, picture in PICTURES.items():
        if what != "http elsewhere":  # the core has no opinion of hosts
            shown = landed(app, p, "plain", picture=picture)[1]["picture"]
            assert shown is None or (what in HARMLESS and shown == picture), what
    for what, name in NAMES.items():
        shown = landed(app, p, "plain", name=name)[1]["name"]
        assert shown is None or not any(unicodedata.category(char) in ("Cc", "Cs") for char in shown), what
    assert landed(app, p, "plain", picture="https://a.example/a.png")[1]["picture"] == "https://a.example/a.png"


@pytest.mark.parametrize("field", ["name", "preferred_username"])
@pytest.mark.parametrize("name", ["acme", "github"])
def test_names_are_text(app_with_p: InProcess, p: Hostile, name: str, field: str) -> None:
    """Of two hundred characters at most, without controls and line ends. No page has them as HTML, no header at all."""
    for what, value in NAMES.items():
        profile, identity = landed(app_with_p, p, name, **{field: value})
        shown = identity["name" if field == "name" else "handle"]
        usable = isinstance(value, str) and value.strip()
        assert (shown is None) is not bool(usable), what
        if shown is not None:
            assert len(shown) <= 200, what
            assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown), what
            assert shown == shown.strip()
        for seen in profile.seen:
            head = "\n".join(f"{key}: {text}" for key, text in seen.headers)
            assert "alert" not in head, what
            if "text/html" in (seen.header("content-type") or ""):
                assert "alert(1)" not in seen.text, what
    assert landed(app_with_p, p, name, **{field: "Ada \u00df \u5f20 \U0001f600"})[1]["name"]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_nothing_to_show(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """Neither a handle nor a name: signed in all the same, and every place that shows one does without."""
    p.claims = dict.fromkeys(("preferred_username", "name", "picture", "email", "email_verified"), ABSENT)
    nothing: dict[str, object] = {"preferred_username": None, "name": None, "picture": None, "email": None}
    _, identity = landed(app_with_p, p, name, **nothing)
    assert {key: identity[key] for key in ("handle", "name", "picture", "email")} == {
        "handle": None,
        "name": None,
        "picture": None,
        "email": None,
    }
    account = next(iter(app_with_p.identities().values()))
    database = f"sqlite:///{app_with_p.database}"
    for command in (["list"], ["show", account]):
        done = CliRunner().invoke(cli.main, ["accounts", *command, "--database", database])
        assert done.exit_code == 0, done.output
        assert account in done.stdout
        assert identity["subject"] in done.stdout


def test_a_name_that_is_somebodys_handle(app_with_p: InProcess, p: Hostile) -> None:
    """Nobody is anybody by what they are called: two people with one handle, name and address are two."""
    victim = signs_in(app_with_p, p, preferred_username="ada", name="Ada", email="ada@example.com")
    other = signs_in(app_with_p, p, preferred_username="ada", name="Ada", email="ada@example.com")
    assert victim.account()["id"] != other.account()["id"]
