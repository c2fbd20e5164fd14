"""Auth0 over OpenID Connect (auth0.com/docs/secure/tokens/id-tokens/id-token-structure). Its issuer ends in a slash."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken
from ..openid.by_issuer import ByIssuer


class Auth0(ByIssuer):
    """Auth0. A subject is a connection and an id. There is a nickname, and no user name."""

    name = "auth0"
    title = "Auth0"
    issuer_path = "/"
    authorize_path = "/authorize"
    token_path = "/oauth/token"
    keys_path = "/.well-known/jwks.json"
    authentication = ("post", "basic")
    token_statuses: ClassVar = {"invalid_grant": 403}
    id_format = "auth0|{hex:.24}"
    cancel: ClassVar = {"error": "access_denied", "error_description": "User did not authorize the request"}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        handle = claims.pop("preferred_username", None)
        return claims | ({} if handle is None else {"nickname": handle})


FRONT = Auth0
