"""LinkedIn over OpenID Connect (learn.microsoft.com/linkedin, "Sign In with LinkedIn using OpenID Connect").

It drops the nonce. From an app with a secret it takes no verifier of PKCE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..messages import Request
from ..oauth2.grants import AccessToken, Code
from ..oauth2.refusals import Refusal
from ..openid.front import OpenIDFront
from ..settings import SandboxSettings


class LinkedIn(OpenIDFront):
    """LinkedIn. It has no handles, and another id of a user in another app."""

    name = "linkedin"
    title = "LinkedIn"
    site = "https://www.linkedin.com"
    userinfo_site = "https://api.linkedin.com"
    issuer_address = "https://www.linkedin.com/oauth"
    authorize_path = "/oauth/v2/authorization"
    token_path = "/oauth/v2/accessToken"
    keys_path = "/oauth/openid/jwks"
    userinfo_path = "/v2/userinfo"
    discovery_path = "/oauth/.well-known/openid-configuration"
    authentication = ("post",)
    known_scopes = ("openid", "profile", "email")
    response_modes = ("query",)
    cancel: ClassVar = {
        "error": "user_cancelled_authorize",
        "error_description": "The user cancelled the authorization",
    }
    scope_reply = ","
    id_format = "{hex:.10}"
    sends_at_hash = False
    defaults: ClassVar = {"nonce": False}

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        return super().environment(settings) | {"VALETKEY_LINKEDIN_ISSUER": f"{settings.origin}{cls.path}/oauth"}

    @property
    def issuer(self) -> str:
        return f"{self.base}/oauth"

    def metadata(self, path: Mapping[str, str]) -> dict[str, Any]:
        """It says nothing of client authentication and of PKCE."""
        silent = ("token_endpoint_auth_methods_supported", "code_challenge_methods_supported")
        return {name: value for name, value in super().metadata(path).items() if name not in silent}

    def check_exchange(self, code: Code, request: Request) -> None:
        if code.authorization.challenge is not None:
            raise Refusal("invalid_client", "LinkedIn takes no code_verifier from an app with a secret", 401)

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        """In an ID token, ``email_verified`` is text."""
        claims = self.userinfo_claims(access)
        return claims | (
            {"email_verified": "true" if claims["email_verified"] else "false"} if "email" in claims else {}
        )

    def userinfo_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = {"sub": self.subject_of(access.persona), **super().user_claims(access)}
        claims.pop("preferred_username", None)
        return claims


FRONT = LinkedIn
