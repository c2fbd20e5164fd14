"""Discord, over OAuth 2.0 (docs.discord.com/developers/topics/oauth2).

The profile says who the user is: ``id`` never changes, while ``username`` may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..models import Profile
from .record import Colors, Fields, OAuth2Record, decimal

BASE = "https://discord.com"

_FIELDS = Fields(subject="id", id=decimal, handle="username", name="global_name", email="email", verified="verified")
_AVATAR = re.compile(r"(a_)?[0-9a-f]{32}")


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /users/@me`` (docs.discord.com/developers/resources/user).

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    profile, avatar = _FIELDS(reply), reply.get("avatar")
    if not isinstance(avatar, str) or not _AVATAR.fullmatch(avatar):
        return profile
    # "Image formatting", in the reference: user avatars.
    return replace(profile, picture=f"https://cdn.discordapp.com/avatars/{profile.subject}/{avatar}.png")


discord = OAuth2Record(
    name="discord",
    title="Discord",
    icon=(  # Simple Icons 16.37.0, CC0 1.0
        "M20.32 4.37a20 20 0 0 0-4.89-1.52.1.1 0 0 0-.08.04c-.2.38-.44.87-.6 1.25a18 18 0 0 0-5.5 0c-.16-.4-.4-.87-.6-1"
        ".25a.1.1 0 0 0-.09-.04 20 20 0 0 0-4.88 1.52l-.04.03A20.3 20.3 0 0 0 .1 18.06l.03.05a20 20 0 0 0 6 3.03l.08-.0"
        "2q.7-.95 1.22-2a.1.1 0 0 0-.04-.1 13 13 0 0 1-1.87-.9.1.1 0 0 1 0-.12l.36-.3h.08a14.2 14.2 0 0 0 12.06 0h.08l."
        "37.3a.1.1 0 0 1 0 .12 12 12 0 0 1-1.88.9.1.1 0 0 0-.04.1q.55 1.05 1.23 2l.08.02a20 20 0 0 0 6-3.03l.04-.05c.5-"
        "5.18-.84-9.68-3.55-13.66zM8.02 15.33c-1.18 0-2.16-1.08-2.16-2.42s.96-2.42 2.16-2.42 2.18 1.1 2.16 2.42c0 1.34-"
        ".96 2.42-2.16 2.42m7.97 0c-1.18 0-2.15-1.08-2.15-2.42s.95-2.42 2.15-2.42c1.22 0 2.18 1.1 2.16 2.42 0 1.34-.94 "
        "2.42-2.16 2.42"
    ),
    colors=Colors(light=("#5865f2", "#ffffff"), dark=("#5865f2", "#ffffff")),  # discord.com/branding
    authorize_url=f"{BASE}/oauth2/authorize",
    token_url=f"{BASE}/api/oauth2/token",
    scopes=("identify", "email"),
    profile_url=f"{BASE}/api/users/@me",
    describe=describe,
)

RECIPE = discord.recipe(
    keys_from="https://discord.com/developers/applications",
    steps=("Create an application.", "Add the address under *OAuth2*, *Redirects*."),
    notes=("A user who has chosen a picture has one, at `cdn.discordapp.com`. Those of the sandbox have none.",),
)
