"""Linear over OAuth 2.0 (linear.app/developers/oauth-2-0-authentication). The profile is an answer of GraphQL."""

from __future__ import annotations

import json
import re
from typing import Any

from ..answers import Answer, json_answer
from ..messages import Request
from ..oauth2.facts import Profile
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code
from ..state import base62


class Linear(OAuth2Front):
    """Linear. Its scopes come back as an array. It says of no address whether it is verified."""

    name = "linear"
    title = "Linear"
    site = "https://linear.app"
    api = "https://api.linear.app"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    profile_path = "/graphql"
    profile_methods = ("POST",)
    profile_query = r"\s*(?:query\s*)?\{\s*viewer\s*\{[\sA-Za-z]+\}\s*\}\s*"
    authentication = ("post", "basic")
    scope_separators = ","
    known_scopes = ("read", "write", "issues:create")
    email_scope = "read"
    scope_reply = "[]"
    another_account = "prompt=consent"
    id_format = "{uuid}"

    def new_token(self, code: Code) -> str:
        return f"lin_oauth_{base62(64)}"

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"refresh_token": f"lin_refresh_{base62(64)}"}

    def profile_error(self, error: str, status: int) -> dict[str, Any]:
        fault = {"message": "Authentication required", "extensions": {"code": "AUTHENTICATION_ERROR"}}
        return {"errors": [fault], "data": None}

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        return {self.profile_path: ("profile", self.viewer, self.profile_methods)}

    async def viewer(self, access: AccessToken, request: Request) -> Answer:
        """The user, with the fields that were asked for."""
        persona = access.persona
        known = {
            "id": self.subject_of(persona),
            "name": persona.name,
            "displayName": persona.handle,
            "email": access.email,
            "avatarUrl": self.picture_of(persona),
        }
        asked = re.findall(r"[A-Za-z]+", json.loads(await request.body())["query"].partition("viewer")[2])
        return json_answer({"data": {"viewer": {name: known[name] for name in asked if name in known}}})


FRONT = Linear
