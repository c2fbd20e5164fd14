"""The reply of a token endpoint: what is a success, and what a failure is called. RFC 6749 §5."""

from __future__ import annotations

import json

import pytest

from protocol.flows import CALLBACK, inputs, pending, talk
from protocol.github import GRANTED, RETURNED, exchange, provider
from valetkey import errors
from valetkey.protocols.base import CallbackParameters

ACCEPTED = {
    "as published": GRANTED,
    "bearer in lower case": {**GRANTED, "token_type": "bearer"},
    "bearer in upper case": {**GRANTED, "token_type": "BEARER"},
    "scope as an array": {**GRANTED, "scope": ["a", "b"]},
    "expires_in as text": {**GRANTED, "expires_in": "3600"},
    "ok": {**GRANTED, "ok": True},
    "an error that is none": {**GRANTED, "error": None},
    "an empty error": {**GRANTED, "error": ""},
    "fields that nobody knows": {**GRANTED, "x": {"y": [1, 2]}},
}


@pytest.mark.parametrize("reply", ACCEPTED.values(), ids=list(ACCEPTED))
@pytest.mark.parametrize("status", [200, 201])
def test_a_success(reply: dict[str, object], status: int) -> None:
    _, grant = exchange(provider(), reply, status)
    assert grant.access_token.reveal() == "at-1"
    assert grant.id_token is None
    assert grant.fields == {name: value for name, value in reply.items() if name != "access_token"}


def test_secrets_of_a_reply_are_not_shown() -> None:
    """A refresh token is not kept: a sign-in has no use for it."""
    reply = {**GRANTED, "access_token": "canary1", "refresh_token": "canary2", "id_token": "canary3", "x": "canary4"}
    _, grant = exchange(provider(), reply)
    assert "canary" not in repr(grant)
    assert (grant.id_token is not None and grant.id_token.reveal(), "refresh_token" in grant.fields) == (
        "canary3",
        False,
    )
    kept = {"token_type": "Bearer", "scope": "read:user", "expires_in": 3600, "x": "canary4"}
    assert provider().claims(grant, pending(), inputs()) == kept


NO_SUCCESS: dict[str, object] = {
    "empty": b"",
    "a form": b"access_token=at-1&token_type=bearer",
    "an array": [GRANTED],
    "text": b'"at-1"',
    "two objects": json.dumps(GRANTED).encode() * 2,
    "a token twice": b'{"access_token":"a","access_token":"b","token_type":"bearer"}',
    "a token twice, written otherwise": b'{"access_token":"a","access\\u005ftoken":"b","token_type":"bearer"}',
    "NaN": b'{"access_token":"a","token_type":"bearer","expires_in":NaN}',
    "infinity": b'{"access_token":"a","token_type":"bearer","expires_in":1e999}',
    "UTF-16": json.dumps(GRANTED).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(GRANTED).encode(),
    "deep": b'{"access_token":"a","token_type":"bearer","x":' + b"[" * 9000 + b"]" * 9000 + b"}",
    "mac": {**GRANTED, "token_type": "mac"},
    "DPoP": {**GRANTED, "token_type": "DPoP"},
    "no type": {"access_token": "a"},
    "a type that is a list": {**GRANTED, "token_type": ["bearer"]},
    "a type with a letter like k": {**GRANTED, "token_type": "bearer\u212a"},
    "no token": {"token_type": "bearer"},
    "an empty token": {**GRANTED, "access_token": ""},
    "a token that is a number": {**GRANTED, "access_token": 7},
    "a token with a line end": {**GRANTED, "access_token": "a\r\nX: y"},
    "a token that is not ASCII": {**GRANTED, "access_token": "é"},
    "an ID token that is an object": {**GRANTED, "id_token": {}},
}


@pytest.mark.parametrize("reply", NO_SUCCESS.values(), ids=list(NO_SUCCESS))
def test_a_reply_that_is_no_success(reply: object) -> None:
    with pytest.raises(errors.ProviderReplyInvalid):
        exchange(provider(), reply)


def test_a_page_is_somebody_elses() -> None:
    for status in (200, 403, 407):
        with pytest.raises(errors.Intercepted):
            exchange(provider(), b"<!doctype html><html><title>Sign in to the Wi-Fi</title></html>", status)


