"""Wikimedia over OAuth 1.0a (mediawiki.org/wiki/Extension:OAuth, and the extension's source)."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import urlsafe_b64encode
from html import escape
from typing import Any
from urllib.parse import urlsplit

from ..alterations import altered
from ..answers import JSON, Answer
from ..messages import Request
from ..oauth1 import AccessToken, OAuth1Provider, Refused, RequestToken, Signed
from ..personas import Persona

_INDEX = "https://meta.wikimedia.org/w/index.php?title=Special:OAuth/"
_TEXT = "text/plain; charset=utf-8"
_SENTENCES = {
    "signature_invalid": "An error occurred in the OAuth protocol: Invalid signature",
    "timestamp_refused": "An error occurred in the OAuth protocol: Expired timestamp, yours 1, ours 2",
    "consumer_key_unknown": "No approved consumer matches the key that you have sent.",
}


class Wikimedia(OAuth1Provider):
    """All wikis of Wikimedia. It refuses with status 200, and its profile is a signed token."""

    name = "wikimedia"
    title = "Wikimedia"
    request_token_url = f"{_INDEX}initiate"
    authorize_url = f"{_INDEX}authenticate"
    more_authorize_urls = (f"{_INDEX}authorize",)
    access_token_url = f"{_INDEX}token"
    profile_url = f"{_INDEX}identify"
    profile_methods = ("GET", "POST")
    places = ("header",)
    request_token_seconds = 600
    requires_user_agent = True
    form_type = _TEXT

    def pages(self) -> dict[str, bool]:
        """``authenticate`` does not ask a user who has agreed before; ``authorize`` always asks."""
        return {self.authorize_url: True, self.more_authorize_urls[0]: False}

    def new_request_token(self) -> tuple[str, str]:
        return secrets.token_hex(16), secrets.token_hex(16)

    def new_verifier(self, token: RequestToken) -> str:
        return secrets.token_hex(16)

    def new_access_token(self, persona: Persona) -> tuple[str, str]:
        return secrets.token_hex(16), secrets.token_hex(20)

    def access_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return [("oauth_callback_confirmed", "true")]

    def refusal(self, refused: Refused) -> Answer:
        """A sentence in the wiki's language, with status 200."""
        sentence = _SENTENCES.get(refused.problem, "An error occurred in the OAuth protocol: Invalid token")
        if refused.parameter == "oauth_callback":
            sentence = 'oauth_callback must be set, and must be set to "oob" (case-sensitive), or to a URL'
        if refused.endpoint == "profile":
            error = {"error": "mwoauth-oauth-exception", "message": sentence}
            return Answer(200, json.dumps(error), JSON, reason=refused.reason, accepted=False)
        return Answer(200, f"Error: {escape(sentence)}", _TEXT, reason=refused.reason, accepted=False)

    async def profile_of(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """Claims about the user, signed with the consumer secret. They repeat the nonce of this request."""
        persona, now = access.persona, int(self.state.now())
        asked = urlsplit(signed.url.decode())  # by the name of this wiki that the app has used
        claims = {
            "iss": f"{asked.scheme}://{asked.netloc}",
            "sub": self.subject_of(persona),
            "aud": self.consumer_key,
            "exp": now + 100,
            "iat": now,
            "nonce": signed.oauth("oauth_nonce"),
            "username": persona.handle,
            "editcount": 42,
            "confirmed_email": persona.email is not None and persona.email_verified,
            "email_verified": persona.email is not None and persona.email_verified,
            "blocked": persona.suspended,
            "registered": "20200102030405",
            "groups": ["*", "user"],
            "rights": ["read"],
            "grants": ["mwoauth-authonlyprivate"],
            "realname": "" if persona.anonymous else persona.name,
            "email": (persona.email or "") if persona.email_verified else "",
        }
        token = self._signed_token(altered(self.state.alterations.get(self.name, {}), claims))
        return Answer(200, token, JSON)

    def _signed_token(self, claims: dict[str, Any]) -> str:
        text = f"{_base64url(_json({'typ': 'JWT', 'alg': 'HS256'}))}.{_base64url(_json(claims))}"
        return f"{text}.{_base64url(hmac.new(self.consumer_secret.encode(), text.encode(), hashlib.sha256).digest())}"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


FRONT = Wikimedia
