"""Discord over OAuth 2.0 (docs.discord.com/developers/topics/oauth2, .../resources/user)."""

from __future__ import annotations

from typing import Any

from ..answers import Answer, json_answer
from ..messages import Request
from ..state import base62
from .bearer import BearerRefused, require_scope
from .facts import Profile
from .front import OAuth2Front
from .grants import AccessToken, Authorization, Code
from .refusals import Refusal


class Discord(OAuth2Front):
    """Discord. It goes without a click only if ``prompt=none`` asks for it."""

    name = "discord"
    title = "Discord"
    path = "/discord"
    site = "https://discord.com"
    authorize_path = "/oauth2/authorize"
    token_path = "/api/oauth2/token"
    profile_path = "/api/users/@me"
    authentication = ("basic", "post")
    known_scopes = ("identify", "email", "openid")
    silent_by_prompt = True
    another_account = "prompt=consent"

    def check(self, asked: Authorization) -> None:
        if not asked.scopes:
            raise Refusal("invalid_scope", "no scope")

    def refusal_fields(self, error: str) -> dict[str, str]:
        described = "The resource owner or authorization server denied the request"
        return {"error": error, **({"error_description": described} if error == "access_denied" else {})}

    def new_code(self) -> str:
        return base62(30)

    def new_token(self, code: Code) -> str:
        return base62(30)

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return [(name, 604_800 if name == "expires_in" else value) for name, value in super().token_fields(access)]

    def bearer_refusal(self, refused: BearerRefused) -> Answer:
        known = {401: ("401: Unauthorized", 0), 403: ("Missing Access", 50_001)}
        message, code = known.get(refused.status, ("400: Bad Request", 0))
        return json_answer({"message": message, "code": code}, refused.status, reason=refused.reason)

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        return {"/api/users/@me": ("profile", self.me, ("GET",))}

    async def me(self, access: AccessToken, request: Request) -> Answer:
        """The user. It has no picture: a client would load one from Discord's own server by its hash."""
        require_scope(access, "identify")
        persona = access.persona
        shown: dict[str, Any] = {
            "id": persona.user_id,
            "username": persona.handle,
            "discriminator": "0",
            "global_name": persona.name or None,
            "avatar": None,
        }
        if "email" in access.code.authorization.scopes:
            shown |= {"email": access.email, "verified": access.email is not None and persona.email_verified}
        return json_answer(shown)