TOKEN_ERRORS: list[tuple[int, object, type[Exception]]] = [
    (400, {"error": "invalid_grant"}, errors.ProviderRefused),
    (200, {"error": "invalid_grant"}, errors.ProviderRefused),
    (200, {"error": "bad_verification_code"}, errors.ProviderRefused),
    (200, {**GRANTED, "error": "invalid_grant"}, errors.ProviderRefused),
    (400, {"error": "invalid_request"}, errors.ProviderRefused),
    (400, {"error": "canary"}, errors.ProviderRefused),
    (400, b"canary", errors.ProviderRefused),
    (401, {"error": "invalid_client"}, errors.ProviderRefusedKeys),
    (400, {"error": "unauthorized_client"}, errors.ProviderRefusedKeys),
    (200, {"error": "incorrect_client_credentials"}, errors.ProviderRefusedKeys),
    (401, {"canary": 1}, errors.ProviderRefusedKeys),
    (404, {"error": "Not Found"}, errors.ProviderRefusedKeys),
    (200, {"error": "redirect_uri_mismatch"}, errors.CallbackNotApproved),
    (400, {"error": {"message": "canary", "type": "OAuthException", "code": 191}}, errors.CallbackNotApproved),
    (400, {"error": {"message": "canary", "type": "OAuthException", "code": 100}}, errors.ProviderRefused),
    (400, {"error": {"message": "canary", "code": 1}}, errors.ProviderRefusedKeys),
    (400, {"error": {"message": "canary", "code": 101}}, errors.ProviderRefusedKeys),
    (400, {"error": {"message": "canary"}}, errors.ProviderRefused),
    (400, {"error": ["canary"]}, errors.ProviderRefused),
    (400, {"error": True}, errors.ProviderRefused),
    (200, {"ok": False, "error": "invalid_code"}, errors.ProviderRefused),
    (200, {"ok": False, "error": "bad_client_secret"}, errors.ProviderRefusedKeys),
    (200, {"ok": False, **GRANTED}, errors.ProviderRefused),
    (400, {"status": 400, "message": "canary"}, errors.ProviderRefused),
    (403, {"status": 403, "message": "canary"}, errors.ProviderRefusedKeys),
    (400, GRANTED, errors.ProviderRefused),
    (400, {"error": "temporarily_unavailable"}, errors.ProviderUnavailable),
    (500, {"error": "invalid_grant"}, errors.ProviderUnavailable),
    (503, b"canary", errors.ProviderUnavailable),
    (429, {"error": "invalid_grant"}, errors.ProviderBusy),
    (200, {"ok": False, "error": "ratelimited"}, errors.ProviderBusy),
    (404, b"canary", errors.ProviderReplyInvalid),
    *((status, GRANTED, errors.ProviderReplyInvalid) for status in (202, 204, 301, 302, 303, 307, 308)),
]


@pytest.mark.parametrize(("status", "reply", "kind"), TOKEN_ERRORS)
def test_a_failure_is_named_by_code_and_status(status: int, reply: object, kind: type[Exception]) -> None:
    """Never by a description, and no hint has one."""
    if isinstance(reply, dict):
        reply = {**reply, "error_description": "canary", "error_uri": "https://canary.test"}
    with pytest.raises(errors.ValetkeyError) as failed:
        exchange(provider(), reply, status)
    assert type(failed.value) is kind
    assert "canary" not in failed.value.hint and "at-1" not in failed.value.hint


def test_a_hint_names_a_code_that_is_known_and_the_callback() -> None:
    with pytest.raises(errors.ProviderRefused, match="invalid_grant"):
        exchange(provider(), {"error": "invalid_grant"}, 400)
    with pytest.raises(errors.CallbackNotApproved) as refused:
        exchange(provider(), {"error": "redirect_uri_mismatch"})
    assert CALLBACK in refused.value.hint


def test_a_busy_provider_says_how_long() -> None:
    flow = provider().exchange(pending(), CallbackParameters(request_id="state-1", query=RETURNED), inputs())
    with pytest.raises(errors.ProviderBusy) as busy:
        talk(flow, b"{}", 429, retry_after="7")
    assert busy.value.retry_after_seconds == 7
