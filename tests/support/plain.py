"""Providers made in Python, as an app makes them, for facts that no built-in provider has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from valetkey import Profile, Secret
from valetkey.protocols.oauth2 import ClientCredentials, OAuth2
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.provider import Provider

from .hostile import Hostile


def plain(p: Hostile, name: str = "plain", **protocol: Any) -> Provider:
    """A provider of OAuth 2.0 alone, whose profile is P's ``userinfo`` below the provider's name.

    Args:
        protocol: changes to the protocol's arguments.
    """
    at = f"{p.origin}/{name}"
    usual: dict[str, Any] = {
        "credentials": _credentials(p),
        "authorize_url": f"{at}/authorize",
        "token_url": f"{at}/token",
        "scopes": ("profile",),
    }
    return Provider(
        name=name,
        title=name.capitalize(),
        protocol=OAuth2(**{**usual, **protocol}),
        identity_from="profile",
        profile_url=f"{at}/userinfo",
        describe=_profile,
    )


def openid(p: Hostile, name: str = "own", **protocol: Any) -> Provider:
    """An OpenID Connect provider, which is discovered at P below the provider's name.

    Args:
        protocol: changes to the protocol's arguments.
    """
    usual: dict[str, Any] = {"credentials": _credentials(p), "issuer": f"{p.origin}/{name}"}
    return Provider(
        name=name, title=name.capitalize(), protocol=OpenIDConnect(**{**usual, **protocol}), identify=_profile
    )


def _credentials(p: Hostile) -> ClientCredentials:
    return ClientCredentials(identifier=p.client_id, secret=Secret(p.client_secret))


def _profile(claims: Mapping[str, object]) -> Profile:
    """As careless as can be: whatever is there, of any type."""
    read: dict[str, Any] = {name: claims.get(name) for name in ("preferred_username", "name", "picture")}
    subject: Any = claims.get("sub")
    return Profile(subject=subject, **read)
