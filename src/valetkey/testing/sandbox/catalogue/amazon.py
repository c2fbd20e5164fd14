"""Login with Amazon, over OAuth 2.0 (developer.amazon.com/docs/login-with-amazon, "Authorization Code Grant",
"Obtain Customer Profile Information")."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Authorization, Code
from ..oauth2.refusals import Refusal
from ..state import base62


class Amazon(OAuth2Front):
    """Amazon. Its access tokens have a bar in them. It says of no address whether it is verified."""

    name = "amazon"
    title = "Amazon"
    site = "https://www.amazon.com"
    api = "https://api.amazon.com"
    authorize_path = "/ap/oa"
    token_path = "/auth/o2/token"
    profile_path = "/user/profile"
    authentication = ("post", "basic")
    known_scopes = ("profile", "profile:user_id", "postal_code")
    profile_scopes = ("profile", "profile:user_id")
    email_scope = "profile"
    scope_reply = None
    credentials = re.compile(r"bearer +(Atza\|[A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)
    id_format = "amzn1.account.{HEX:.28}"
    cancel: ClassVar = {"error": "access_denied", "error_description": "The request was denied by the user."}
    defaults: ClassVar = {"code_seconds": 300.0}

    def check(self, asked: Authorization) -> None:
        if not asked.scopes:
            raise Refusal("invalid_scope", "no scope")

    def new_token(self, code: Code) -> str:
        return f"Atza|{base62(250)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"refresh_token": f"Atzr|{base62(250)}"}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {**super().token_error(error, status), "request_id": "bef0c2f8-e292-4c4e-8c95-8833fbd559df"}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error": error, "error_description": "The sandbox refused."}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        shown: dict[str, Any] = {"user_id": self.subject_of(persona)}
        if "profile" in access.code.authorization.scopes:
            shown |= {"name": persona.name, **({"email": access.email} if access.email is not None else {})}
        return shown


FRONT = Amazon
