"""Telegram over OpenID Connect (core.telegram.org/bots/telegram-login)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ..oauth2.facts import number
from ..oauth2.grants import AccessToken
from ..openid.front import OpenIDFront


class Telegram(OpenIDFront):
    """Telegram. The id that bots know is the claim ``id``, a number; ``sub`` is another one. There is no UserInfo."""

    name = "telegram"
    title = "Telegram"
    site = "https://oauth.telegram.org"
    issuer_address = "https://oauth.telegram.org"
    authorize_path = "/auth"
    token_path = "/token"
    keys_path = "/.well-known/jwks.json"
    userinfo_path = ""
    authentication = ("basic", "post")
    email_scope = None
    known_scopes = ("openid", "profile", "phone")
    response_modes = ("query",)
    scope_reply = None
    sends_at_hash = False

    def claims(self, access: AccessToken) -> dict[str, Any]:
        own = int.from_bytes(sha256(f"telegram {access.persona.user_id}".encode()).digest()[:7])
        return super().claims(access) | {"sub": str(own)}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        if "profile" in access.code.authorization.scopes:
            claims["id"] = number(access.persona.user_id)
        return {name: value for name, value in claims.items() if name not in ("email", "email_verified")}


FRONT = Telegram
