"""O24: a reply of the token endpoint that looks like a success and is none. RFC 6749 §5.1, §7.1. C27, for OAuth 2.0."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.hostile import ABSENT, Hostile
from support.hostile_http import Reply, Request
from support.in_process import InProcess
from support.with_p import NewApp, a_person, refuses, signs_in, variables

INVALID = "provider_reply_invalid"

# Members beside, or instead of, those of a good reply.
FIELDS: dict[str, tuple[dict[str, object], str]] = {
    "an error beside a token": ({"error": "invalid_grant"}, "provider_refused"),
    "GitHub's error at 200": ({"error": "bad_verification_code"}, "provider_refused"),
    "an error that nobody knows": ({"error": "x"}, "provider_refused"),
    "an error in an object": ({"error": {"message": "x", "code": 100}}, "provider_refused"),
    "an error in a list": ({"error": ["invalid_grant"]}, "provider_refused"),
    "an error that is true": ({"error": True}, "provider_refused"),
    "Slack's ok": ({"ok": False}, "provider_refused"),
    "Slack's ok and its error": ({"ok": False, "error": "invalid_code"}, "provider_refused"),
    "token_type mac": ({"token_type": "mac"}, INVALID),
    "token_type DPoP": ({"token_type": "DPoP"}, INVALID),
    "token_type missing": ({"token_type": ABSENT}, INVALID),
    "token_type null": ({"token_type": None}, INVALID),
    "token_type empty": ({"token_type": ""}, INVALID),
    "token_type a list": ({"token_type": ["Bearer"]}, INVALID),
    "token_type with a space": ({"token_type": "Bearer "}, INVALID),
    "token_type in other letters": ({"token_type": "bearer\u0131"}, INVALID),
    "token missing": ({"access_token": ABSENT}, INVALID),
    "token null": ({"access_token": None}, INVALID),
    "token empty": ({"access_token": ""}, INVALID),
    "token a space": ({"access_token": " "}, INVALID),
    "token a number": ({"access_token": 7}, INVALID),
    "token true": ({"access_token": True}, INVALID),
    "token a list": ({"access_token": ["a"]}, INVALID),
    "token an object": ({"access_token": {"token": "a"}}, INVALID),
    "token with a line end": ({"access_token": "a\r\nX-Injected: 1"}, INVALID),
    "token with a zero": ({"access_token": "a\0b"}, INVALID),
    "token not ASCII": ({"access_token": "t\u00f6ken"}, INVALID),
}


def written(usual: dict[str, object], change: Callable[[str], str]) -> bytes:
    return change(json.dumps(usual)).encode()


TEXTS: dict[str, Callable[[str], str]] = {
    "an array around it": lambda text: f"[{text}]",
    "a second token": lambda text: text[:-1] + ', "access_token": "other"}',
    "a second token_type": lambda text: text[:-1] + ', "token_type": "Bearer"}',
    "a member in it twice": lambda text: text[:-1] + ', "x": {"y": 1, "y": 2}}',
    "NaN": lambda text: text[:-1] + ', "expires": NaN}',
    "Infinity": lambda text: text[:-1] + ', "expires": -Infinity}',
    "a number without end": lambda text: text[:-1] + ', "expires": 1e999}',
    "two values": lambda text: text * 2,
    "cut off": lambda text: text[:-1],
    "a comment": lambda text: "// token\n" + text,
    "JSONP": lambda text: f"callback({text})",
    "a text": json.dumps,
    "a page": lambda text: f"<!doctype html><html><body>{text}</body></html>",
    "empty": lambda text: "",
    "null": lambda text: "null",
    "deep": lambda text: text[:-1] + ', "x": ' + "[" * 5_000 + "]" * 5_000 + "}",
    "a form": lambda text: "access_token=abc&token_type=bearer",
}


def by_body(write: Callable[[dict[str, object]], bytes]) -> Callable[[Request, Callable[[], Reply]], Reply]:
    """P does its part, and writes its reply so."""

    def reply(request: Request, usual: Callable[[], Reply]) -> Reply:
        fields: Any = usual().body
        return Reply(body=write(fields), headers={"Content-Type": "application/json"})

    return reply


@pytest.mark.parametrize("name", ["acme", "github"])
def test_members(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """No token is used: nothing is read with it."""
    for what, (fields, code) in FIELDS.items():
        p.token_fields = fields
        refuses(app_with_p, p, name, code, what=what)
    p.token_fields = {}
    signs_in(app_with_p, p, name)


@pytest.mark.parametrize("name", ["acme", "github"])
def test_texts(app_with_p: InProcess, p: Hostile, name: str) -> None:
    """Of the whole reply. What has two readings has none."""
    for what, change in TEXTS.items():
        p.replace("token", by_body(lambda fields, change=change: written(fields, change)))  # type: ignore[misc]
        refuses(app_with_p, p, name, what=what)
        p.restore("token")
    signs_in(app_with_p, p, name)


def packed(*members: bytes) -> Callable[[Request, Callable[[], Reply]], Reply]:
    """P does its part, and sends its reply in gzip, with these members behind the one that has it."""

    def reply(request: Request, usual: Callable[[], Reply]) -> Reply:
        body = gzip.compress(json.dumps(usual().body).encode()) + b"".join(members)
        return Reply(body=body, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})

    return reply


def test_gzip_in_two(app_with_p: InProcess, p: Hostile) -> None:
    """A second member goes on with the text of the first, and a reader that knows one only takes half a reply."""
    for more in (gzip.compress(b"}"), gzip.compress(b""), b"}"):
        for endpoint, calls in (("token", ("token",)), ("profile", ("token", "profile"))):
            p.replace(endpoint, packed(more))
            refuses(app_with_p, p, "github", calls=calls, what=f"{endpoint} {more!r}")
            p.restore(endpoint)
    p.replace("token", packed(), times=1)
    signs_in(app_with_p, p, "github")


def test_other_statuses(app_with_p: InProcess, p: Hostile) -> None:
    """With a body that would be good at 200."""
    for status in (202, 203, 206, 226, 299, 300):
        p.replace("token", lambda request, usual, status=status: Reply(status, usual().body))
        refuses(app_with_p, p, "github", what=str(status))
        p.restore("token")
    signs_in(app_with_p, p, "github")


def test_without_an_id_token(app_with_p: InProcess, p: Hostile) -> None:
    """At a provider that says who the user is by one, there is no other way: UserInfo is not asked."""
    for value in (ABSENT, None, "", 7, ["x"], "x", "a.b", "..", "a.b.c.d.e"):
        p.token_fields = {"id_token": value}
        refuses(app_with_p, p, what=repr(value))
    p.token_fields = {}
    signs_in(app_with_p, p)


def test_what_is_a_success(new_app: NewApp, p: Hostile) -> None:
    """The controls: what standards and real servers leave open."""
    github = {"GITHUB_CLIENT_ID": p.client_id, "GITHUB_CLIENT_SECRET": p.client_secret}
    app = new_app(VALETKEY_PROVIDERS="acme,github", VALETKEY_GITHUB_BASE=f"{p.origin}/github", **variables(p), **github)
    good: list[dict[str, object]] = [
        {"token_type": "bEaReR"},
        {"expires_in": ABSENT},
        {"expires_in": "3600"},
        {"scope": ABSENT},
        {"scope": ["openid", "email"]},
        {"error": None},
        {"error": ""},
        {"ok": True},
        {"refresh_token": 7, "x": {"y": [1]}},
    ]
    for name in ("acme", "github"):
        for fields in good:
            p.token_fields = fields
            signs_in(app, p, name, **a_person())
        p.token_fields = {}
        p.replace("token", by_body(lambda fields: json.dumps(fields, indent=2).encode() + b"\n"), times=1)
        signs_in(app, p, name)
