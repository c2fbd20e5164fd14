"""Plurk over OAuth 1.0a (plurk.com/API)."""

from __future__ import annotations

import json

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, Signed, number

_TEXTS = {
    "consumer_key_unknown": "40101:unknown application",
    "signature_invalid": "40103:invalid signature",
    "timestamp_refused": "40106:invalid timestamp",
}


class Plurk(OAuth1Provider):
    """Plurk."""

    name = "plurk"
    title = "Plurk"
    request_token_url = "https://www.plurk.com/OAuth/request_token"
    authorize_url = "https://www.plurk.com/OAuth/authorize"
    more_authorize_urls = ("https://www.plurk.com/m/authorize",)
    access_token_url = "https://www.plurk.com/OAuth/access_token"
    profile_url = "https://www.plurk.com/APP/Users/me"
    request_methods = ("GET", "POST")
    access_methods = ("GET", "POST")
    places = ("header",)

    def refusal(self, refused: Refused) -> Answer:
        text = _TEXTS.get(refused.problem, f"40004:invalid {refused.parameter or 'oauth_token'}")
        status = 401 if text.startswith("401") else 400
        return Answer(status, json.dumps({"error_text": text}), JSON, reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The user."""
        persona, picture = access.persona, self.picture_of(access.persona)
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        name = "" if persona.anonymous else persona.name
        return json_answer(
            {
                "id": number(self.subject_of(persona)),
                "nick_name": persona.handle,
                "display_name": name,
                "full_name": name,
                "has_profile_image": 1 if picture else 0,
                "avatar": 5 if picture else None,
                **{f"avatar_{size}": picture for size in ("small", "medium", "big")},
                "timezone": "UTC",
                "karma": 12.3,
                "verified_account": False,
            }
        )


FRONT = Plurk
