"""The users of the sandbox. Each is made up to test one property, and named after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

X = "twitter"
"""X over OAuth 1.0a. Its users are those that every provider has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A user of the sandbox.

    Args:
        user_id: the immutable id. A provider whose ids have another shape derives its own from it.
        handle: the user name, by which tests know the user, also at a provider without user names.
        name: the display name.
        email: None if the user has none.
        email_verified: whether the provider has verified it.
        picture: whether the user has one.
        suspended: the profile cannot be read.
        anonymous: the provider says nothing about the user but the id. A provider whose users all have a user name
            still gives it.
        tenant: at Microsoft, the tenant's id. None is the sandbox's own organisation.
        made_up: a test has made the user up, and ``user_id`` is the id as this provider has it.
        only_at: the one provider that has this user; ``*`` for each except X over OAuth 1.0a. None for each.
    """

    user_id: str
    handle: str
    name: str
    email: str | None = None
    email_verified: bool = True
    picture: bool = True
    suspended: bool = False
    anonymous: bool = False
    tenant: str | None = None
    made_up: bool = False
    only_at: str | None = None

    def is_at(self, provider: str) -> bool:
        """Return whether a provider has this user."""
        return self.only_at in (None, provider) or (self.only_at == "*" and provider != X)

    def listed(self) -> dict[str, object]:
        """Return the fields for the control's JSON."""
        return asdict(self)


PERSONAS = (
    Persona(user_id="9000000000000000001", handle="ada", name="Ada Example", email="ada@example.com"),
    Persona(user_id="9000000000000000002", handle="bare", name="Bare Minimum", picture=False),
    Persona(user_id="9000000000000000003", handle="rtl", name="شخص من اليمين", email="rtl@example.com"),
    Persona(
        user_id="9000000000000000004",
        handle="longname",
        name="A Display Name That Has Exactly Fifty Characters!!",
        email="longname@example.com",
    ),
    Persona(user_id="9000000000000000005", handle="suspended", name="Suspended Account", suspended=True),
    Persona(user_id="9000000000000000006", handle="blank", name="", picture=False, anonymous=True, only_at="*"),
    Persona(
        user_id="9000000000000000007",
        handle="unverified",
        name="Unverified Address",
        email="ada@example.com",  # anybody can claim anybody's
        email_verified=False,
        only_at="*",
    ),
    Persona(
        user_id="9000000000000000008",
        handle="relay",
        name="Relay Address",
        email="relay7002@privaterelay.appleid.com",
        only_at="apple",
    ),
    Persona(
        user_id="9000000000000000009",
        handle="personal",
        name="Personal Account",
        email="personal@example.com",
        tenant="9188040d-6c67-4c5b-b112-36a304b66dad",
        only_at="microsoft",
    ),
)


def made_up(user: Mapping[str, Any]) -> Persona:
    """Return a user that a test has made up: ``user_id``, and what else it says."""
    handle = user.get("screen_name", f"user{user['user_id']}")
    more = {name: user[name] for name in ("email", "email_verified", "tenant", "anonymous") if name in user}
    name = user.get("name", handle)
    return Persona(user_id=user["user_id"], handle=handle, name=name, picture=False, made_up=True, **more)


def picture(persona: Persona) -> bytes:
    """Return a picture as SVG: a square with the first letter of the handle."""
    hue = sum(persona.handle.encode()) * 37 % 360
    letter = persona.handle[:1].upper() if persona.handle[:1].isalnum() else "?"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" '
        f'fill="hsl({hue} 45% 38%)"/><text x="48" y="64" font-family="system-ui,sans-serif" font-size="46" '
        f'font-weight="600" text-anchor="middle" fill="#fff">{letter}</text></svg>'
    ).encode()
