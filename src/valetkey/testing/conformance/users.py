"""The users who sign in, each for one question, and a key that no provider knows."""

from __future__ import annotations

from functools import cache
from typing import Any

from ...crypto import Secret

HOSTILE_TEXT = "\u202e<img src=x onerror=alert(1)>&\"'\u2028\n\r\x00\x1b[2J\ud83d\U0001f98a\udc00 e\u0301"
"""Right to left, markup, line ends, control characters, half characters, an emoji, and a letter of two parts."""
_ID = 9_000_000_000_000_070_100
USERS: dict[str, dict[str, Any]] = {
    "first": {"name": "First Person", "email": "first@example.com"},
    "second": {"name": "Second Person", "email": "second@example.com"},
    "renamed": {"user_id": str(_ID), "name": "New Name", "email": "new@example.com"},
    "bare": {"name": "", "picture": False, "anonymous": True},
    "unverified": {"name": "Unverified Address", "email": "first@example.com", "email_verified": False},
    "hostile": {"email": "hostile@example.com"},
    "here": {"name": "Same Id", "email": "same@example.com"},
    "alsohere": {"user_id": str(_ID + 6), "name": "Same Id", "email": "same@example.com"},
    "there": {"user_id": str(_ID + 6), "name": "Same Id", "email": "same@example.com"},
    "suspended": {"name": "Suspended", "suspended": True},
}
"""The users, each for one question. A front derives their ids, in the shape of its provider, from these."""
_TENANT = "7002c0de-0000-4000-8000-0000000000ff"


def personas(hostile_name: str) -> list[dict[str, Any]]:
    """Return the users for the sandbox's control.

    Args:
        hostile_name: of the user with such a name.
    """
    named = {"hostile": {"name": hostile_name}, "there": {"tenant": _TENANT}}
    return [
        {"user_id": str(_ID + number), "handle": handle_of(role), **user, **named.get(role, {})}
        for number, (role, user) in enumerate(USERS.items())
    ]


def handle_of(role: str) -> str:
    """Return the handle of a user."""
    return f"kit{role}"


@cache
def another_key() -> Secret:
    """Return an RSA key that no provider knows."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    key, pkcs8 = generate_private_key(public_exponent=65537, key_size=2048), serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())
    return Secret(pem.decode())
