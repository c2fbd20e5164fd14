"""Opencaching over OAuth 1.0a, one site (opencaching.de/okapi, and the source of OKAPI)."""

from __future__ import annotations

import json

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, Signed

_REASONS = {
    "consumer_key_unknown": ("invalid_consumer", 401),
    "signature_invalid": ("invalid_signature", 401),
    "token_rejected": ("invalid_token", 401),
    "token_used": ("invalid_token", 401),
    "permission_unknown": ("invalid_token", 401),
    "timestamp_refused": ("invalid_timestamp", 400),
    "nonce_used": ("nonce_already_used", 400),
    "parameter_absent": ("missing_parameter", 400),
    "parameter_rejected": ("invalid_oauth_request", 400),
    "signature_method_rejected": ("unsupported_signature_method", 400),
    "version_rejected": ("unsupported_oauth_version", 400),
}


class Opencaching(OAuth1Provider):
    """A site of Opencaching. It does not ask again a user who has agreed once."""

    name = "opencaching"
    title = "Opencaching"
    request_token_url = "/okapi/services/oauth/request_token"
    authorize_url = "/okapi/services/oauth/authorize"
    access_token_url = "/okapi/services/oauth/access_token"
    profile_url = "/okapi/services/users/user"
    request_methods = ("GET", "POST")
    access_methods = ("GET", "POST")
    signature_methods = ("HMAC-SHA1", "PLAINTEXT")
    oob = "pin"
    cancel = "error"
    form_type = "text/plain; charset=utf-8"
    silent = True
    another_account = "interactivity=confirm_user"
    id_format = "{uuid}"

    def refusal(self, refused: Refused) -> Answer:
        reason, status = _REASONS.get(refused.problem, ("invalid_oauth_request", 400))
        error = {
            "developer_message": "The sandbox refused.",
            "reason_stack": ["bad_request", "invalid_oauth_request", reason],
            "status": status,
        }
        return Answer(status, json.dumps({"error": error}), JSON, reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The fields that were asked for. At least one must be."""
        persona = access.persona
        if "fields" not in request.query_params:
            raise Refused("parameter_absent", "no fields", "fields")
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        user = {"uuid": self.subject_of(persona), "username": persona.handle}
        asked = request.query_params["fields"].split("|")
        return json_answer({name: value for name, value in user.items() if name in asked})


FRONT = Opencaching
