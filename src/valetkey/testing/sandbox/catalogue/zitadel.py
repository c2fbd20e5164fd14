"""Zitadel over OpenID Connect (zitadel.com/docs/apis/openidoauth, "endpoints", "claims").

``aud`` is always a list with the project beside the client. Name and e-mail are at UserInfo.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken
from ..openid.by_issuer import ByIssuer
from ..settings import SandboxSettings

PROJECT = "163840776835431000"


class Zitadel(ByIssuer):
    """Zitadel. A user name is a login, which may change."""

    name = "zitadel"
    title = "Zitadel"
    authorize_path = "/oauth/v2/authorize"
    token_path = "/oauth/v2/token"
    keys_path = "/oauth/v2/keys"
    userinfo_path = "/oidc/v1/userinfo"
    authentication = ("basic", "post")
    defaults: ClassVar = {"claims_in_id_token": False}

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        return {**super().environment(settings), "ZITADEL_AUDIENCES": PROJECT}

    def claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().claims(access)
        return claims | {"aud": [claims["aud"], PROJECT], "azp": claims["aud"], "amr": ["pwd"]}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        if "preferred_username" in claims:
            claims["preferred_username"] = f"{access.persona.handle}@acme.sandbox.example"
        return claims


FRONT = Zitadel
