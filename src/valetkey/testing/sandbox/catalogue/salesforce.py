"""Salesforce over OpenID Connect (help.salesforce.com, remoteaccess_using_openid; developer.salesforce.com, identity
URLs).

A user is known by a URL with the organization and the user. Name and e-mail address are at UserInfo.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ..oauth2.grants import AccessToken, Code
from ..openid.front import OpenIDFront
from ..personas import Persona
from ..state import base62

_ORGANIZATION = "00Dxx0000001gPL"


class Salesforce(OpenIDFront):
    """Salesforce. A tenant of a user is an organization."""

    name = "salesforce"
    title = "Salesforce"
    site = "https://login.salesforce.com"
    issuer_address = "https://login.salesforce.com"
    authorize_path = "/services/oauth2/authorize"
    token_path = "/services/oauth2/token"
    userinfo_path = "/services/oauth2/userinfo"
    keys_path = "/id/keys"
    authentication = ("post", "basic")
    known_scopes = ("openid", "profile", "email", "id", "api", "refresh_token")
    another_account = "prompt=login"
    cancel: ClassVar = {"error": "access_denied", "error_description": "end-user denied authorization"}
    defaults: ClassVar = {"pkce": "required", "claims_in_id_token": False}
    credentials = re.compile(r"bearer +(00D[A-Za-z0-9]+![A-Za-z0-9._]+)", re.IGNORECASE)
    id_format = "005{HEX:.12}"

    def new_token(self, code: Code) -> str:
        return f"{_ORGANIZATION}!AR{base62(90)}"

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """It does not say when the access token expires."""
        return [one for one in super().token_fields(access) if one[0] != "expires_in"]

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {
            "signature": f"{base62(43)}=",
            "instance_url": "https://sandbox.my.salesforce.com",
            "id": self._identity_url(access.persona),
            "issued_at": str(round(self.state.now() * 1000)),
        }

    def claims(self, access: AccessToken) -> dict[str, Any]:
        return super().claims(access) | {"sub": self._identity_url(access.persona)}

    def userinfo_claims(self, access: AccessToken) -> dict[str, Any]:
        persona, claims = access.persona, self.user_claims(access)
        picture = claims.get("picture")
        return {
            "sub": self._identity_url(persona),
            "user_id": _with_suffix(self.subject_of(persona)),
            "organization_id": _with_suffix(_organization_of(persona)),
            **claims,
            **({"photos": {"picture": picture, "thumbnail": picture}} if picture is not None else {}),
            "active": True,
            "user_type": "STANDARD",
            "utcOffset": 0,
        }

    def _identity_url(self, persona: Persona) -> str:
        """The identity URL, with ids of eighteen characters."""
        organization, user = _with_suffix(_organization_of(persona)), _with_suffix(self.subject_of(persona))
        return f"{self.site}/id/{organization}/{user}"


def _organization_of(persona: Persona) -> str:
    if persona.tenant is None:
        return _ORGANIZATION
    return f"00D{persona.tenant.replace('-', '')[-12:]}"


def _with_suffix(short: str) -> str:
    """An id of fifteen characters, with the three that say which of its letters are capitals."""
    if len(short) != 15:
        return short  # a test has made it up
    groups = (short[at : at + 5] for at in (0, 5, 10))
    bits = (sum(1 << place for place, char in enumerate(group) if "A" <= char <= "Z") for group in groups)
    return short + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[number] for number in bits)


FRONT = Salesforce
