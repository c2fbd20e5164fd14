"""Naver over OAuth 2.0 (developers.naver.com/docs/login/api/api.md).

An error of the token endpoint is an answer with status 200.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken


class Naver(OAuth2Front):
    """Naver. It has no scopes, ignores PKCE, and says of no e-mail address whether it is verified."""

    name = "naver"
    title = "Naver"
    site = "https://nid.naver.com"
    profile_site = "https://openapi.naver.com"
    authorize_path = "/oauth2.0/authorize"
    token_path = "/oauth2.0/token"
    profile_path = "/v1/nid/me"
    authentication = ("post",)
    token_methods = ("GET", "POST")
    requires_state = True
    email_scope = None
    cancel: ClassVar = {"error": "access_denied", "error_description": "Canceled By User"}
    another_account = "auth_type=reauthenticate"
    scope_reply = None
    token_errors: ClassVar = {"invalid_grant": "invalid_request"}
    token_statuses: ClassVar = {"": 200}
    id_format = "{hex:.43}"
    defaults: ClassVar = {"pkce": "ignored"}

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """``expires_in`` is text."""
        return [(name, "3600" if name == "expires_in" else value) for name, value in super().token_fields(access)]

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"resultcode": "024", "message": "Authentication failed"}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """What the user has refused is missing."""
        persona, url = access.persona, self.picture_of(access.persona)
        shown: dict[str, Any] = {"id": self.subject_of(persona)}
        shown |= {} if persona.anonymous else {"nickname": persona.handle, "name": persona.name}
        shown |= {"profile_image": url} if url is not None else {}
        shown |= {"email": access.email} if access.email is not None else {}
        return {"resultcode": "00", "message": "success", "response": shown}


FRONT = Naver
