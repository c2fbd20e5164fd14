"""A provider of OAuth 2.0 alone, made in Python as an app makes one: its profile is P's ``/plain/userinfo``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from valetkey.protocols.oauth2 import ClientCredentials, OAuth2

from valetkey import Profile, Secret
from valetkey.providers.base import Provider

from .hostile import Hostile


def plain(p: Hostile, name: str = "plain", **protocol: Any) -> Provider:
    """The record.

    Args:
        protocol: changes to the protocol's arguments.
    """
    at = f"{p.origin}/{name}"
    usual: dict[str, Any] = {
        "credentials": ClientCredentials(identifier=p.client_id, secret=Secret(p.client_secret)),
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
        describe=_describe,
    )


def _describe(reply: Mapping[str, object]) -> Profile:
    read: dict[str, Any] = {name: reply.get(name) for name in ("preferred_username", "name", "picture")}
    subject: Any = reply.get("sub")
    return Profile(subject=subject, **read)
