"""GitHub, over OAuth 2.0 (docs.github.com, "Authorizing OAuth apps").

The profile says who the user is: ``id`` never changes. ``login`` may be renamed, and then another user may take it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..crypto import Secret
from ..models import Profile
from ..protocols.oauth2 import ClientCredentials, OAuth2
from .appearance import Colors
from .base import Provider, readable
from .claims import email_of, is_loopback, number_of, object_of, picture_of
from .recipe import Recipe, client_variables, elsewhere_variables

_SITE, _API = "https://github.com", "https://api.github.com"
_ISSUER = "https://github.com/login/oauth"  # what GitHub sends as "iss" since 2026

# Two branches that join: our own drawing.
_ICON = (
    "M6 2a3 3 0 0 0-1 5.8v8.4a3 3 0 1 0 2 0V13c1 .7 2.4 1 4 1h2a4 4 0 0 0 4-4V7.8a3 3 0 1 0-2 0V10a2 2 0 0 1-2 2h-2"
    "c-2.6 0-4-1-4-3V7.8A3 3 0 0 0 6 2z"
)


def github(*, client_id: str, client_secret: Secret, base: str | None = None, issuer: str | None = None) -> Provider:
    """GitHub as a provider.

    Args:
        client_id: the client id of an OAuth app, or of a GitHub App.
        client_secret: its secret.
        base: a GitHub Enterprise server, whose API is below ``/api/v3`` (docs.github.com/enterprise-server, "Getting
            started with the REST API"); or a sandbox on this machine, whose API is at ``base`` itself.
        issuer: what it sends as ``iss``, if it is known (RFC 9207).
    """
    api = _API
    if base:
        api = base if is_loopback(base) else f"{base}/api/v3"
    site = base or _SITE
    return Provider(
        name="github",
        title="GitHub",
        icon=_ICON,
        colors=Colors(light=("#24292f", "#ffffff"), dark=("#ffffff", "#24292f")),
        protocol=OAuth2(
            credentials=ClientCredentials(identifier=client_id, secret=client_secret),
            authorize_url=f"{site}/login/oauth/authorize",
            token_url=f"{site}/login/oauth/access_token",
            scopes=("read:user", "user:email"),
            issuer=issuer or (None if base else _ISSUER),
        ),
        identity_from="profile",
        profile_url=f"{api}/user",
        describe=describe,
        email_url=f"{api}/user/emails",
        describe_email=describe_email,
        choose_account="prompt=select_account",  # github.blog/changelog, 2024-06-07
    )


def describe(reply: Mapping[str, object]) -> Profile:
    """Read the reply of ``GET /user`` (docs.github.com/rest/users/users).

    Raises:
        ProviderReplyInvalid: ``id`` is missing or malformed.
    """
    return Profile(
        subject=number_of(reply.get("id")),
        preferred_username=readable(reply.get("login")),
        name=readable(reply.get("name")),
        picture=picture_of(reply.get("avatar_url")),
    )


def describe_email(reply: object) -> tuple[str | None, bool]:
    """Read the reply of ``GET /user/emails`` (docs.github.com/rest/users/emails).

    Returns:
        The primary address, and whether GitHub has verified it.
    """
    entries = map(object_of, reply) if isinstance(reply, list) else ()
    primary = next((one for one in entries if one.get("primary") is True), {})
    email = email_of(primary.get("email"))
    return email, email is not None and primary.get("verified") is True


RECIPE = Recipe(
    name="github",
    title="GitHub",
    make=github,
    variables=(*client_variables("github"), *elsewhere_variables("github")),
    keys_from="https://github.com/settings/developers",
)
