"""What P grants, and by which rules it gives it out if a test wants them checked."""

from __future__ import annotations

import hashlib
import html
import secrets
from base64 import b64decode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from .hostile_http import Request
from .jose import b64

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "ABSENT"})()
ADA: dict[str, object] = {
    "sub": "1815",
    "preferred_username": "ada",
    "name": "Ada Lovelace",
    "picture": "https://example.com/ada.png",
    "email": "ada@example.com",
    "email_verified": True,
}


def changed(usual: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """With some members changed or added, and those left out that are ``ABSENT``."""
    return {name: value for name, value in {**usual, **changes}.items() if value is not ABSENT}


@dataclass
class Grant:
    """What a person approved. A grant has one code and one access token."""

    issuer: str
    person: Mapping[str, object]
    start: dict[str, str]
    code: str = field(default_factory=lambda: f"code-{secrets.token_urlsafe(24)}")
    access_token: str = field(default_factory=lambda: f"access-{secrets.token_urlsafe(24)}")
    spent: int = 0
    revoked: bool = False


def fault_of(request: Request, grant: Grant | None, checks: set[str], client: tuple[str, str]) -> str | None:
    """Which of the rules that P checks a token request breaks. RFC 6749 §4.1.3, RFC 7636 §4.6.

    Args:
        checks: the rules: ``client``, ``code``, ``redirect``, ``pkce``.
        client: id and secret of the app.
    """
    if "client" in checks and not is_client(request, client):
        return "invalid_client"
    if "code" in checks and (grant is None or grant.spent):
        if grant is not None:
            grant.revoked = True
        return "invalid_grant"
    start = grant.start if grant is not None else {}
    if "redirect" in checks and request.field("redirect_uri") != start.get("redirect_uri"):
        return "invalid_grant"
    verifier = request.field("code_verifier") or ""
    challenge = b64(hashlib.sha256(verifier.encode()).digest())
    return "invalid_grant" if "pkce" in checks and challenge != start.get("code_challenge") else None


def is_client(request: Request, client: tuple[str, str]) -> bool:
    """RFC 6749 §2.3.1: in the header or in the body."""
    basic = request.headers.get("authorization", "").removeprefix("Basic ")
    named = (request.field("client_id"), request.field("client_secret"))
    with suppress(ValueError):
        name, _, secret = b64decode(basic).decode().partition(":")
        named = (unquote_plus(name), unquote_plus(secret)) if basic else named
    return named == client


def fields_of(named: Mapping[str, object]) -> list[tuple[str, str]]:
    """A value that is a list is a parameter that comes more than once."""
    pairs = []
    for name, value in named.items():
        pairs += [(name, str(one)) for one in (value if isinstance(value, list) else [value])]
    return pairs


def self_submitting(address: str, fields: list[tuple[str, str]]) -> bytes:
    """The page of ``response_mode=form_post``."""
    inputs = "".join(f'<input type=hidden name="{name}" value="{html.escape(value)}">' for name, value in fields)
    form = f'<form method=post action="{html.escape(address)}">{inputs}</form>'
    return f"<!doctype html>{form}<script>document.forms[0].submit()</script>".encode()
