"""Nothing of one login is in another's request. Requests are prepared once for all logins, and many logins fill them in
turn: each request must be what it would be if its login were the only one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from valetkey.crypto import Secret
from valetkey.protocols.base import CallbackParameters, Inputs, PendingRequest
from valetkey.protocols.http import HttpRequest, Stamp
from valetkey.protocols.oauth1 import OAuth1

from .oauth1_records import provider

CALLBACKS = ("https://app.test/auth/acme", "https://app.test/page", "https://app.test/auth/acme?x=1")
PLACES: dict[str, dict[str, Any]] = {
    "in the header": {},
    "in the query": {"parameters_in": "query"},
    "in the body": {"parameters_in": "body"},
    "by GET": {"request_method": "GET", "access_method": "GET"},
    "with parameters of its own": {"request_parameters": {"scope": "a b"}, "realm": "acme"},
    "in the clear": {"signature_method": "PLAINTEXT"},
}
NUMBERS = range(12)


def first_request(acme: OAuth1, number: int) -> HttpRequest:
    return next(acme.authorize(CALLBACKS[number % len(CALLBACKS)], inputs_of(number)))


def exchange(acme: OAuth1, number: int) -> HttpRequest:
    query = {"oauth_token": f"token-{number}", "oauth_verifier": f"verifier-{number}&%{number}"}
    pending = PendingRequest(
        request_id=query["oauth_token"],
        callback_url=CALLBACKS[number % len(CALLBACKS)],
        memo={"token_secret": Secret(f"secret-{number}")},
    )
    return next(
        acme.exchange(pending, CallbackParameters(request_id=pending.request_id, query=query), inputs_of(number))
    )


def inputs_of(number: int) -> Inputs:
    """The same whenever this login asks."""
    return Inputs(
        nonces=lambda: Stamp(timestamp=1_790_000_000 + number, nonce=f"nonce-{number}"), metadata=None, keys=None
    )


def parts(request: HttpRequest) -> tuple[object, ...]:
    return request.method, request.url, dict(request.headers), request.body


@pytest.mark.parametrize("step", [first_request, exchange], ids=["first request", "exchange"])
@pytest.mark.parametrize("facts", PLACES.values(), ids=PLACES)
def test_many_logins_at_one_provider(facts: dict[str, Any], step: Any) -> None:
    alone = [parts(step(provider(**facts), number)) for number in NUMBERS]
    acme, order = provider(**facts), [*NUMBERS] * 3
    random.Random(7).shuffle(order)
    made = [(number, step(acme, number)) for number in order]
    # Looked at once all of them are made: none has changed since.
    for number, request in made:
        assert parts(request) == alone[number]
    assert len({str(one) for one in alone}) == len(alone)


@pytest.mark.parametrize("facts", PLACES.values(), ids=PLACES)
def test_what_is_shared_cannot_be_changed(facts: dict[str, Any]) -> None:
    """Neither by what sends a request, nor by what is built on one."""
    acme = provider(**facts)
    for step in (first_request, exchange):
        before = parts(step(acme, 1))
        headers: Any = step(acme, 2).headers
        try:
            headers["Authorization"] = "of login 2"
        except TypeError:
            continue
        assert parts(step(acme, 1)) == before
