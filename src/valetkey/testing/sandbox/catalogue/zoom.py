"""Zoom over OAuth 2.0 (developers.zoom.us/docs/api/using-zoom-apis, .../users/methods)."""

from __future__ import annotations

from typing import Any

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code
from ..state import base62


class Zoom(OAuth2Front):
    """Zoom. What it calls verified is the account. The scopes are those of the app's settings there."""

    name = "zoom"
    title = "Zoom"
    site = "https://zoom.us"
    profile_site = "https://api.zoom.us"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    profile_path = "/v2/users/me"
    authentication = ("basic", "post")
    email_scope = None
    scope_reply = None
    id_format = "{hex:.22}"

    def new_token(self, code: Code) -> str:
        return f"eyJ{base62(400)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        more = {"refresh_token": f"eyJ{base62(400)}", "scope": "user:read:user"}
        return {**more, "api_url": "https://api.zoom.us"}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {"reason": "The sandbox refused.", "error": error}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"code": 124, "message": "Invalid access token."}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        first, _, last = persona.name.partition(" ")
        known = {"email": access.email, "pic_url": self.picture_of(persona)}
        return {
            "id": self.subject_of(persona),
            "first_name": first,
            "last_name": last,
            "display_name": persona.name,
            **{name: value for name, value in known.items() if value is not None},
            "type": 1,
            "role_name": "Member",
            "verified": 1 if persona.email_verified else 0,
            "account_id": "gVcjZnYYRLDbb_MfgHuaxg",
            "language": "en-US",
            "status": "active",
        }


FRONT = Zoom
