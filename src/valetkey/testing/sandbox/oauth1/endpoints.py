"""The signed endpoints, as strict as the protocol: request token, access token, and what a token reads.

An exchange that fails says what was wrong with the token. Some providers give each case a text of its own; see
``refusals``.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from ..answers import Answer
from ..messages import Request
from ..personas import Persona
from ..settings import accepts
from .refusals import Refused
from .signature import Signed
from .tokens import AccessToken, RequestToken
from .verifying import read, verify

if TYPE_CHECKING:
    from .facts import Facts


async def request_token(front: Facts, request: Request, body: bytes) -> Answer:
    """Issue temporary credentials. RFC 5849 §2.1."""
    signed = read(front, request, body)
    verify(front, signed, request, token_secret="")
    callback, settings = signed.oauth("oauth_callback"), front.state.settings
    if not callback or (callback == "oob" and front.oob == "refused"):
        raise Refused("parameter_absent", "no oauth_callback", "oauth_callback")
    if callback != "oob" and not accepts(settings, callback):
        registered = ", ".join(settings.callbacks) or "none"
        raise Refused("parameter_rejected", f"callback {callback} is not among {registered}", "oauth_callback")
    if callback == "oob" and front.oob == "registered":
        if not settings.callbacks:
            raise Refused("parameter_rejected", "no callback URL is registered", "oauth_callback")
        callback = settings.callbacks[0]
    for name in front.request_required:
        if not signed.oauth(name):
            raise Refused("parameter_absent", f"no {name}", name)
    front.check_request(signed)
    name, secret = front.new_request_token()
    asked = {key.decode(): value.decode("utf-8", "replace") for key, value in signed.pairs if key.isascii()}
    more = {key: value for key, value in asked.items() if not key.startswith("oauth_")}
    token = RequestToken(name, secret, callback, front.state.now(), more)
    front.tokens.keep_request(token)
    fields = [("oauth_token", token.token), ("oauth_token_secret", token.secret)]
    if front.switches.confirms:
        fields.append(("oauth_callback_confirmed", "true"))
    return Answer(200, content_type=front.form_type, fields=fields, headers=front.oauth_headers())


async def access_token(front: Facts, request: Request, body: bytes) -> Answer:
    """Exchange an approved request token and its verifier for token credentials. RFC 5849 §2.3."""
    signed, lenient = read(front, request, body), front.is_lenient
    named = signed.oauth("oauth_token")
    if not named:
        raise Refused("parameter_absent", "no oauth_token", "oauth_token")
    token = front.tokens.requests.get(named)
    if token is None or front.state.now() - token.made_at > front.request_token_seconds:
        minutes = front.request_token_seconds // 60
        raise Refused("token_rejected", f"the request token is unknown or older than {minutes} minutes")
    verify(front, signed, request, token.secret, lenient=lenient)
    if token.exchanged and not lenient:
        raise Refused("token_used", "the request token was exchanged already")
    persona = _approver(token)
    verifier = signed.oauth("oauth_verifier")
    right = verifier is not None and token.verifier is not None and hmac.compare_digest(verifier, token.verifier)
    if not right and not (lenient and verifier):
        why = "the verifier is not the one that this token's approval gave"
        raise Refused("parameter_rejected", why, "oauth_verifier")
    token.exchanged = True
    access = AccessToken(*front.new_access_token(persona), persona, token)
    front.tokens.keep_access(access)
    fields = [("oauth_token", access.token), ("oauth_token_secret", access.secret), *front.access_fields(access)]
    return Answer(
        200,
        content_type=front.form_type,
        fields=fields,
        headers=front.oauth_headers(),
        journal={"user_id": persona.user_id},
    )


def access_token_of(front: Facts, request: Request, body: bytes) -> tuple[AccessToken, Signed]:
    """Return the access token of a request for a profile, verified. RFC 5849 §3.2.

    Raises:
        Refused: it is not known, or the request is not signed with it.
    """
    signed = read(front, request, body)
    access = front.tokens.accesses.get(signed.oauth("oauth_token") or "")
    if access is None:
        raise Refused("token_rejected", "the access token is unknown")
    verify(front, signed, request, access.secret)
    return access, signed


def _approver(token: RequestToken) -> Persona:
    if token.persona is None or token.denied:
        raise Refused("permission_unknown", "no user approved this request token")
    return token.persona
