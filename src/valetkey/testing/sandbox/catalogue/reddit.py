"""Reddit over OAuth 2.0 (github.com/reddit-archive/reddit/wiki/OAuth2, www.reddit.com/dev/api)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Authorization
from ..oauth2.refusals import Refusal

# What many clients send by default.
_OWN_AGENT = r"(?!(?:python|curl|Mozilla|okhttp|Java|Go-http-client|node)\b).+"


class Reddit(OAuth2Front):
    """Reddit. It wants a ``User-Agent`` of the app's own, ignores PKCE, and gives out no e-mail address."""

    name = "reddit"
    title = "Reddit"
    site = "https://www.reddit.com"
    profile_site = "https://oauth.reddit.com"
    authorize_path = "/api/v1/authorize"
    token_path = "/api/v1/access_token"
    profile_path = "/api/v1/me"
    authentication = ("basic",)
    required_headers: ClassVar = {"user-agent": _OWN_AGENT}
    requires_state = True
    email_scope = None
    known_scopes = ("identity",)
    profile_scopes = ("identity",)
    id_format = "{hex:.8}"
    defaults: ClassVar = {"pkce": "ignored"}

    def check(self, asked: Authorization) -> None:
        if not asked.scopes:
            raise Refusal("invalid_request", "no scope: the profile needs identity")

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        """Of wrong keys the error is a number."""
        return {"message": "Unauthorized", "error": 401} if status == 401 else {"error": error}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"message": "Unauthorized", "error": status}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """The address of the picture is escaped as in HTML."""
        persona, url = access.persona, self.picture_of(access.persona)
        return {
            "id": self.subject_of(persona),
            "name": persona.handle,
            "icon_img": f"{url}?width=256&amp;s=1f2e3d" if url is not None else "",
            "snoovatar_img": "",
            "subreddit": {"title": persona.name, "display_name": f"u_{persona.handle}"},
            "has_verified_email": persona.email_verified,
            "verified": True,
            "is_suspended": False,
            "created_utc": 1420167845.0,
        }


FRONT = Reddit
