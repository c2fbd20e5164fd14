"""Yahoo over OpenID Connect (developer.yahoo.com/oauth2/guide/openid_connect).

From an app with a secret it takes no challenge of PKCE. Its error codes are in upper case.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken, Authorization
from ..oauth2.refusals import Refusal
from ..openid.front import OpenIDFront


class Yahoo(OpenIDFront):
    """Yahoo. It has no handles. The picture is at UserInfo only."""

    name = "yahoo"
    title = "Yahoo"
    site = "https://api.login.yahoo.com"
    issuer_address = "https://api.login.yahoo.com"
    authorize_path = "/oauth2/request_auth"
    token_path = "/oauth2/get_token"
    keys_path = "/openid/v1/certs"
    userinfo_path = "/openid/v1/userinfo"
    authentication = ("basic", "post")
    response_modes = ("query",)
    another_account = "prompt=login"
    scope_reply = None
    token_errors: ClassVar = {"invalid_grant": "INVALID_AUTHORIZATION_CODE"}
    id_format = "{HEX:.26}"
    algorithms = ("ES256", "RS256")
    defaults: ClassVar = {"algorithm": "ES256"}

    def check(self, asked: Authorization) -> None:
        if "code_challenge" in asked.query:
            raise Refusal("unauthorized_client", "Yahoo takes no code_challenge from an app with a secret")

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"xoauth_yahoo_guid": self.subject_of(access.persona)}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        return {name: value for name, value in claims.items() if name not in ("preferred_username", "picture")}

    def userinfo_claims(self, access: AccessToken) -> dict[str, Any]:
        everything = super().user_claims(access)
        pictured = {"picture": everything["picture"]} if "picture" in everything else {}
        return {"sub": self.subject_of(access.persona), **self.user_claims(access), **pictured}


FRONT = Yahoo
