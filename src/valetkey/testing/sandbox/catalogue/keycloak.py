"""Keycloak over OpenID Connect: one realm (keycloak.org/securing-apps/oidc-layers).

It promises ``iss`` in its metadata and sends it since version 23 (RFC 9207).
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from ..oauth2.grants import AccessToken, Code
from ..openid.by_issuer import ByIssuer


class Keycloak(ByIssuer):
    """Keycloak. A wrong secret is ``unauthorized_client``."""

    name = "keycloak"
    title = "Keycloak"
    path = "/keycloak/realms/acme"
    authorize_path = "/protocol/openid-connect/auth"
    token_path = "/protocol/openid-connect/token"
    keys_path = "/protocol/openid-connect/certs"
    userinfo_path = "/protocol/openid-connect/userinfo"
    authentication = ("basic", "post")
    token_errors: ClassVar = {"invalid_client": "unauthorized_client"}
    id_format = "{uuid}"
    defaults: ClassVar = {"sends_iss": True, "code_seconds": 60.0}
    more_metadata: ClassVar = {
        "id_token_signing_alg_values_supported": [
            *("PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256"),
            *("HS384", "ES512", "PS256", "PS512", "RS512"),
        ],
    }

    def callback_fields(self, code: Code) -> dict[str, str]:
        return {"session_state": str(uuid.uuid5(uuid.NAMESPACE_URL, code.persona.user_id))}

    def claims(self, access: AccessToken) -> dict[str, Any]:
        return super().claims(access) | {"typ": "ID", "azp": access.code.authorization.client_id, "acr": "1"}

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"refresh_expires_in": 1800, "not-before-policy": 0}


FRONT = Keycloak
