"""Heroku over OAuth 2.0 (devcenter.heroku.com/articles/oauth, .../platform-api-reference#account)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code
from ..state import base62


class Heroku(OAuth2Front):
    """Heroku. Its API has versions, and its errors an id. What it calls verified is the billing."""

    name = "heroku"
    title = "Heroku"
    site = "https://id.heroku.com"
    profile_site = "https://api.heroku.com"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    profile_path = "/account"
    required_profile_headers: ClassVar = {"accept": r"application/vnd\.heroku\+json; version=3"}
    authentication = ("post",)
    known_scopes = ("identity", "global", "read", "write", "read-protected", "write-protected")
    profile_scopes = ("identity", "global", "read", "read-protected")
    email_scope = "identity"
    scope_reply = None
    id_format = "{uuid}"

    def new_token(self, code: Code) -> str:
        return f"HRKU-{base62(60)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        more = {"refresh_token": f"HRKU-{base62(60)}", "session_nonce": None}
        return {**more, "user_id": self.subject_of(access.persona)}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {"id": "unauthorized", "message": "Unable to authenticate request."}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"id": "unauthorized", "message": "Invalid credentials provided."}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        return {
            "allow_tracking": True,
            "beta": False,
            **({"email": access.email} if access.email is not None else {}),
            "federated": False,
            "id": self.subject_of(persona),
            "name": persona.name or None,
            "suspended_at": None,
            "two_factor_authentication": True,
            "verified": persona.email_verified,
        }


FRONT = Heroku
