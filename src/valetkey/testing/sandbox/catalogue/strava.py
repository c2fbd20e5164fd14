"""Strava over OAuth 2.0 (developers.strava.com/docs/authentication). The token reply says who the user is."""

from __future__ import annotations

import secrets
from typing import Any

from ..oauth2.facts import number
from ..oauth2.front import OAuth2Front
from ..oauth2.grants import AccessToken, Code


class Strava(OAuth2Front):
    """Strava. Its errors are a list of faults, without an error code. It gives out no e-mail address."""

    name = "strava"
    title = "Strava"
    site = "https://www.strava.com"
    authorize_path = "/oauth/authorize"
    token_path = "/oauth/token"
    authentication = ("post",)
    scope_separators = ","
    known_scopes = ("read", "read_all", "profile:read_all", "activity:read")
    email_scope = None
    scope_reply = None
    another_account = "approval_prompt=force"

    def callback_fields(self, code: Code) -> dict[str, str]:
        return {"scope": ",".join(code.authorization.scopes)}

    def new_code(self) -> str:
        return secrets.token_hex(20)

    def new_token(self, code: Code) -> str:
        return secrets.token_hex(20)

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        """The athlete. One without a picture has a relative address."""
        persona, picture = access.persona, self.picture_of(access.persona)
        first, _, last = persona.name.partition(" ")
        athlete = {
            "id": number(self.subject_of(persona)),
            "username": None if persona.anonymous else persona.handle,
            "resource_state": 2,
            "firstname": first,
            "lastname": last,
            "profile_medium": picture or "avatar/athlete/medium.png",
            "profile": picture or "avatar/athlete/large.png",
            "premium": False,
        }
        more = {"expires_at": round(self.state.now()) + 3600, "refresh_token": secrets.token_hex(20)}
        return {**more, "athlete": athlete}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        at = {
            "invalid_client": ("Application", "", "Authorization Error"),
            "invalid_grant": ("AuthorizationCode", "code", "Bad Request"),
        }
        resource, field, message = at.get(error, ("Application", "client_id", "Bad Request"))
        return {"message": message, "errors": [{"resource": resource, "field": field, "code": "invalid"}]}


FRONT = Strava
