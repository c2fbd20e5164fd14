"""Jira Data Center over OAuth 1.0a, one server (developer.atlassian.com/server/jira/platform/oauth)."""

from __future__ import annotations

from typing import Any

from ..answers import Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, Signed
from ..state import base62

_SERVLET = "/plugins/servlet/oauth/"


class Jira(OAuth1Provider):
    """A server of Jira. It has the app's public key, and no secret."""

    name = "jira"
    title = "Jira"
    request_token_url = f"{_SERVLET}request-token"
    authorize_url = f"{_SERVLET}authorize"
    access_token_url = f"{_SERVLET}access-token"
    profile_url = "/rest/api/2/myself"
    signature_methods = ("RSA-SHA1",)
    oob = "pin"
    cancel = "verifier"
    dialect = "oauth_problem"
    form_type = "text/plain;charset=UTF-8"
    id_format = "JIRAUSER{number}"

    def access_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return [
            ("oauth_expires_in", "157680000"),
            ("oauth_session_handle", base62(32)),
            ("oauth_authorization_expires_in", "160272000"),
        ]

    def refusal(self, refused: Refused) -> Answer:
        """In the header as well."""
        answer = super().refusal(refused)
        realm = self.state.settings.origin
        answer.headers["www-authenticate"] = f'OAuth realm="{realm}", oauth_problem="{refused.problem}"'
        return answer

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The user. ``name`` changes when a user is renamed, and ``key`` stays."""
        persona, picture = access.persona, self.picture_of(access.persona)
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        default = f"{self.state.settings.origin}/secure/useravatar?avatarId=10122"
        return json_answer(
            {
                "self": f"{self.base}/rest/api/2/user?username={persona.handle}",
                "key": self.subject_of(persona),
                "name": persona.handle,
                "emailAddress": persona.email or "",
                "avatarUrls": dict.fromkeys(("48x48", "24x24", "16x16", "32x32"), picture or default),
                "displayName": persona.handle if persona.anonymous else persona.name,
                "active": True,
                "deleted": False,
                "timeZone": "Europe/Berlin",
                "locale": "en_GB",
            }
        )


FRONT = Jira
