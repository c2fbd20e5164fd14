"""Hugging Face over OpenID Connect (huggingface.co/docs/hub/oauth; huggingface/hub-docs)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken, Code
from ..openid.front import OpenIDFront
from ..state import base62


class HuggingFace(OpenIDFront):
    """Hugging Face. Name and e-mail address are at UserInfo."""

    name = "huggingface"
    title = "Hugging Face"
    site = "https://huggingface.co"
    issuer_address = "https://huggingface.co"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    userinfo_path = "/oauth/userinfo"
    keys_path = "/oauth/jwks"
    authentication = ("basic", "post")
    known_scopes = ("openid", "profile", "email", "read-repos", "inference-api")
    id_format = "{hex:.24}"
    cancel: ClassVar = {"error": "access_denied", "error_description": "The user denied the request"}
    defaults: ClassVar = {"claims_in_id_token": False}

    def new_token(self, code: Code) -> str:
        return f"hf_oauth_{base62(60)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"refresh_token": f"hf_oauth_refresh_{base62(60)}"}

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        if "preferred_username" in claims:
            claims |= {"profile": f"{self.site}/{claims['preferred_username']}", "isPro": False, "orgs": []}
        return claims


FRONT = HuggingFace
