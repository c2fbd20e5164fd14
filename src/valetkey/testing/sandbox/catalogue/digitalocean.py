"""DigitalOcean over OAuth 2.0 (docs.digitalocean.com/reference/api/oauth; digitalocean/openapi, account)."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code

_TEAM = "5df3e3004a17e242b7c20ca6c9fc25b701a47ece"


class DigitalOcean(OAuth2Front):
    """DigitalOcean. The user picks a team, and has one id in all of them."""

    name = "digitalocean"
    title = "DigitalOcean"
    site = "https://cloud.digitalocean.com"
    profile_site = "https://api.digitalocean.com"
    authorize_path = "/v1/oauth/authorize"
    token_path = "/v1/oauth/token"
    profile_path = "/v2/account"
    authentication = ("post",)
    known_scopes = ("account:read", "read", "write")
    profile_scopes = ("account:read", "read")
    email_scope = "account:read"
    id_format = "{hex:.40}"
    cancel: ClassVar = {
        "error": "access_denied",
        "error_description": "The resource owner or authorization server denied the request.",
    }

    def new_code(self) -> str:
        return secrets.token_hex(32)

    def new_token(self, code: Code) -> str:
        return f"doo_v1_{secrets.token_hex(32)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        info = {"name": persona.name, "email": access.email, "uuid": self.subject_of(persona), "team_uuid": _TEAM}
        return {"refresh_token": f"dor_v1_{secrets.token_hex(32)}", "info": info}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"id": "Unauthorized", "message": "Unable to authenticate you"}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        account = {
            "droplet_limit": 25,
            "floating_ip_limit": 5,
            **({"email": access.email} if access.email is not None else {}),
            "name": persona.name,
            "uuid": self.subject_of(persona),
            "email_verified": access.email is not None and persona.email_verified,
            "status": "active",
            "status_message": "",
            "team": {"uuid": _TEAM, "name": "My Team"},
        }
        return {"account": account}


FRONT = DigitalOcean
