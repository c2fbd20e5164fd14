"""Discord, over OAuth 2.0 (docs.discord.com/developers/topics/oauth2).

The profile says who the user is: ``id`` never changes, while ``username`` may.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..crypto import Secret
from ..models import Profile
from ..protocols.oauth2 import ClientCredentials, OAuth2
from .appearance import Colors
from .base import Provider, readable
from .claims import decimal_of, email_of, is_true
from .recipe import Recipe, client_variables, elsewhere_variables

BASE = "https://discord.com"

_AVATAR = re.compile(r"(a_)?[0-9a-f]{32}")
# A speech bubble with two dots: our own drawing.
_ICON = "M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zm3 5v4h3V9zm7 0v4h3V9z"


def discord(*, client_id: str, client_secret: Secret, base: str | None = None, issuer: str | None = None) -> Provider:
    """Discord as a provider.

    Args:
        client_id: the app's client id.
        client_secret: its secret.
        base: another server in Discord's place.
        issuer: what that server sends as ``iss``, if it sends one (RFC 9207). Discord sends none.
    """
    site = base or BASE
    return Provider(
        name="discord",
        title="Discord",
        icon=_ICON,
        colors=Colors(light=("#5865f2", "#ffffff"), dark=("#5865f2", "#ffffff")),  # discord.com/branding
        protocol=OAuth2(
            credentials=ClientCredentials(identifier=client_id, secret=client_secret),
            authorize_url=f"{site}/oauth2/authorize",
            token_url=f"{site}/api/oauth2/token",
            scopes=("identify", "email"),
            issuer=issuer,
        ),
        identity_from="profile",
        profile_url=f"{site}/api/users/@me",
        describe=describe,
    )


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /users/@me`` (docs.discord.com/developers/resources/user).

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    subject, avatar, email = decimal_of(reply.get("id")), reply.get("avatar"), email_of(reply.get("email"))
    return Profile(
        subject=subject,
        preferred_username=readable(reply.get("username")),
        name=readable(reply.get("global_name")),
        # "Image formatting", in the reference: user avatars.
        picture=f"https://cdn.discordapp.com/avatars/{subject}/{avatar}.png"
        if isinstance(avatar, str) and _AVATAR.fullmatch(avatar)
        else None,
        email=email,
        email_verified=email is not None and is_true(reply.get("verified")),
    )


RECIPE = Recipe(
    name="discord",
    title="Discord",
    make=discord,
    variables=(*client_variables("discord"), *elsewhere_variables("discord")),
    keys_from="https://discord.com/developers/applications",
)
