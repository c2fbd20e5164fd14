"""X over OAuth 1.0a, at the root of the sandbox (X's documentation: "Log in with X", and the pages of each endpoint).

The exchange has five different 401 answers, as X has, with X's misleading texts. The true reason is in
``X-Sandbox-Reason``, which X never sends.
"""

from __future__ import annotations

import json
import secrets
import struct
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..answers import Answer, RequestRefused
from ..messages import Request
from ..personas import Persona, X
from ..state import base62
from . import consent
from .facts import Profile
from .provider import OAuth1Provider
from .refusals import Refused
from .signature import Signed
from .tokens import AccessToken, RequestToken

APP_ID = 7002
_OAUTH_HEADERS = {
    "cache-control": "no-cache, no-store, must-revalidate, pre-check=0, post-check=0",
    "pragma": "no-cache",
    "expires": "Tue, 31 Mar 1981 05:00:00 GMT",
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
}
# What the exchange says of a request token, by the problem.
_TEXTS = {
    ("parameter_absent", "oauth_token"): "Request token missing",
    ("token_rejected", None): "Invalid request token.",
    ("token_used", None): "This feature is temporarily unavailable",
    ("permission_unknown", None): "Invalid request token.",
    ("parameter_rejected", "oauth_verifier"): "Error processing your OAuth request: Invalid oauth_verifier parameter",
}
# Code and message, with 401 or else the status.
_NUMBERS = {
    ("timestamp_refused", None): (401, 135, "Timestamp out of bounds."),
    ("parameter_absent", "oauth_consumer_key"): (400, 215, "Bad Authentication data."),
    ("parameter_absent", "oauth_callback"): (400, 215, "Bad Authentication data."),
    ("token_rejected", None): (401, 89, "Invalid or expired token."),
}


class X1(OAuth1Provider):
    """X. Its keys are those of the sandbox's settings."""

    name = X
    title = "X"
    path = ""
    request_token_url = "https://api.x.com/oauth/request_token"
    authorize_url = "https://api.x.com/oauth/authenticate"
    more_authorize_urls = ("https://api.x.com/oauth/authorize",)
    access_token_url = "https://api.x.com/oauth/access_token"
    oob = "pin"
    cancel = "denied"
    form_type = "text/html;charset=utf-8"

    @property
    def consumer_key(self) -> str:
        return self.state.settings.consumer_key

    @property
    def consumer_secret(self) -> str:
        return self.state.settings.consumer_secret

    @property
    def decide_path(self) -> str:
        return "/oauth/decide"

    @property
    def cookie_path(self) -> str:
        return "/oauth"

    def pages(self) -> dict[str, bool]:
        """``authenticate`` sends a browser that approved before back at once; ``authorize`` always shows the page."""
        return {self.authorize_url: True, self.more_authorize_urls[0]: False}

    def page_name(self, url: str) -> str:
        return urlsplit(url).path.rpartition("/")[2]

    def oauth_headers(self) -> dict[str, str]:
        return dict(_OAUTH_HEADERS)

    def cancels_by_link(self) -> bool:
        return self.state.settings.deny != "redirect"

    def approve(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """A test may also name the request token alone, and may approve one that its page would no longer take."""
        found = {} if "oauth_token" in asked else dict(parse_qsl(urlsplit(asked["url"]).query))
        token = self.tokens.requests.get(asked.get("oauth_token", found.get("oauth_token", "")))
        if token is None:
            raise ValueError("no such request token")
        if asked.get("cancel"):
            return {"callback": consent.refused(self, token)}
        token.exchanged = token.exchanged or bool(asked.get("spent"))
        return {"callback": consent.approved(self, token, self.state.chosen(X, asked))}

    def new_request_token(self) -> tuple[str, str]:
        """A request token has 27 characters: 4 random octets, the app's id, the time in milliseconds."""
        raw = secrets.token_bytes(4) + struct.pack(">QQ", APP_ID, int(self.state.now() * 1000))
        return urlsafe_b64encode(raw).rstrip(b"=").decode(), base62(32)

    def new_verifier(self, token: RequestToken) -> str:
        return f"{secrets.randbelow(10**7):07}" if token.callback == "oob" else base62(32)

    def new_access_token(self, persona: Persona) -> tuple[str, str]:
        """``<user id>-<base62>``, 50 characters in all."""
        head = f"{persona.user_id}-"
        return head + base62(max(50 - len(head), 20)), base62(45)

    def access_fields(self, access: AccessToken) -> list[tuple[str, Any]]:
        return [("user_id", access.persona.user_id), ("screen_name", access.persona.handle)]

    def refusal(self, refused: Refused) -> Answer:
        case = (refused.problem, refused.parameter)
        if case == ("parameter_rejected", "oauth_callback"):
            return _callback_refusal(refused.reason)
        if refused.endpoint == "access_token" and case in _TEXTS:
            return _text_refusal(_TEXTS[case], refused.reason)
        return _json_refusal(*_NUMBERS.get(case, (401, 32, "Could not authenticate you.")), refused.reason)

    def profiles(self) -> dict[str, tuple[str, Profile, tuple[str, ...]]]:
        return {
            "/1.1/account/verify_credentials.json": ("verify_credentials", self._verify_credentials, ("GET",)),
            "/2/users/me": ("users_me", self._users_me, ("GET",)),
        }

    async def _verify_credentials(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """X's documentation, GET account/verify_credentials."""
        persona, origin = access.persona, self.state.settings.origin
        if persona.suspended:
            message = "Your account is suspended and is not permitted to access this feature"
            raise RequestRefused(_json_refusal(403, 64, message, "this persona is suspended"))
        shown = {
            "id": int(persona.user_id),
            "id_str": persona.user_id,
            "name": persona.name,
            "screen_name": persona.handle,
            "protected": False,
            "verified": False,
            "lang": None,
            "default_profile_image": not persona.picture,
            "profile_image_url_https": f"{origin}/pictures/{persona.handle}.svg" if persona.picture else None,
            "suspended": False,
        }
        if signed.oauth("include_email") == "true":
            shown["email"] = persona.email
        limits = {"x-rate-limit-limit": "75", "x-rate-limit-remaining": "74", "x-access-level": "read"}
        return Answer(200, json.dumps(shown), "application/json;charset=utf-8", limits)

    async def _users_me(self, access: AccessToken, request: Request, signed: Signed) -> Answer:
        """X's documentation, GET /2/users/me."""
        persona = access.persona
        shown = {"data": {"id": persona.user_id, "name": persona.name, "username": persona.handle}}
        return Answer(200, json.dumps(shown), "application/json; charset=utf-8")


def _json_refusal(status: int, number: int, message: str, reason: str) -> Answer:
    body = json.dumps({"errors": [{"code": number, "message": message}]})
    challenge = f'OAuth realm="https://api.twitter.com", api_error_code={number}'
    named = {"www-authenticate": challenge} if status == 401 else {}
    return Answer(status, body, "application/json; charset=utf-8", named, reason)


def _text_refusal(message: str, reason: str) -> Answer:
    named = {"www-authenticate": 'OAuth realm="https://api.twitter.com"'}
    return Answer(401, message, headers=named, reason=reason)


def _callback_refusal(reason: str) -> Answer:
    return Answer(
        403,
        "<?xml version='1.0' encoding='UTF-8'?><errors><error code=\"415\">Callback URL not approved for this "
        "client application. Approved callback URLs can be adjusted in your application settings"
        "</error></errors>",
        "application/xml; charset=utf-8",
        reason=reason,
    )
