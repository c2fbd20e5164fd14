"""X over OAuth 2.0 (docs.x.com, "OAuth 2.0 Authorization Code Flow with PKCE", GET /2/users/me).

It requires PKCE and ``state``, and takes the client's secret by Basic only. A code lives for 30 seconds. The ids of its
users are those of X over OAuth 1.0a.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, ClassVar

from ..answers import Answer, json_answer
from ..messages import Request
from ..state import base62
from .bearer import BearerRefused, require_scope
from .facts import Profile
from .front import OAuth2Front
from .grants import AccessToken, Authorization, Code
from .refusals import Refusal


class X2(OAuth2Front):
    """X over OAuth 2.0."""

    name = "x2"
    title = "X"
    path = "/x2"
    site = "https://x.com"
    api = "https://api.x.com"
    variable = "TWITTER"
    authorize_path = "/i/oauth2/authorize"
    token_path = "/2/oauth2/token"
    profile_path = "/2/users/me"
    authentication = ("basic",)
    email_scope = "users.email"
    requires_state = True
    # Whether a second approval is silent is not documented, so the page is always shown.
    defaults: ClassVar = {"pkce": "required", "code_seconds": 30.0, "silent": False}
    headers: ClassVar = {"cross-origin-opener-policy": "same-origin"}

    def check(self, asked: Authorization) -> None:
        if not asked.scopes:
            raise Refusal("invalid_scope", "no scope")

    def new_code(self) -> str:
        return _text(f"{base62(45)}:1:0:ac:1")

    def new_token(self, code: Code) -> str:
        return _text(f"{base62(45)}:1:0:at:1")

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        scopes = " ".join(access.code.authorization.scopes)
        token = access.token
        return [("token_type", "bearer"), ("expires_in", 7200), ("access_token", token), ("scope", scopes)]

    def bearer_refusal(self, refused: BearerRefused) -> Answer:
        title = {401: "Unauthorized", 403: "Forbidden"}.get(refused.status, "Invalid Request")
        body = {"title": title, "type": "about:blank", "status": refused.status, "detail": title}
        return json_answer(body, refused.status, reason=refused.reason)

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        return {"/2/users/me": ("profile", self.me, ("GET",))}

    async def me(self, access: AccessToken, request: Request) -> Answer:
        """The user, with the fields that were asked for."""
        for scope in ("users.read", "tweet.read"):
            require_scope(access, scope)
        persona = access.persona
        shown: dict[str, Any] = {"id": persona.user_id, "name": persona.name, "username": persona.handle}
        asked = request.query_params.get("user.fields", "").split(",")
        if "profile_image_url" in asked and persona.picture:
            shown["profile_image_url"] = f"{self.state.settings.origin}/pictures/{persona.handle}.svg"
        if "confirmed_email" in asked:
            require_scope(access, "users.email")
            if access.email is not None and persona.email_verified:
                shown["confirmed_email"] = access.email
        return json_answer({"data": shown})


def _text(value: str) -> str:
    return b64encode(value.encode()).rstrip(b"=").decode()
