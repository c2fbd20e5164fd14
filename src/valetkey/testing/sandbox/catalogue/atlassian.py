"""Atlassian over OAuth 2.0 (developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code
from ..state import base62


class Atlassian(OAuth2Front):
    """Atlassian. It calls wrong keys ``access_denied``, and shows its page at every sign-in."""

    name = "atlassian"
    title = "Atlassian"
    site = "https://auth.atlassian.com"
    profile_site = "https://api.atlassian.com"
    authorize_path = "/authorize"
    token_path = "/oauth/token"
    profile_path = "/me"
    authentication = ("post",)
    required_parameters: ClassVar = {"audience": "api.atlassian.com", "prompt": "consent"}
    requires_state = True
    known_scopes = ("read:me", "read:account", "offline_access")  # and not openid, which its metadata lists
    profile_scopes = ("read:me",)
    email_scope = "read:me"
    token_errors: ClassVar = {"invalid_client": "access_denied"}
    token_statuses: ClassVar = {"invalid_grant": 403}
    id_format = "712020:{uuid}"
    cancel: ClassVar = {"error": "access_denied", "error_description": "User did not authorize the request"}

    def new_token(self, code: Code) -> str:
        return f"eyJ{base62(300)}"

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error": error, "error_description": "Unauthorized"}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"code": status, "message": "Unauthorized"}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        known = {"email": access.email, "picture": self.picture_of(persona)}
        return {
            "account_type": "atlassian",
            "account_id": self.subject_of(persona),
            **{name: value for name, value in known.items() if value is not None},
            "email_verified": persona.email_verified,
            "name": persona.name,
            "account_status": "active",
            "nickname": persona.handle,
            "zoneinfo": "Europe/Berlin",
            "locale": "en-US",
            "extended_profile": {},
        }


FRONT = Atlassian
