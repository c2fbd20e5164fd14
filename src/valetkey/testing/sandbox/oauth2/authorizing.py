"""Judges authorization requests. RFC 6749 §4.1.1, §4.1.2.1; RFC 7636 §4.3; OpenID Connect Core §3.1.2.2.

A request whose client or redirect URI is wrong is a dead end: the user is sent nowhere. Any other mistake is sent back
to the client as an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..settings import accepts
from .demands import check_authorization
from .grants import Authorization
from .parameters import Unreadable, once, pairs_of
from .refusals import DeadEnd, Refusal, difference, wrong_challenge

if TYPE_CHECKING:
    from .facts import Facts

JOURNALED = (
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt",
    "code_challenge", "code_challenge_method",
)  # fmt: skip
MAX_STATE = 500  # X's limit; no other provider documents a smaller one

_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")
_PRINTABLE = re.compile(r"[\x20-\x7e]+")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


class Sendable(Exception):
    """A mistake that is sent to the client, at an address that was found to be right."""

    def __init__(self, asked: Authorization, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.asked = asked
        self.refusal = refusal


def journaled(front: Facts, raw_query: bytes) -> dict[str, str | None]:
    """Return what the journal keeps of an authorization request, whether it is right or wrong."""
    try:
        found = dict(pairs_of(raw_query))
    except Unreadable:
        found = {}
    return {name: found.get(name) for name in JOURNALED} | {"client_id": found.get(front.client_id_parameter)}


def judged(front: Facts, raw_query: bytes, path: Mapping[str, str]) -> Authorization:
    """Return an authorization request that is right.

    Args:
        front: the provider.
        raw_query: as it was sent.
        path: what the address's path says.

    Raises:
        DeadEnd: client or redirect URI are wrong.
        Sendable: something else is.
    """
    twice: Unreadable | None = None
    try:
        query = once(raw_query)
    except Unreadable as fault:
        if fault.twice in (None, front.client_id_parameter, "redirect_uri"):
            raise DeadEnd(str(fault)) from None
        twice, query = fault, dict(pairs_of(raw_query))
    client_id, redirect_uri = _client_of(front, query), _redirect_uri_of(front, query)
    asked = Authorization(
        client_id=client_id,
        redirect_uri=redirect_uri,
        state=query.get("state"),
        nonce=query.get("nonce"),
        response_mode=query.get("response_mode", "query") if front.response_modes != ("query",) else "query",
        prompt=query.get("prompt"),
        scopes=front.scopes_in(query.get("scope", "")),
        challenge=query.get("code_challenge") if front.switches.pkce != "ignored" else None,
        query=query,
        path=path,
        made_at=front.state.now(),
    )
    try:
        if twice is not None:
            raise Refusal("invalid_request", str(twice))
        _check(front, asked)
        check_authorization(front, query)
        front.check(asked)
    except Refusal as refusal:
        if asked.response_mode not in front.response_modes:
            asked.response_mode = "query"
        raise Sendable(asked, refusal) from None
    return asked


def _client_of(front: Facts, query: Mapping[str, str]) -> str:
    client_id = query.get(front.client_id_parameter, "")
    if front.secret_of(client_id) is None:
        known = front.switches.client_id
        raise DeadEnd(f"the client id {client_id!r} is not known; {difference(known, client_id)}")
    return client_id


def _redirect_uri_of(front: Facts, query: Mapping[str, str]) -> str:
    redirect_uri, settings = query.get("redirect_uri"), front.state.settings
    if redirect_uri is None:
        raise DeadEnd("no redirect_uri")
    parts = urlsplit(redirect_uri)
    if not parts.scheme or not parts.netloc or "#" in redirect_uri:
        raise DeadEnd("redirect_uri must be a whole URL without a fragment (RFC 6749 §3.1.2)")
    if not accepts(settings, redirect_uri) and not front.is_lenient:
        registered = list(settings.callbacks)
        nearest = max(registered, key=lambda one: _shared(one, redirect_uri), default="")
        raise DeadEnd(
            f"redirect_uri {redirect_uri} is not registered, {', '.join(registered) or 'none'} is; "
            f"{difference(nearest, redirect_uri)}"
        )
    return redirect_uri


def _check(front: Facts, asked: Authorization) -> None:
    query = asked.query
    if (kind := query.get("response_type")) != "code":
        error = "unsupported_response_type" if kind else "invalid_request"
        raise Refusal(error, f"response_type must be code, not {kind!r}")
    if asked.response_mode not in front.response_modes:
        raise Refusal("invalid_request", f"response_mode {asked.response_mode!r} is not supported")
    if asked.state is None and front.requires_state:
        raise Refusal("invalid_request", "no state")
    if asked.state is not None and (len(asked.state) > MAX_STATE or not _PRINTABLE.fullmatch(asked.state)):
        raise Refusal("invalid_request", f"state must be printable ASCII of at most {MAX_STATE} characters")
    for scope in asked.scopes:
        if not _SCOPE.fullmatch(scope) or (front.known_scopes and scope not in front.known_scopes):
            raise Refusal("invalid_scope", f"the scope {scope!r} is not known")
    _check_challenge(front, query)
    if asked.prompt is not None and "none" in asked.prompt.split(" ") and asked.prompt != "none":
        raise Refusal("invalid_request", "prompt none must stand alone")


def _check_challenge(front: Facts, query: Mapping[str, str]) -> None:
    """RFC 7636 §4.3, §4.4.1. The method is ``plain`` where none is sent, and that is not supported."""
    challenge, method = query.get("code_challenge"), query.get("code_challenge_method")
    if front.switches.pkce == "refused" and (challenge or method) is not None and not front.is_lenient:
        raise Refusal("unauthorized_client", "PKCE is for clients without a secret")
    if front.switches.pkce == "ignored":
        return
    if challenge is None:
        if method is not None:
            raise Refusal("invalid_request", "code_challenge_method without code_challenge")
        if front.switches.pkce == "required" and not front.is_lenient:
            raise Refusal("invalid_request", "code_challenge required")
        return
    if method != "S256":
        raise Refusal("invalid_request", f"transform algorithm not supported: {method or 'plain'}; S256 is")
    if not _CHALLENGE.fullmatch(challenge):
        raise Refusal("invalid_request", wrong_challenge(challenge))


def _shared(one: str, two: str) -> int:
    pairs = zip(one, two, strict=False)
    return next((at for at, (ours, theirs) in enumerate(pairs) if ours != theirs), min(len(one), len(two)))
