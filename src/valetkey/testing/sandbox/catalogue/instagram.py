"""Instagram over OAuth 2.0 (developers.facebook.com/docs/instagram-platform, "Business Login").

A token reply has no token type. It comes flat, though the documentation has it in a list ``data``; so does a profile.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..answers import Answer, json_answer
from ..messages import Request
from ..oauth2.facts import Profile, number
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken


class Instagram(OAuth2Front):
    """Instagram, for professional accounts. It gives out no e-mail address."""

    name = "instagram"
    title = "Instagram"
    site = "https://www.instagram.com"
    api = "https://api.instagram.com"
    profile_site = "https://graph.instagram.com"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/access_token"
    profile_path = "/v25.0/me"
    authentication = ("post",)
    scope_separators = " ,"
    known_scopes = ("instagram_business_basic",)
    email_scope = ""  # there is none
    fragment = "#_"
    cancel: ClassVar = {
        "error": "access_denied",
        "error_reason": "user_denied",
        "error_description": "The user denied your request",
    }
    another_account = "force_reauth=true"
    token_statuses: ClassVar = {"": 400}
    profile_statuses: ClassVar = {401: 400, 403: 400}
    defaults: ClassVar = {"pkce": "ignored", "code_seconds": 3600.0}

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """``user_id`` is the user's id in this app: another number than that of the profile."""
        scopes = list(access.code.authorization.scopes)
        in_app = number(f"17841{access.persona.user_id[-12:]}")
        return [("access_token", access.token), ("user_id", in_app), ("permissions", scopes)]

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error_type": "OAuthException", "code": 400, "error_message": "The sandbox refused."}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error": {"message": "The sandbox refused.", "type": "OAuthException", "code": 190}}

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        return {self.profile_path: ("profile", self.me, ("GET",))}

    async def me(self, access: AccessToken, request: Request) -> Answer:
        """The user, with the fields that were asked for."""
        persona = access.persona
        known: dict[str, Any] = {"user_id": self.subject_of(persona), "username": persona.handle}
        known |= {} if persona.anonymous else {"name": persona.name}
        known |= {"profile_picture_url": self.picture_of(persona)} if persona.picture else {}
        asked = request.query_params.get("fields", "id").split(",")
        shown = {name: known[name] for name in asked if name in known}
        return json_answer({**shown, "id": f"24988{persona.user_id[-12:]}"})


FRONT = Instagram
