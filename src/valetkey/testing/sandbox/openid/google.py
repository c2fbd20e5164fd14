"""Google over OpenID Connect (developers.google.com/identity, "OpenID Connect")."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken, Authorization, Code
from ..oauth2.refusals import Refusal
from ..state import base62
from .front import OpenIDFront


class Google(OpenIDFront):
    """Google. It has no user names."""

    name = "google"
    title = "Google"
    path = "/google"
    site = "https://accounts.google.com"
    api = "https://oauth2.googleapis.com"
    issuer_address = "https://accounts.google.com"
    keys_site = "https://www.googleapis.com"
    userinfo_site = "https://openidconnect.googleapis.com"
    authorize_path = "/o/oauth2/v2/auth"
    token_path = "/token"
    keys_path = "/oauth2/v3/certs"
    userinfo_path = "/v1/userinfo"
    defaults: ClassVar = {"sends_iss": True}
    # It only reports, and separates no windows.
    headers: ClassVar = {"cross-origin-opener-policy-report-only": "same-origin"}

    def check(self, asked: Authorization) -> None:
        if not asked.scopes:
            raise Refusal("invalid_request", "Missing required parameter: scope")

    def new_code(self) -> str:
        return f"4/0A{base62(60)}"  # with a slash, as the real ones

    def new_token(self, code: Code) -> str:
        return f"ya29.{base62(120)}"

    def callback_fields(self, code: Code) -> dict[str, str]:
        return {"scope": " ".join(code.authorization.scopes), "authuser": "0", "prompt": "consent"}

    def claims(self, access: AccessToken) -> dict[str, Any]:
        return super().claims(access) | {"azp": access.code.authorization.client_id}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        claims.pop("preferred_username", None)
        given, _, family = claims.get("name", "").partition(" ")
        return claims | ({"given_name": given, "family_name": family} if given else {})
