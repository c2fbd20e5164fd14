"""Roblox over OpenID Connect (create.roblox.com/docs/cloud/auth/oauth2-reference). Its issuer ends in a slash."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.grants import AccessToken
from ..openid.front import OpenIDFront
from ..settings import SandboxSettings


class Roblox(OpenIDFront):
    """Roblox. It gives out no e-mail address, and the picture at UserInfo alone."""

    name = "roblox"
    title = "Roblox"
    site = "https://apis.roblox.com"
    issuer_address = "https://apis.roblox.com/oauth/"
    authorize_path = "/oauth/v1/authorize"
    token_path = "/oauth/v1/token"
    keys_path = "/oauth/v1/certs"
    userinfo_path = "/oauth/v1/userinfo"
    discovery_path = "/oauth/.well-known/openid-configuration"
    authentication = ("post", "basic")
    known_scopes = ("openid", "profile")
    email_scope = ""  # there is none
    algorithms = ("ES256",)
    defaults: ClassVar = {"algorithm": "ES256", "code_seconds": 60.0, "claims_in_id_token": False}

    @property
    def issuer(self) -> str:
        return f"{self.base}/oauth/"

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        return {**super().environment(settings), "VALETKEY_ROBLOX_ISSUER": f"{settings.origin}{cls.path}/oauth/"}

    def claims(self, access: AccessToken) -> dict[str, Any]:
        stated = {name: value for name, value in self.user_claims(access).items() if name != "picture"}
        return super().claims(access) | stated

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        """What the scope ``profile`` asks for. Each user has a user name."""
        if "profile" not in access.code.authorization.scopes:
            return {}
        persona = access.persona
        name = persona.handle if persona.anonymous else persona.name
        claims = {"name": name, "nickname": name, "preferred_username": persona.handle}
        page = f"https://www.roblox.com/users/{self.subject_of(persona)}/profile"
        return {**claims, "picture": self.picture_of(persona), "profile": page}


FRONT = Roblox
