"""Bitbucket Cloud over OAuth 2.0 (developer.atlassian.com/cloud/bitbucket/oauth-2, .../rest/api-group-users)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken


class Bitbucket(OAuth2Front):
    """Bitbucket. A user's id is a UUID in braces; ``username`` changes hands. It ignores PKCE."""

    name = "bitbucket"
    title = "Bitbucket"
    site = "https://bitbucket.org"
    profile_site = "https://api.bitbucket.org"
    authorize_path = "/site/oauth2/authorize"
    token_path = "/site/oauth2/access_token"
    profile_path = "/2.0/user"
    emails_path = "/2.0/user/emails"
    authentication = ("basic",)
    known_scopes = ("account", "email")
    profile_scopes = ("account",)
    scope_reply = None
    id_format = "{{{uuid}}}"
    defaults: ClassVar = {"pkce": "ignored"}

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        """The scopes are in ``scopes``."""
        return {"scopes": " ".join(access.code.authorization.scopes), "state": "authorization_code"}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"type": "error", "error": {"message": "Access token expired."}}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona, url = access.persona, self.picture_of(access.persona)
        return {
            "display_name": "" if persona.anonymous else persona.name,
            "links": {"avatar": {"href": url}} if url is not None else {},
            "type": "user",
            "uuid": self.subject_of(persona),
            "username": persona.handle,
            "account_id": f"557058:{persona.user_id}",
            "nickname": persona.handle,
            "account_status": "active",
        }

    def emails_of(self, access: AccessToken) -> Any:
        """One of a user's addresses is the primary one."""
        confirmed = access.persona.email_verified
        other = {"type": "email", "email": "other@example.com", "is_primary": False, "is_confirmed": True}
        own = {"type": "email", "email": access.email, "is_primary": True, "is_confirmed": confirmed}
        values = [other, own] if access.email is not None else []
        return {"pagelen": 10, "values": values, "page": 1, "size": len(values)}


FRONT = Bitbucket
