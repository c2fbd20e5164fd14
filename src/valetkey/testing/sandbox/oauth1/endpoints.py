"""The signed endpoints, as strict as the protocol, with X's own answers: request_token, access_token and two profiles.

The checks have one order: is the request readable, then key, time, signature, nonce, and last what was asked for (X's
documentation; RFC 5849 §3.2). The exchange has five different 401 answers, as X has, with X's misleading texts. The
true reason is in ``X-Sandbox-Reason``, which X never sends.
"""

from __future__ import annotations

import hmac
import json
import re
from urllib.parse import urlsplit

from ..answers import Answer, RequestRefused
from ..messages import Request
from ..personas import Persona
from ..settings import accepts
from .signature import Signed, Unreadable, explain, is_valid, read
from .tokens import AccessToken, RequestToken, Tokens

SKEW_SECONDS = 300
_OAUTH_HEADERS = {
    "cache-control": "no-cache, no-store, must-revalidate, pre-check=0, post-check=0",
    "pragma": "no-cache",
    "expires": "Tue, 31 Mar 1981 05:00:00 GMT",
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
}


def json_refusal(status: int, number: int, message: str, reason: str, **headers: str) -> RequestRefused:
    """Return a refusal with a JSON error, as X sends it."""
    body = json.dumps({"errors": [{"code": number, "message": message}]})
    challenge = f'OAuth realm="https://api.twitter.com", api_error_code={number}'
    named = {"www-authenticate": challenge, **headers} if status == 401 else headers
    return RequestRefused(Answer(status, body, "application/json; charset=utf-8", named, reason))


def text_refusal(message: str, reason: str) -> RequestRefused:
    """Return a 401 with plain text, as X sends it for an exchange."""
    named = {"www-authenticate": 'OAuth realm="https://api.twitter.com"'}
    return RequestRefused(Answer(401, message, headers=named, reason=reason))


async def request_token(tokens: Tokens, request: Request, body: bytes) -> Answer:
    """Issue temporary credentials. RFC 5849 §2.1; X's documentation, POST oauth/request_token."""
    signed = _read(tokens, request, body)
    _verify(tokens, signed, request, token_secret="")
    callback = signed.oauth("oauth_callback")
    if not callback:
        raise json_refusal(400, 215, "Bad Authentication data.", "no oauth_callback")
    if callback != "oob" and not accepts(tokens.settings, callback):
        raise RequestRefused(
            Answer(
                403,
                "<?xml version='1.0' encoding='UTF-8'?><errors><error code=\"415\">Callback URL not approved for this "
                "client application. Approved callback URLs can be adjusted in your application settings"
                "</error></errors>",
                "application/xml; charset=utf-8",
                reason=f"callback {callback} is not among {', '.join(tokens.settings.callbacks) or 'none'}",
            )
        )
    token = tokens.issue_request_token(callback)
    fields = [
        ("oauth_token", token.token),
        ("oauth_token_secret", token.secret),
        ("oauth_callback_confirmed", "true"),
    ]
    return Answer(200, fields=fields, headers=dict(_OAUTH_HEADERS))


async def access_token(tokens: Tokens, request: Request, body: bytes) -> Answer:
    """Exchange an approved request token and its verifier for token credentials. RFC 5849 §2.3."""
    signed = _read(tokens, request, body)
    lenient = tokens.settings.lenient
    named = signed.oauth("oauth_token")
    if not named:
        raise text_refusal("Request token missing", "no oauth_token")
    token = tokens.request_tokens.get(named)
    if token is None or tokens.state.now() - token.made_at > 900:
        raise text_refusal("Invalid request token.", "the request token is unknown or older than 15 minutes")
    _verify(tokens, signed, request, token.secret, lenient=lenient)
    if token.exchanged and not lenient:
        raise text_refusal("This feature is temporarily unavailable", "the request token was exchanged already")
    persona = _approver(token)
    verifier = signed.oauth("oauth_verifier")
    right = verifier is not None and token.verifier is not None and hmac.compare_digest(verifier, token.verifier)
    if not right and not (lenient and verifier):
        raise text_refusal(
            "Error processing your OAuth request: Invalid oauth_verifier parameter",
            "the verifier is not the one that this token's approval gave",
        )
    token.exchanged = True
    access = tokens.issue_access_token(persona)
    fields = [
        ("oauth_token", access.token),
        ("oauth_token_secret", access.secret),
        ("user_id", persona.user_id),
        ("screen_name", persona.handle),
    ]
    return Answer(200, fields=fields, headers=dict(_OAUTH_HEADERS), journal={"user_id": persona.user_id})


