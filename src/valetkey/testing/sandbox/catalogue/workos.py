"""WorkOS over OpenID Connect (workos.com/docs/reference/workos-connect)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken
from ..openid.by_issuer import ByIssuer


class WorkOS(ByIssuer):
    """WorkOS. It requires a nonce, and has no user names and no pictures."""

    name = "workos"
    title = "WorkOS"
    authorize_path = "/oauth2/authorize"
    token_path = "/oauth2/token"
    keys_path = "/oauth2/jwks"
    userinfo_path = "/oauth2/userinfo"
    authentication = ("post",)
    required_parameters: ClassVar = {"nonce": ""}
    scope_reply = None
    id_format = "user_01{HEX:.24}"

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        return {name: value for name, value in claims.items() if name not in ("preferred_username", "picture")}

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return list({**dict(super().token_fields(access)), "token_type": "bearer", "expires_in": 300}.items())


FRONT = WorkOS
