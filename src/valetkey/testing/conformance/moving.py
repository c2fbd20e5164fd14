"""Moves a record to the sandbox: its addresses, its issuer and its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from ...crypto import Secret
from ...protocols.openid import OpenIDConnect
from ...providers.record.provider import Provider
from ..sandbox.oauth1 import app_key
from ..sandbox.oauth2 import OAuth2Front
from ..sandbox.played import FrontClass

_NO_SECRET = "sandbox-knows-no-secret-of-this-app"  # noqa: S105
"""For a record that signs with a secret, where the provider knows a public key alone, and refuses it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a front is in the sandbox, and the keys of the app that it knows."""

    base: str
    issuer: str
    identifier: str
    secret: str


def keys_of(front: FrontClass) -> tuple[str, str]:
    """Return the identifier and the secret of the app that a derived front knows."""
    keys: dict[str, str] = front.app_keys() if isinstance(front, type) and issubclass(front, OAuth2Front) else {}
    name = f"sandbox-{front.name}"
    return keys.get("client_id", name), keys.get("client_secret", f"{name}-secret")


def place_of(name: str, base: str, variables: Mapping[str, str]) -> Place:
    """Return where the sandbox's own front is, by the variables of an app that uses it."""
    prefix = name.upper()

    def first(*names: str) -> str:
        return next((variables[one] for one in names if variables.get(one)), "")

    return Place(
        base,
        first(f"VALETKEY_{prefix}_ISSUER", f"{prefix}_ISSUER", f"VALETKEY_{prefix}_BASE"),
        first(f"{prefix}_CLIENT_ID", f"{prefix}_CONSUMER_KEY"),
        first(f"{prefix}_CLIENT_SECRET", f"{prefix}_CONSUMER_SECRET") or _NO_SECRET,
    )


def moved(record: Provider, place: Place) -> Provider:
    """Return the record at the sandbox, with the keys that the sandbox knows."""
    protocol: Any = record.protocol
    keys = protocol.credentials
    changed: dict[str, Any] = {"identifier": place.identifier}
    if keys.secret is not None:
        changed["secret"] = Secret(place.secret)
    if getattr(keys, "private_key", None) is not None:
        changed["private_key"] = Secret(app_key.in_pem())
    there: dict[str, Any] = {"credentials": replace(keys, **changed)}
    if isinstance(protocol, OpenIDConnect):
        there |= {"issuer": place.issuer, "metadata": None, "other_issuers": ()}
    else:
        addresses = ("authorize_url", "token_url", "request_token_url", "access_token_url")
        there |= {one: _at(place.base, getattr(protocol, one)) for one in addresses if hasattr(protocol, one)}
        if getattr(protocol, "issuer", None) is not None:
            there["issuer"] = place.issuer
    return replace(
        record,
        protocol=replace(protocol, **there),
        profile_url=_at(place.base, record.profile_url),
        email_url=_at(place.base, record.email_url),
    )


def _at(base: str, url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    return f"{base}{parts.path}{f'?{parts.query}' if parts.query else ''}"
