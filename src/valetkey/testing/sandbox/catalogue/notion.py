"""Notion over OAuth 2.0 (developers.notion.com/guides/get-started/authorization). The token reply names the user."""

from __future__ import annotations

from typing import Any, ClassVar

from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken

_WORKSPACE = "0c0c0c0c-1111-4222-8333-000000000001"


class Notion(OAuth2Front):
    """Notion. It has no scopes, ignores PKCE, and says of no e-mail address whether it is verified."""

    name = "notion"
    title = "Notion"
    site = "https://api.notion.com"
    authorize_path = "/v1/oauth/authorize"
    token_path = "/v1/oauth/token"
    authentication = ("basic",)
    required_parameters: ClassVar = {"owner": "user"}
    email_scope = None
    scope_reply = None
    id_format = "{uuid}"
    defaults: ClassVar = {"pkce": "ignored"}

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        """The owner is the user."""
        persona = access.persona
        user: dict[str, Any] = {"object": "user", "id": self.subject_of(persona)}
        user |= {} if persona.anonymous else {"name": persona.name}
        user |= {"avatar_url": self.picture_of(persona), "type": "person"}
        person = {"email": access.email} if access.email is not None else {}
        return {
            "bot_id": "b3414d65-9122-4455-87ff-000000000001",
            "workspace_icon": None,
            "workspace_name": "Sandbox",
            "workspace_id": _WORKSPACE,
            "owner": {"type": "user", "user": {**user, "person": person}},
            "duplicated_template_id": None,
        }


FRONT = Notion
