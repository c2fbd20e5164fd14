"""Zotero over OAuth 1.0a (zotero.org/support/dev/web_api/v3/oauth)."""

from __future__ import annotations

from typing import Any

from ..oauth1 import AccessToken, OAuth1Provider


class Zotero(OAuth1Provider):
    """Zotero. The exchange says who the user is. Without ``identity=1`` it also makes an API key."""

    name = "zotero"
    title = "Zotero"
    request_token_url = "https://www.zotero.org/oauth/request"
    authorize_url = "https://www.zotero.org/oauth/authorize"
    access_token_url = "https://www.zotero.org/oauth/access"
    request_methods = ("GET", "POST")
    access_methods = ("GET", "POST")
    places = ("header",)

    def access_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return [("userID", self.subject_of(access.persona)), ("username", access.persona.name or access.persona.handle)]


FRONT = Zotero