async def verify_credentials(tokens: Tokens, request: Request, body: bytes) -> Answer:
    """Return the user of an access token. X's documentation, GET account/verify_credentials."""
    access, signed = _access_token_of(tokens, request, body)
    persona = access.persona
    if persona.suspended:
        message = "Your account is suspended and is not permitted to access this feature"
        raise json_refusal(403, 64, message, "this persona is suspended")
    origin = tokens.settings.origin
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
    return Answer(
        200, json.dumps(shown), "application/json;charset=utf-8", limits, journal={"user_id": persona.user_id}
    )


async def users_me(tokens: Tokens, request: Request, body: bytes) -> Answer:
    """Return the user of an access token, in version 2. X's documentation, GET /2/users/me."""
    access, _ = _access_token_of(tokens, request, body)
    shown = {"data": {"id": access.persona.user_id, "name": access.persona.name, "username": access.persona.handle}}
    return Answer(200, json.dumps(shown), "application/json; charset=utf-8")


def _read(tokens: Tokens, request: Request, body: bytes) -> Signed:
    try:
        return read(
            method=request.method,
            origin=_origin(tokens, request),
            raw_path=request.raw_path,
            raw_query=request.query_string,
            headers=request.raw_headers,
            body=body,
        )
    except Unreadable as fault:
        raise json_refusal(401, 32, "Could not authenticate you.", str(fault)) from None


def _origin(tokens: Tokens, request: Request) -> str:
    """Return the origin that the client must have signed: the host that it used, if that is another of our names."""
    ours = urlsplit(tokens.settings.origin)
    host = urlsplit(f"//{request.headers.get('host', '')}")
    if host.hostname in ("localhost", "127.0.0.1") and host.port == ours.port:
        return f"{ours.scheme}://{host.netloc}"
    return tokens.settings.origin


def _verify(tokens: Tokens, signed: Signed, request: Request, token_secret: str, *, lenient: bool = False) -> None:
    settings = tokens.settings
    key = signed.oauth("oauth_consumer_key")
    if key is None:
        raise json_refusal(400, 215, "Bad Authentication data.", "no oauth_consumer_key")
    if not hmac.compare_digest(key.encode(), settings.consumer_key.encode()):
        raise json_refusal(401, 32, "Could not authenticate you.", "the consumer key is not this sandbox's")
    if signed.oauth("oauth_signature_method") != "HMAC-SHA1":
        raise json_refusal(401, 32, "Could not authenticate you.", "oauth_signature_method must be HMAC-SHA1")
    if signed.oauth("oauth_version") not in (None, "1.0"):
        raise json_refusal(401, 32, "Could not authenticate you.", "oauth_version, where it is sent, must be 1.0")
    timestamp, nonce = signed.oauth("oauth_timestamp") or "", signed.oauth("oauth_nonce") or ""
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        raise json_refusal(401, 32, "Could not authenticate you.", "oauth_timestamp is not a number")
    skew = int(timestamp) - tokens.state.now()
    if abs(skew) > SKEW_SECONDS:
        raise json_refusal(401, 135, "Timestamp out of bounds.", f"the timestamp is {skew:+.0f} seconds off")
    if not nonce or not nonce.isascii():
        raise json_refusal(401, 32, "Could not authenticate you.", "oauth_nonce is missing or not ASCII")
    # Lenient: the wrong token secret that the client used is unknown, so any signature passes.
    if not lenient and not is_valid(signed, settings.consumer_secret, token_secret):
        theirs = request.headers.get("x-sandbox-base-string")
        why = explain(signed, settings.consumer_secret, token_secret, theirs.encode() if theirs else None)
        raise json_refusal(401, 32, "Could not authenticate you.", why)
    if not tokens.fresh_nonce(signed.oauth("oauth_token") or "", timestamp, nonce):
        raise json_refusal(401, 32, "Could not authenticate you.", "this nonce was used before")


def _approver(token: RequestToken) -> Persona:
    if token.persona is None or token.denied:
        raise text_refusal("Invalid request token.", "no user approved this request token")
    return token.persona


def _access_token_of(tokens: Tokens, request: Request, body: bytes) -> tuple[AccessToken, Signed]:
    signed = _read(tokens, request, body)
    access = tokens.access_tokens.get(signed.oauth("oauth_token") or "")
    if access is None:
        raise json_refusal(401, 89, "Invalid or expired token.", "the access token is unknown")
    _verify(tokens, signed, request, access.secret)
    return access, signed
