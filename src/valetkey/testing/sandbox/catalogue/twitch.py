"""Twitch over OpenID Connect (dev.twitch.tv/docs/authentication/getting-tokens-oidc).

An ID token says about the user what the parameter ``claims`` asks for, and nothing else.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from ..oauth2.grants import AccessToken, Code
from ..openid.front import OpenIDFront
from ..settings import SandboxSettings


class Twitch(OpenIDFront):
    """Twitch. Its users have one name, which is the handle. It ignores PKCE."""

    name = "twitch"
    title = "Twitch"
    site = "https://id.twitch.tv"
    issuer_address = "https://id.twitch.tv/oauth2"
    authorize_path = "/oauth2/authorize"
    token_path = "/oauth2/token"
    keys_path = "/oauth2/keys"
    userinfo_path = "/oauth2/userinfo"
    discovery_path = "/oauth2/.well-known/openid-configuration"
    authentication = ("post",)
    email_scope = "user:read:email"
    known_scopes = ("openid", "user:read:email")
    response_modes = ("query",)
    cancel: ClassVar = {"error": "access_denied", "error_description": "The user denied you access"}
    another_account = "force_verify=true"
    scope_reply = "[]"
    token_statuses: ClassVar = {"invalid_client": 403, "": 400}
    id_token_seconds = 900
    defaults: ClassVar = {"pkce": "ignored"}

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        return super().environment(settings) | {"VALETKEY_TWITCH_ISSUER": f"{settings.origin}{cls.path}/oauth2"}

    @property
    def issuer(self) -> str:
        return f"{self.base}/oauth2"

    def callback_fields(self, code: Code) -> dict[str, str]:
        return {"scope": " ".join(code.authorization.scopes)}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        """There is no ``error``."""
        return {"status": status, "message": "The sandbox refused."}

    def claims(self, access: AccessToken) -> dict[str, Any]:
        return super().claims(access) | {"azp": access.code.authorization.client_id}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        try:
            asked = json.loads(access.code.authorization.query.get("claims", "{}"))["id_token"]
        except (ValueError, KeyError, TypeError):
            asked = {}
        return {name: value for name, value in self._known(access).items() if name in asked}

    def userinfo_claims(self, access: AccessToken) -> dict[str, Any]:
        return {"sub": self.subject_of(access.persona), **self._known(access)}

    def _known(self, access: AccessToken) -> dict[str, Any]:
        persona, picture = access.persona, self.picture_of(access.persona)
        known: dict[str, Any] = {"preferred_username": persona.handle, "updated_at": "2026-01-02T03:04:05Z"}
        known |= {"picture": picture} if picture is not None else {}
        known |= {"email": access.email, "email_verified": persona.email_verified} if access.email is not None else {}
        return known


FRONT = Twitch
