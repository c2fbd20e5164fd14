"""Facebook over OAuth 2.0 (developers.facebook.com, "Manually Build a Login Flow", "Securing Graph API Requests").

Its errors are objects of their own, and the token endpoint also takes GET.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..state import base62
from .bearer import BearerRefused
from .facts import Profile
from .front import OAuth2Front
from .grants import AccessToken, Code
from .refusals import Refusal

_CODES = {"invalid_client": 1, "invalid_grant": 100, "invalid_request": 101}


class Facebook(OAuth2Front):
    """Facebook. It has no user names, and says of no e-mail address whether it is verified."""

    name = "facebook"
    title = "Facebook"
    path = "/facebook"
    site = "https://www.facebook.com"
    api = "https://graph.facebook.com"
    authorize_path = "/v24.0/dialog/oauth"
    token_path = "/v24.0/oauth/access_token"
    profile_path = "/v24.0/me"
    authentication = ("post",)
    token_methods = ("GET", "POST")
    scope_separators = " ,"
    fragment = "#_=_"
    requires_grant_type = False
    another_account = "auth_type=reauthenticate"

    def refusal_fields(self, error: str) -> dict[str, str]:
        if error != "access_denied":
            return {"error": error}
        described = {"error_code": "200", "error_description": "Permissions error", "error_reason": "user_denied"}
        return {"error": error, **described}

    def new_code(self) -> str:
        return f"AQ{base62(200)}"

    def new_token(self, code: Code) -> str:
        return f"EAA{base62(150)}"

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return [("access_token", access.token), ("token_type", "bearer"), ("expires_in", 5_183_944)]

    def token_refusal(self, request: Request, refusal: Refusal) -> Answer:
        subcode = 36_008 if "redirect_uri" in refusal.reason else 36_009 if "used before" in refusal.reason else None
        return _refusal(400, _CODES.get(refusal.error, 100), refusal.reason, subcode)

    def bearer_refusal(self, refused: BearerRefused) -> Answer:
        return _refusal(refused.status, {400: 2500, 401: 190, 403: 459}[refused.status], refused.reason)

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        return {"/v24.0/me": ("profile", self.me, ("GET",))}

    async def me(self, access: AccessToken, request: Request) -> Answer:
        """The user, with the fields that were asked for."""
        self._check_proof(access, request.query_params.get("appsecret_proof"))
        persona, granted = access.persona, access.code.authorization.scopes
        asked = request.query_params.get("fields", "id,name").split(",")
        picture = f"{self.state.settings.origin}/pictures/{persona.handle}.svg"
        known: dict[str, Any] = {"name": persona.name or None, "email": access.email if "email" in granted else None}
        known["picture"] = {"data": {"url": picture, "is_silhouette": False}} if persona.picture else None
        shown = {name: known[name] for name in asked if known.get(name) is not None}
        return json_answer({"id": persona.user_id, **shown})

    def _check_proof(self, access: AccessToken, proof: str | None) -> None:
        """The HMAC of the access token with the app's secret. It is checked where it is sent."""
        secret = self.secret_of(access.code.authorization.client_id) or ""
        if proof is not None and proof != hmac.digest(secret.encode(), access.token.encode(), "sha256").hex():
            raise BearerRefused("invalid_request", "appsecret_proof is not the HMAC-SHA256 of the access token", 400)


def _refusal(status: int, code: int, reason: str, subcode: int | None = None) -> Answer:
    error: dict[str, Any] = {"message": "The sandbox refused.", "type": "OAuthException", "code": code}
    if subcode is not None:
        error["error_subcode"] = subcode
    return Answer(status, json.dumps({"error": {**error, "fbtrace_id": "sandbox"}}), JSON, reason=reason)
