"""GitLab over OpenID Connect (docs.gitlab.com/integration/openid_connect_provider)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken
from .front import OpenIDFront


class GitLab(OpenIDFront):
    """GitLab."""

    name = "gitlab"
    title = "GitLab"
    path = "/gitlab"
    site = "https://gitlab.com"
    issuer_address = "https://gitlab.com"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    keys_path = "/oauth/discovery/keys"
    userinfo_path = "/oauth/userinfo"
    authentication = ("basic", "post")
    known_scopes = ("openid", "profile", "email", "read_user")
    sends_at_hash = False
    id_token_seconds = 120
    more_metadata: ClassVar = {"response_modes_supported": ["query", "fragment", "form_post"]}

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        fields = super().token_fields(access)
        return [*fields, ("created_at", round(access.code.made_at))]

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        return claims | ({"nickname": claims["preferred_username"]} if "preferred_username" in claims else {})
