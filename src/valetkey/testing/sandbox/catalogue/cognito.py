"""Amazon Cognito over OpenID Connect: one user pool (docs.aws.amazon.com/cognito/latest/developerguide).

Issuer and keys belong to the pool, and the other endpoints to its domain. An access token is a JSON Web Token of the
same keys, which ``token_use`` tells apart.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken
from ..openid.by_issuer import ByIssuer

_POOL = "/eu-west-1_Sandbox01"


class Cognito(ByIssuer):
    """Cognito. At UserInfo the flag of an address is a text."""

    name = "cognito"
    title = "Amazon Cognito"
    issuer_path = _POOL
    authorize_path = "/oauth2/authorize"
    token_path = "/oauth2/token"
    keys_path = f"{_POOL}/.well-known/jwks.json"
    userinfo_path = "/oauth2/userInfo"
    discovery_path = f"{_POOL}/.well-known/openid-configuration"
    authentication = ("basic", "post")
    scope_reply = None
    token_statuses: ClassVar = {"": 400}
    id_format = "{uuid}"

    def claims(self, access: AccessToken) -> dict[str, Any]:
        return super().claims(access) | {"token_use": "id", "cognito:username": access.persona.handle}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        claims.pop("preferred_username", None)
        return claims

    def userinfo_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().userinfo_claims(access) | {"username": access.persona.handle}
        if "email_verified" in claims:
            claims["email_verified"] = "true" if claims["email_verified"] else "false"
        return claims


FRONT = Cognito
