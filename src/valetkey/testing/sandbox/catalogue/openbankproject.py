"""The Open Bank Project over OAuth 1.0a, one server (the source of OBP-API: "OAuth 1.0a" in its glossary)."""

from __future__ import annotations

import json

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, Signed
from ..oauth1.quirks import FORM

_SENTENCES = {
    "signature_invalid": "Invalid signature",
    "nonce_used": "Nonce already used",
    "consumer_key_unknown": "Invalid consumer credentials",
    "timestamp_refused": "oauth_timestamp value: 1 is in and invalid time range",
    "signature_method_rejected": "Unsupported signature method",
}


class OpenBankProject(OAuth1Provider):
    """A server of the Open Bank Project. It reads the Authorization header alone."""

    name = "openbankproject"
    title = "Open Bank Project"
    request_token_url = "/oauth/initiate"
    authorize_url = "/oauth/authorize"
    access_token_url = "/oauth/token"
    profile_url = "/obp/v4.0.0/users/current"
    places = ("header",)
    signature_methods = ("HMAC-SHA256", "HMAC-SHA1")
    window_seconds = 180
    request_token_seconds = 1800
    oob = "pin"
    id_format = "{uuid}"

    def refusal(self, refused: Refused) -> Answer:
        """A sentence in a body that is called a form."""
        if refused.endpoint == "profile":
            return Answer(401, json.dumps({"code": 401, "message": "OBP-20001"}), JSON, reason=refused.reason)
        sentence = _SENTENCES.get(refused.problem, f"Invalid or expired request token: {refused.parameter or 'token'}")
        if refused.problem == "parameter_absent":
            sentence = f"the following parameters are missing : {refused.parameter}"
        absent = refused.problem in ("parameter_absent", "signature_method_rejected", "timestamp_refused")
        return Answer(400 if absent else 401, sentence, FORM, reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The user. A user name is unique at its provider alone."""
        persona = access.persona
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        return json_answer(
            {
                "user_id": self.subject_of(persona),
                "email": persona.email or "",
                "provider_id": persona.handle,
                "provider": self.base,
                "username": persona.handle,
                "entitlements": {"list": []},
                "is_deleted": False,
                "is_locked": False,
            }
        )


FRONT = OpenBankProject
