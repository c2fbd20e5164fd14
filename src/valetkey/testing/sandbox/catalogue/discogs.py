"""Discogs over OAuth 1.0a (discogs.com/developers, "Authentication")."""

from __future__ import annotations

import json

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, Signed, number


class Discogs(OAuth1Provider):
    """Discogs. It refuses a request without a ``User-Agent`` of the app's own."""

    name = "discogs"
    title = "Discogs"
    request_token_url = "https://api.discogs.com/oauth/request_token"
    authorize_url = "https://www.discogs.com/oauth/authorize"
    access_token_url = "https://api.discogs.com/oauth/access_token"
    profile_url = "https://api.discogs.com/oauth/identity"
    request_methods = ("GET", "POST")
    signature_methods = ("PLAINTEXT", "HMAC-SHA1")
    requires_user_agent = True
    cancel = "denied"

    def refusal(self, refused: Refused) -> Answer:
        body = json.dumps({"message": "You must authenticate to access this resource."})
        return Answer(403 if refused.parameter == "User-Agent" else 401, body, JSON, reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The id and the user name."""
        persona = access.persona
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        return json_answer(
            {
                "id": number(self.subject_of(persona)),
                "username": persona.handle,
                "resource_url": f"https://api.discogs.com/users/{persona.handle}",
                "consumer_name": "Sandbox app",
            }
        )


FRONT = Discogs
