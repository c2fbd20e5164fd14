"""authentik over OpenID Connect: one application (docs.goauthentik.io/add-secure-apps/providers/oauth2).

Its issuer ends in a slash. The endpoints are above it, and keys and metadata below it.
"""

from __future__ import annotations

from typing import Any

from ..oauth2.grants import AccessToken
from ..openid.by_issuer import ByIssuer


class Authentik(ByIssuer):
    """authentik since 2025.10, with the subject mode that it comes with. It calls no address verified."""

    name = "authentik"
    title = "authentik"
    path = "/authentik/application/o"
    issuer_path = "/acme/"
    authorize_path = "/authorize/"
    token_path = "/token/"
    keys_path = "/acme/jwks/"
    userinfo_path = "/userinfo/"
    discovery_path = "/acme/.well-known/openid-configuration"
    authentication = ("post", "basic")
    id_format = "{hex}"

    def claims(self, access: AccessToken) -> dict[str, Any]:
        return super().claims(access) | {"acr": "goauthentik.io/providers/oauth2/default"}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        if "preferred_username" in claims:
            claims |= {"nickname": claims["preferred_username"], "groups": []}
        return claims | ({"email_verified": False} if "email" in claims else {})


FRONT = Authentik
