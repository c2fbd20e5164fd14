"""Trello over OAuth 1.0a (developer.atlassian.com/cloud/trello/guides/rest-api/authorization)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..answers import Answer, json_answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, Signed

_SCOPES = frozenset({"read", "write", "account"})
_EXPIRATIONS = ("1hour", "1day", "30days", "never")
_WORDS = {"consumer_key_unknown": "invalid key", "signature_invalid": "invalid signature"}


class Trello(OAuth1Provider):
    """Trello. It gives out the e-mail address with the scope ``account`` alone."""

    name = "trello"
    title = "Trello"
    request_token_url = "https://trello.com/1/OAuthGetRequestToken"
    authorize_url = "https://trello.com/1/OAuthAuthorizeToken"
    access_token_url = "https://trello.com/1/OAuthGetAccessToken"
    profile_url = "https://api.trello.com/1/members/me"
    request_methods = ("GET", "POST")
    access_methods = ("GET", "POST")
    places = ("header",)
    email_scope = "account"
    id_format = "{hex:.24}"

    def check_page(self, query: Mapping[str, str]) -> str | None:
        """Scopes stand between commas."""
        scopes = set(query.get("scope", "read").split(","))
        if not scopes <= _SCOPES:
            return f"Trello has no scope {sorted(scopes - _SCOPES)[0]!r}."
        return None if query.get("expiration", "30days") in _EXPIRATIONS else "Trello has no such expiration."

    def refusal(self, refused: Refused) -> Answer:
        status = 400 if refused.problem.startswith("parameter_") else 401
        words = _WORDS.get(refused.problem, "invalid token")
        return Answer(status, words, "text/plain; charset=utf-8", reason=refused.reason)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """The member, with the fields that were asked for."""
        persona = access.persona
        if persona.suspended:
            raise Refused("token_rejected", "this persona is suspended")
        may_read_email = "account" in access.request.shown.get("scope", "read").split(",")
        member: dict[str, Any] = {
            "id": self.subject_of(persona),
            "username": persona.handle,
            "fullName": "" if persona.anonymous else persona.name,
            "avatarUrl": self.picture_of(persona),
            "email": persona.email if may_read_email else None,
            "confirmed": persona.email_verified,
            "memberType": "normal",
        }
        asked = request.query_params.get("fields", ",".join(member)).split(",")
        return json_answer({name: value for name, value in member.items() if name in ("id", *asked)})


FRONT = Trello
