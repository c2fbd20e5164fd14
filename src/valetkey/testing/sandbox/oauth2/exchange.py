"""The token endpoint. RFC 6749 §4.1.3, §4.1.4, §5.1, §5.2; RFC 7636 §4.6.

The order: is the request readable, who is the client, then the code, whose it is, the redirect URI, and the verifier. A
second use of a code revokes the access token of the first (RFC 6749 §4.1.2), once the request is otherwise right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..answers import JSON, Answer
from ..messages import Request
from .clients import authenticate, presented
from .demands import check_exchange
from .grants import AccessToken, Code
from .parameters import Unreadable, is_form, once, pairs_of
from .refusals import Judge, Refusal, difference, s256, wrong_verifier

if TYPE_CHECKING:
    from .facts import Facts

JOURNALED = ("grant_type", "code", "redirect_uri", "client_id", "code_verifier")
_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


def journaled(front: Facts, request: Request, body: bytes) -> dict[str, Any]:
    """Return what the journal keeps of a token request, whether it is right or wrong."""
    authorization = request.headers.get("authorization")
    try:
        found = dict(pairs_of(_octets(request, body)))
        shown = presented(front, authorization, found)
    except Unreadable:
        found, shown = {}, None
    except Refusal:
        shown = None
    kept: dict[str, Any] = {name: found.get(name) for name in JOURNALED}
    if shown is not None:
        kept |= {"client_id": shown.client_id, "authentication": shown.method}
    return {**kept, "accept": request.headers.get("accept")}


async def token(front: Facts, request: Request, body: bytes) -> Answer:
    """Exchange a code for an access token."""
    judge = Judge(lenient=front.is_lenient)
    try:
        code = _judged(front, request, body, judge)
    except Refusal as refusal:
        return front.token_refusal(request, refusal)
    code.used = True
    access = AccessToken(token=front.new_token(code), code=code)
    front.grants.keep_token(access)
    fields = front.token_fields(access)
    front.state.issued.extend(str(value) for name, value in fields if name in ("access_token", "id_token"))
    journal: dict[str, object] = {"user_id": code.persona.user_id}
    if judge.overlooked:
        journal["overlooked"] = judge.overlooked
    content_type = front.token_content_type(request) or JSON
    return Answer(200, fields=fields, content_type=content_type, headers=dict(_NO_STORE), journal=journal)


def _octets(request: Request, body: bytes) -> bytes:
    return bytes(request.query_string) if request.method == "GET" else body


def _judged(front: Facts, request: Request, body: bytes, judge: Judge) -> Code:
    if request.method != "GET" and not is_form(request.headers.get("content-type", "")):
        raise Refusal("invalid_request", "the body must be application/x-www-form-urlencoded")
    try:
        form = once(_octets(request, body))
    except Unreadable as fault:
        raise Refusal("invalid_request", str(fault)) from None
    if "code_verifier" in form:
        front.state.issued.append(form["code_verifier"])
    client_id = authenticate(front, presented(front, request.headers.get("authorization"), form), judge)
    if front.requires_grant_type and (grant := form.get("grant_type")) != "authorization_code":
        error = "unsupported_grant_type" if grant else "invalid_request"
        raise Refusal(error, f"grant_type must be authorization_code, not {grant!r}")
    code = front.grants.codes.get(form.get("code", ""))
    if code is None:
        raise Refusal("invalid_grant" if form.get("code") else "invalid_request", "the code was never issued")
    if code.authorization.client_id != client_id:
        judge.wrong("invalid_grant", f"the code was issued to {code.authorization.client_id}, not to {client_id}")
    _check_redirect_uri(code, form, judge)
    _check_verifier(front, code, form, judge)
    check_exchange(front, code, form, request)
    front.check_exchange(code, request)
    age = front.state.now() - code.made_at
    if age > front.switches.code_seconds:
        judge.wrong("invalid_grant", f"the code expired: it is {age:.0f} s old, of {front.switches.code_seconds:g}")
    if code.used:
        if not judge.lenient:
            front.grants.revoke_of(code)
        judge.wrong("invalid_grant", "the code was used before; the access token that it gave is revoked")
    return code


def _check_redirect_uri(code: Code, form: Mapping[str, str], judge: Judge) -> None:
    expected, got = code.authorization.redirect_uri, form.get("redirect_uri")
    if got is None:
        judge.wrong("invalid_grant", "no redirect_uri, though the authorization request had one (RFC 6749 §4.1.3)")
    elif got != expected:
        judge.wrong("invalid_grant", f"redirect_uri is not the one of the authorization; {difference(expected, got)}")


def _check_verifier(front: Facts, code: Code, form: Mapping[str, str], judge: Judge) -> None:
    """RFC 7636 §4.6. A verifier without a challenge is refused, too: the challenge may have been taken away on the way
    (RFC 9700 §2.1.1)."""
    challenge, verifier = code.authorization.challenge, form.get("code_verifier")
    if front.switches.pkce == "refused" and verifier is not None:
        judge.wrong("invalid_client", "PKCE is for clients without a secret", 401)
    if front.switches.pkce in ("ignored", "refused") or (challenge is None and verifier is None):
        return
    if challenge is None:
        judge.wrong("invalid_grant", "a code_verifier, though the authorization request had no code_challenge")
    elif verifier is None:
        judge.wrong("invalid_grant", "no code_verifier, though the authorization request had a code_challenge")
    elif not _VERIFIER.fullmatch(verifier):
        judge.wrong("invalid_grant", f"code_verifier must be 43 to 128 unreserved characters; it has {len(verifier)}")
    elif s256(verifier) != challenge:
        judge.wrong("invalid_grant", wrong_verifier(challenge, verifier))
