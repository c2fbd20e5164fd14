"""Figma over OAuth 2.0 (developers.figma.com/docs/rest-api/authentication, .../users-types; figma/rest-api-spec).

Whether a token reply has ``token_type`` is not known. Here it has none.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code
from ..state import base62


class Figma(OAuth2Front):
    """Figma. What it calls a handle is the display name. It says of no address whether it is verified."""

    name = "figma"
    title = "Figma"
    site = "https://www.figma.com"
    api = "https://api.figma.com"
    authorize_path = "/oauth"
    token_path = "/v1/oauth/token"
    profile_path = "/v1/me"
    authentication = ("basic",)
    known_scopes = ("current_user:read", "file_content:read")
    profile_scopes = ("current_user:read",)
    email_scope = "current_user:read"
    sends_token_type = False
    scope_reply = None
    profile_statuses: ClassVar = {401: 403}
    defaults: ClassVar = {"code_seconds": 30.0}

    def new_token(self, code: Code) -> str:
        return f"figu_{base62(40)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"refresh_token": f"figur_{base62(40)}", "user_id_string": self.subject_of(access.persona)}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error": True, "status": status, "message": "The sandbox refused."}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"status": status, "err": "Invalid token"}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        known = {"handle": persona.name, "img_url": self.picture_of(persona), "email": access.email}
        return {"id": self.subject_of(persona), **{name: value for name, value in known.items() if value is not None}}


FRONT = Figma
