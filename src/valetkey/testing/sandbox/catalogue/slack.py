"""Slack over OpenID Connect (docs.slack.dev/authentication/sign-in-with-slack).

The id of a user is unique within a workspace. An error of the token endpoint is an answer with status 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar

from ..messages import Request
from ..oauth2.grants import AccessToken, Code
from ..oauth2.refusals import Refusal
from ..openid.front import OpenIDFront
from ..personas import Persona

TEAM = "T0SANDBOX1"
"""The sandbox's workspace, to which a user without a tenant belongs."""


class Slack(OpenIDFront):
    """Slack. It has no handles."""

    name = "slack"
    title = "Slack"
    site = "https://slack.com"
    issuer_address = "https://slack.com"
    authorize_path = "/openid/connect/authorize"
    token_path = "/api/openid.connect.token"
    keys_path = "/openid/connect/keys"
    userinfo_path = "/api/openid.connect.userInfo"
    authentication = ("post", "basic")
    known_scopes = ("openid", "profile", "email")
    response_modes = ("query", "form_post")
    scope_reply = None
    token_errors: ClassVar = {
        "invalid_client": "bad_client_secret",
        "invalid_grant": "invalid_code",
        "redirect_uri": "bad_redirect_uri",
    }
    token_statuses: ClassVar = {"": 200}
    id_format = "U{HEX:.10}"
    id_token_seconds = 300

    def subject(self, user: Mapping[str, Any]) -> str:
        """Return the workspace and the user."""
        persona = self.state.chosen(self.name, user)
        return f"{_team_of(persona)}/{self.subject_of(persona)}"

    def check_exchange(self, code: Code, request: Request) -> None:
        """An app that has not opted in to PKCE is reported to get this error."""
        if code.authorization.challenge is not None:
            raise Refusal("internal_error", "this app has not opted in to PKCE")

    def token_extras(self, access: AccessToken) -> dict[str, Any]:
        return {"ok": True}

    def token_error(self, error: str, status: int) -> dict[str, Any]:
        return {"ok": False, "error": error}

    def claims(self, access: AccessToken) -> dict[str, Any]:
        return super().claims(access) | _ids(access.persona, self.subject_of(access.persona))

    def user_claims(self, access: AccessToken) -> dict[str, Any]:
        claims = super().user_claims(access)
        claims.pop("preferred_username", None)
        return claims

    def userinfo_claims(self, access: AccessToken) -> dict[str, Any]:
        ids = _ids(access.persona, self.subject_of(access.persona))
        return {"ok": True, **super().userinfo_claims(access), **ids}


def _ids(persona: Persona, user_id: str) -> dict[str, str]:
    return {"https://slack.com/team_id": _team_of(persona), "https://slack.com/user_id": user_id}


def _team_of(persona: Persona) -> str:
    """The workspace: T, and capital letters and digits."""
    if persona.tenant is None or persona.made_up:
        return persona.tenant or TEAM
    return f"T{int.from_bytes(sha256(persona.tenant.encode()).digest()[:5]):010X}"


FRONT = Slack
