"""USOS over OAuth 1.0a, one university (apps.usos.edu.pl/developers/api/services/oauth, .../services/users)."""

from __future__ import annotations

import json

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, Signed

_SCOPES = frozenset({"email", "offline_access", "personal", "photo", "studies"})


class USOS(OAuth1Provider):
    """USOS. Scopes stand in a signed parameter, with bars between them."""

    name = "usos"
    title = "USOS"
    request_token_url = "/services/oauth/request_token"
    authorize_url = "/services/oauth/authorize"
    access_token_url = "/services/oauth/access_token"
    profile_url = "/services/users/user"
    request_methods = ("GET", "POST")
    access_methods = ("GET", "POST")
    signature_methods = ("HMAC-SHA1", "PLAINTEXT")
    oob = "pin"
    cancel = "error"
    email_scope = "email"

    def check_request(self, signed: Signed) -> None:
        unknown = {one for one in (signed.oauth("scopes") or "").split("|") if one} - _SCOPES
        if unknown:
            raise Refused("parameter_rejected", f"there is no scope {sorted(unknown)[0]!r}", "scopes")

    def refusal(self, refused: Refused) -> Answer:
        status = 400 if refused.problem.startswith("parameter_") else 401
        return Answer(status, json.dumps({"message": refused.problem}), JSON, reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The fields that were asked for. Without any, the id and the two names."""
        persona = access.persona
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        first, _, last = ("" if persona.anonymous else persona.name).partition(" ")
        picture = self.picture_of(persona)
        may_read_email = "email" in access.request.asked.get("scopes", "").split("|")
        user = {
            "id": self.subject_of(persona),
            "first_name": first,
            "last_name": last,
            "email": persona.email if may_read_email else None,
            "photo_urls": {"50x50": picture} if picture else {},
        }
        asked = request.query_params.get("fields", "id|first_name|last_name").split("|")
        return json_answer({name: value for name, value in user.items() if name in asked})


FRONT = USOS
