"""Okta over OpenID Connect: the custom server ``default`` (developer.okta.com/docs/concepts/auth-servers).

Beside an access token an ID token is thin: it has a name, a user name and an address, and whether the address is
verified stands at UserInfo alone.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken
from ..openid.by_issuer import ByIssuer

_THIN = ("name", "preferred_username", "email")


class Okta(ByIssuer):
    """Okta. A user name is a login, which an administrator may change."""

    name = "okta"
    title = "Okta"
    path = "/okta/oauth2/default"
    authorize_path = "/v1/authorize"
    token_path = "/v1/token"
    keys_path = "/v1/keys"
    userinfo_path = "/v1/userinfo"
    authentication = ("basic", "post")
    id_format = "00u{hex:.17}"
    cancel: ClassVar = {
        "error": "access_denied",
        "error_description": "User is not assigned to the client application.",
    }
    defaults: ClassVar = {"claims_in_id_token": False}

    def claims(self, access: AccessToken) -> dict[str, Any]:
        thin = {name: value for name, value in self.user_claims(access).items() if name in _THIN}
        return super().claims(access) | {"ver": 1, "amr": ["pwd"], **thin}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        claims.pop("picture", None)
        if "preferred_username" in claims:
            claims["preferred_username"] = f"{access.persona.handle}@sandbox.example"
        return claims


FRONT = Okta
