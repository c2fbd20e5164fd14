"""Yandex over OAuth 2.0 (yandex.com/dev/id/doc/en, "codes/code-url", "user-information")."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.bearer import scheme
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken
from ..state import base62


class Yandex(OAuth2Front):
    """Yandex. The word before an access token is ``OAuth``. It says of no address whether it is verified."""

    name = "yandex"
    title = "Yandex"
    site = "https://oauth.yandex.com"
    profile_site = "https://login.yandex.ru"
    authorize_path = "/authorize"
    token_path = "/token"
    profile_path = "/info"
    authentication = ("basic", "post")
    known_scopes = ("login:info", "login:email", "login:avatar")
    email_scope = "login:email"
    another_account = "force_confirm=yes"
    credentials = scheme("OAuth")
    profile_parameters: ClassVar = {"format": "json"}
    defaults: ClassVar = {"code_seconds": 600.0}

    def token_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        """``scope`` comes only if less was granted than asked for."""
        year = ("expires_in", 31_536_000)
        return [("token_type", "bearer"), ("access_token", access.token), year, ("refresh_token", f"1:{base62(40)}")]

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        """The user, as far as the rights go."""
        persona, asked = access.persona, access.code.authorization
        shown: dict[str, Any] = {"id": self.subject_of(persona), "login": persona.handle, "client_id": asked.client_id}
        if "login:info" in asked.scopes and not persona.anonymous:
            first, _, last = persona.name.partition(" ")
            shown |= {"display_name": persona.name, "real_name": persona.name, "first_name": first, "last_name": last}
        if access.email is not None:
            shown |= {"default_email": access.email, "emails": [access.email]}
        if "login:avatar" in asked.scopes:
            shown |= {"default_avatar_id": "131652443" if persona.picture else "0/0-0"}
            shown |= {"is_avatar_empty": not persona.picture}
        return {**shown, "psuid": f"1.{base62(6)}.{base62(16)}"}


FRONT = Yandex
