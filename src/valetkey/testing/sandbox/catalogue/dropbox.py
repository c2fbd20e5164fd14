"""Dropbox over OAuth 2.0 (dropbox.com/lp/developers/reference/oauth-guide; dropbox/dropbox-api-spec, users.stone)."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code
from ..state import base62


class Dropbox(OAuth2Front):
    """Dropbox. The profile is the answer to a POST with an empty body, and so without a type."""

    name = "dropbox"
    title = "Dropbox"
    site = "https://www.dropbox.com"
    api = "https://api.dropboxapi.com"
    authorize_path = "/oauth2/authorize"
    token_path = "/oauth2/token"
    profile_path = "/2/users/get_current_account"
    profile_methods = ("POST",)
    required_profile_headers: ClassVar = {"content-type": ""}
    authentication = ("basic", "post")
    known_scopes = ("account_info.read", "openid", "profile", "email")
    profile_scopes = ("account_info.read",)
    email_scope = "account_info.read"
    another_account = "force_reauthentication=true"
    id_format = "dbid:{HEX:.35}"
    cancel: ClassVar = {
        "error": "access_denied",
        "error_description": "The user chose not to give your app access to their Dropbox account.",
    }

    def new_token(self, code: Code) -> str:
        return f"sl.{base62(130)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"uid": access.persona.user_id[-9:], "account_id": self.subject_of(access.persona)}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error_summary": "invalid_access_token/..", "error": {".tag": "invalid_access_token"}}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona, picture = access.persona, self.picture_of(access.persona)
        given, _, surname = persona.name.partition(" ")
        return {
            "account_id": self.subject_of(persona),
            "name": {
                "given_name": given,
                "surname": surname,
                "familiar_name": given,
                "display_name": persona.name,
                "abbreviated_name": f"{given[:1]}{surname[:1]}",
            },
            **({"email": access.email} if access.email is not None else {}),
            "email_verified": access.email is not None and persona.email_verified,
            "disabled": False,
            "country": "US",
            "locale": "en",
            "is_paired": False,
            "account_type": {".tag": "basic"},
            **({"profile_photo_url": picture} if picture is not None else {}),
        }


FRONT = Dropbox
