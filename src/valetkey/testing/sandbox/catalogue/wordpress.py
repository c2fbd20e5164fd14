"""WordPress over OAuth 1.0a, one site (the source of the plugin "WP REST API - OAuth 1.0a Server")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar

from ..answers import JSON, Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, RequestToken, Signed, number
from ..personas import Persona
from ..state import base62

_FORM = "application/x-www-form-urlencoded; charset=utf-8"


class WordPress(OAuth1Provider):
    """A site with the plugin. It does not sign the query of a POST request."""

    name = "wordpress"
    title = "WordPress"
    request_token_url = "/oauth1/request"
    authorize_url = "/oauth1/authorize"
    access_token_url = "/oauth1/access"
    profile_url = "/wp-json/wp/v2/users/me"
    places = ("header", "body")
    signature_methods = ("HMAC-SHA1", "HMAC-SHA256")
    window_seconds = 900
    request_token_seconds = 86_400
    callback_fields: ClassVar[Mapping[str, str]] = {"wp_scope": "*"}
    form_type = _FORM

    def new_request_token(self) -> tuple[str, str]:
        return base62(24), base62(48)

    def new_verifier(self, token: RequestToken) -> str:
        return base62(24)

    def new_access_token(self, persona: Persona) -> tuple[str, str]:
        return base62(24), base62(48)

    def refusal(self, refused: Refused) -> Answer:
        """The OAuth endpoints write a sentence. For a callback URL they forget the status, which is 500 then."""
        if refused.endpoint == "profile":
            error = {"code": "json_oauth1_signature_mismatch", "message": "…", "data": {"status": 401}}
            return Answer(401, json.dumps(error), JSON, reason=refused.reason)
        if refused.parameter == "oauth_callback":
            return Answer(500, "Callback URL is invalid", _FORM, reason=refused.reason)
        of_token = refused.problem.startswith("token_") or refused.parameter == "oauth_verifier"
        sentence = "OAuth verifier does not match" if of_token else "OAuth signature does not match"
        return Answer(400 if of_token else 401, sentence, _FORM, reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The user. Only ``context=edit`` shows the user name and the e-mail address."""
        persona, picture = access.persona, self.picture_of(access.persona)
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        default = "https://secure.gravatar.com/avatar/x?s=96"
        shown = {
            "id": number(self.subject_of(persona)),
            "name": persona.handle if persona.anonymous else persona.name,
            "url": "",
            "link": f"{self.base}/author/{persona.handle}/",
            "slug": persona.handle,
            "avatar_urls": dict.fromkeys(("24", "48", "96"), picture or default),
        }
        more = {
            "username": persona.handle,
            "first_name": "",
            "last_name": "",
            "email": persona.email or "",
            "locale": "en_US",
            "nickname": persona.handle,
            "roles": ["subscriber"],
        }
        return json_answer({**shown, **(more if request.query_params.get("context") == "edit" else {})})


FRONT = WordPress
