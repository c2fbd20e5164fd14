"""Hatena over OAuth 1.0a (developer.hatena.ne.jp/ja/documents/auth/apis/oauth/consumer)."""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import Any

from ..answers import Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, RequestToken, Signed
from ..personas import Persona


class Hatena(OAuth1Provider):
    """Hatena. Its tokens have ``/``, ``+`` and ``=``, its headers an empty realm, and its user names never change."""

    name = "hatena"
    title = "Hatena"
    request_token_url = "https://www.hatena.com/oauth/initiate"
    authorize_url = "https://www.hatena.ne.jp/oauth/authorize"
    more_authorize_urls = ("https://www.hatena.ne.jp/touch/oauth/authorize",)
    access_token_url = "https://www.hatena.com/oauth/token"
    profile_url = "https://n.hatena.com/applications/my.json"
    places = ("header",)
    realm = ""
    request_required = ("scope",)
    oob = "pin"
    dialect = "oauth_problem"
    id_format = "u{number}"

    def new_request_token(self) -> tuple[str, str]:
        return _token(), _token()

    def new_verifier(self, token: RequestToken) -> str:
        return _token()

    def new_access_token(self, persona: Persona) -> tuple[str, str]:
        return _token(), _token()

    def access_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return [("url_name", self.subject_of(access.persona)), ("display_name", self._name(access.persona))]

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The user, for the scope ``read_public``."""
        persona = access.persona
        if "read_public" not in access.request.asked.get("scope", "").split(","):
            raise Refused("additional_authorization_required", "the scope read_public was not asked for")
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        shown = {
            "url_name": self.subject_of(persona),
            "display_name": self._name(persona),
            "profile_image_url": self.picture_of(persona) or "https://cdn.profile-image.st-hatena.com/default.png",
        }
        return json_answer(shown)

    def _name(self, persona: Persona) -> str:
        return self.subject_of(persona) if persona.anonymous else persona.name


def _token() -> str:
    return f"{b64encode(secrets.token_bytes(14)).decode()[:-1]}/+="


FRONT = Hatena
