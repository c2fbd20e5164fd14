"""VK ID over OAuth 2.1 (id.vk.ru/about/business/go/docs, "API integration").

The access token and the client id are in a form. A token reply that refuses has status 200, and whether a successful
one has ``token_type`` is not known. Here it has none.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from ..oauth2.facts import number
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code
from ..state import base62


class VK(OAuth2Front):
    """VK. The token request must have what the callback had. It says of no address whether it is verified."""

    name = "vk"
    title = "VK"
    site = "https://id.vk.ru"
    authorize_path = "/authorize"
    token_path = "/oauth2/auth"
    profile_path = "/oauth2/user_info"
    profile_methods = ("POST",)
    token_placement = "body"
    authentication = ("none", "post")
    requires_state = True
    returned_parameters = ("device_id", "state")
    known_scopes = ("vkid.personal_info", "email", "phone")
    sends_token_type = False
    token_statuses: ClassVar = {"": 200}
    profile_statuses: ClassVar = {401: 200}
    cancel: ClassVar = {"error": "access_denied", "error_description": "User denied authorization"}
    defaults: ClassVar = {"pkce": "required"}

    def callback_fields(self, code: Code) -> dict[str, str]:
        return {"device_id": secrets.token_urlsafe(64), "type": "code_v2"}

    def new_code(self) -> str:
        return f"vk2.a.{base62(120)}"

    def new_token(self, code: Code) -> str:
        return f"vk2.a.{base62(150)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        asked = access.code.authorization
        return {
            "refresh_token": f"vk2.a.{base62(150)}",
            "id_token": "not.read.here",
            "user_id": number(access.persona.user_id),
            "state": asked.state,
        }

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        return {"error": error, "error_description": "The sandbox refused."}

    def profile_of(self, access: AccessToken) -> dict[str, Any]:
        persona = access.persona
        first, _, last = persona.name.partition(" ")
        known = {"avatar": self.picture_of(persona), "email": access.email}
        user = {
            "user_id": self.subject_of(persona),
            "first_name": first,
            "last_name": last,
            **{name: value for name, value in known.items() if value is not None},
            "sex": 0,
            "verified": persona.email_verified,  # the account's tick, and not the address
        }
        return {"user": user}


FRONT = VK
