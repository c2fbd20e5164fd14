"""Asana over OAuth 2.0 (developers.asana.com/docs/oauth, .../docs/openid-connect, .../reference/getuser)."""

from __future__ import annotations

from typing import Any

from ..oauth2.facts import number
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken


class Asana(OAuth2Front):
    """Asana. It has no handles, and says of no e-mail address whether it is verified."""

    name = "asana"
    title = "Asana"
    site = "https://app.asana.com"
    authorize_path = "/-/oauth_authorize"
    token_path = "/-/oauth_token"
    profile_path = "/api/1.0/users/me"
    authentication = ("post",)
    known_scopes = ("users:read", "workspaces:read", "openid", "profile", "email")
    email_scope = "users:read"
    profile_scopes = ("users:read",)
    scope_reply = None

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        """The user, in short."""
        return {"data": {**self._user(access), "id": number(self.subject_of(access.persona))}}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"errors": [{"message": "Not Authorized", "help": "For more information, see the documentation."}]}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """The user, with the workspaces."""
        url = self.picture_of(access.persona)
        sizes = ("21x21", "27x27", "36x36", "60x60", "128x128")
        photo = {f"image_{size}": url for size in sizes} if url is not None else None
        workspace = {"gid": "1331", "resource_type": "workspace", "name": "Sandbox"}
        return {"data": {**self._user(access), "resource_type": "user", "photo": photo, "workspaces": [workspace]}}

    def _user(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        user = {"gid": self.subject_of(persona), "name": "" if persona.anonymous else persona.name}
        return user | ({"email": access.email} if access.email is not None else {})


FRONT = Asana
