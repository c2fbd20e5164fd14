"""Spotify over OAuth 2.0 (developer.spotify.com/documentation/web-api/tutorials/code-flow, .../changes/may-2026)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken


class Spotify(OAuth2Front):
    """Spotify. It has no user names, and verifies no e-mail address."""

    name = "spotify"
    title = "Spotify"
    site = "https://accounts.spotify.com"
    profile_site = "https://api.spotify.com"
    authorize_path = "/authorize"
    token_path = "/api/token"
    profile_path = "/v1/me"
    authentication = ("basic",)
    email_scope = "user-read-email"
    known_scopes = ("user-read-email", "user-read-private")
    another_account = "show_dialog=true"
    token_statuses: ClassVar = {"": 400}
    id_format = "{hex:.28}"

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error": {"status": status, "message": "The access token expired"}}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """The name may be null. ``id`` is the user name that an older account was given."""
        persona, url = access.persona, self.picture_of(access.persona)
        known = persona.handle
        return {
            "display_name": None if persona.anonymous else persona.name or None,
            "external_urls": {"spotify": f"https://open.spotify.com/user/{known}"},
            "followers": {"href": None, "total": 0},
            "href": f"https://api.spotify.com/v1/users/{known}",
            "account_id": self.subject_of(persona),
            "id": known,
            "images": [{"height": 300, "url": url, "width": 300}] if url is not None else [],
            "type": "user",
            "uri": f"spotify:user:{known}",
            **({"email": access.email} if access.email is not None else {}),
        }


FRONT = Spotify
