"""Flickr over OAuth 1.0a (flickr.com/services/api/auth.oauth.html)."""

from __future__ import annotations

import secrets
from typing import Any

from ..oauth1 import AccessToken, OAuth1Provider, RequestToken
from ..settings import SandboxSettings

_OAUTH = "https://www.flickr.com/services/oauth/"


class Flickr(OAuth1Provider):
    """Flickr. The exchange says who the user is."""

    name = "flickr"
    title = "Flickr"
    request_token_url = f"{_OAUTH}request_token"
    authorize_url = f"{_OAUTH}authorize"
    access_token_url = f"{_OAUTH}access_token"
    request_methods = ("GET", "POST")
    access_methods = ("GET", "POST")
    authorize_required = ("perms",)  # the settings of this app there have none
    oob = "pin"
    dialect = "oauth_problem"
    form_type = "text/plain;charset=UTF-8"
    id_format = "{number}@N00"

    @classmethod
    def environment(cls, settings: SandboxSettings) -> dict[str, str]:
        """Its base has a path of its own."""
        variables = super().environment(settings)
        return {**variables, "VALETKEY_FLICKR_BASE": f"{settings.origin}{cls.path}/services"}

    def new_verifier(self, token: RequestToken) -> str:
        """Without a callback URL, nine digits in three groups."""
        digits = f"{secrets.randbelow(10**9):09}"
        return "-".join((digits[:3], digits[3:6], digits[6:])) if token.callback == "oob" else secrets.token_hex(8)

    def access_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        persona = access.persona
        return [
            ("fullname", "" if persona.anonymous else persona.name),
            ("user_nsid", self.subject_of(persona)),
            ("username", persona.handle),
        ]


FRONT = Flickr
