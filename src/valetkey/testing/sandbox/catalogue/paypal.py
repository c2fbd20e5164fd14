"""Log in with PayPal, over OAuth 2.0 (developer.paypal.com/docs/log-in-with-paypal/integrate/reference,
.../docs/api/identity/v1)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code
from ..state import base62


class PayPal(OAuth2Front):
    """PayPal. A user is known by a URL. What it calls a verified account is the bank account."""

    name = "paypal"
    title = "PayPal"
    site = "https://www.paypal.com"
    api = "https://api-m.paypal.com"
    authorize_path = "/signin/authorize"
    token_path = "/v1/oauth2/token"
    profile_path = "/v1/identity/oauth2/userinfo"
    profile_parameters: ClassVar = {"schema": "paypalv1.1"}
    authentication = ("basic",)
    profile_scopes = ("openid",)
    id_format = "https://www.paypal.com/webapps/auth/identity/user/{hex:.43}"
    cancel: ClassVar = {"error": "access_denied", "error_description": "The user denied the request."}

    def new_token(self, code: Code) -> str:
        return f"A21AA{base62(90)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"refresh_token": f"R23AA{base62(90)}", "nonce": f"2026-01-02T03:04:05Z{base62(20)}"}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"name": "AUTHENTICATION_FAILURE", "message": "Authentication failed."}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona, scopes = access.persona, access.code.authorization.scopes
        given, _, family = persona.name.partition(" ")
        shown: dict[str, Any] = {"user_id": self.subject_of(persona), "sub": self.subject_of(persona)}
        if "profile" in scopes and persona.name:
            shown |= {"name": persona.name, "given_name": given, "family_name": family}
        if access.email is not None:
            shown["emails"] = [{"value": access.email, "primary": True, "confirmed": persona.email_verified}]
        return shown


FRONT = PayPal
