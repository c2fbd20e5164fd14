"""Kakao over OAuth 2.0 (developers.kakao.com/docs/latest/en/kakaologin/rest-api)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.facts import number
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Authorization
from ..oauth2.refusals import Refusal

_CONSENT_ITEMS = ("account_email", "profile_image", "profile_nickname")
_CODES = {"invalid_client": "KOE010", "invalid_grant": "KOE320"}


class Kakao(OAuth2Front):
    """Kakao. An app has consent items, and needs no scope. Its ids are numbers, and it has no handles."""

    name = "kakao"
    title = "Kakao"
    site = "https://kauth.kakao.com"
    profile_site = "https://kapi.kakao.com"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    profile_path = "/v2/user/me"
    authentication = ("post",)
    scope_separators = " ,"
    email_scope = None
    cancel: ClassVar = {"error": "access_denied", "error_description": "User denied access"}
    scope_reply = None
    profile_methods = ("GET", "POST")
    defaults: ClassVar = {"pkce": "ignored"}

    def check(self, asked: Authorization) -> None:
        for scope in asked.scopes:
            if scope not in _CONSENT_ITEMS:
                raise Refusal("invalid_scope", f"KOE205: {scope} is no consent item of this app")

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"scope": " ".join(_CONSENT_ITEMS), "refresh_token_expires_in": 5_183_999}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        described = "authorization code not found for code=sandbox"
        return {"error": error, "error_description": described, "error_code": _CODES.get(error, "KOE101")}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"msg": "this access token does not exist", "code": -status}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """Of a user who shares nothing, it says the id alone."""
        persona, url = access.persona, self.picture_of(access.persona)
        shown: dict[str, Any] = {"id": number(persona.user_id), "connected_at": "2026-01-02T03:04:05Z"}
        if persona.anonymous:
            return shown
        profile: dict[str, Any] = {"nickname": persona.name, "is_default_image": url is None}
        profile |= {"profile_image_url": url, "thumbnail_image_url": url} if url is not None else {}
        account: dict[str, Any] = {"profile": profile, "has_email": access.email is not None}
        if access.email is not None:
            account |= {"is_email_valid": True, "is_email_verified": persona.email_verified, "email": access.email}
        return {**shown, "properties": {"nickname": persona.name}, "kakao_account": account}


FRONT = Kakao
