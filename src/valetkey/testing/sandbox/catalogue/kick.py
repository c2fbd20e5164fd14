"""Kick over OAuth 2.1 (docs.kick.com/getting-started/generating-tokens-oauth2-flow, .../apis/users)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.facts import number
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken


class Kick(OAuth2Front):
    """Kick. It requires PKCE and a state, and says of no address whether it is verified."""

    name = "kick"
    title = "Kick"
    site = "https://id.kick.com"
    profile_site = "https://api.kick.com"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    profile_path = "/public/v1/users"
    authentication = ("post",)
    email_scope = None
    profile_scopes = ("user:read",)
    requires_state = True
    defaults: ClassVar = {"pkce": "required"}

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """``expires_in`` is a text."""
        return list({**dict(super().token_fields(access)), "expires_in": "7200"}.items())

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error": "Invalid request"}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"data": {}, "message": "Unauthorized"}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """The user of the access token, if no ids are asked for. Its user name is its name."""
        persona = access.persona
        user = {"user_id": number(self.subject_of(persona)), "name": persona.handle, "email": access.email or ""}
        return {"data": [{**user, "profile_picture": self.picture_of(persona) or ""}], "message": "OK"}


FRONT = Kick
