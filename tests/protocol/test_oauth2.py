"""OAuth 2.0 in memory: what is asked, what is believed, what is refused before a request and after it."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import pytest

from protocol.flows import CALLBACK, NOW, inputs, pending, talk
from valetkey import errors
from valetkey.crypto import Secret
from valetkey.protocols.base import CallbackParameters, Grant, SignInProtocol
from valetkey.protocols.http import HttpRequest
from valetkey.protocols.oauth2 import ClientCredentials, OAuth2, code_challenge

CREDENTIALS = ClientCredentials(identifier="s6BhdRkqt3", secret=Secret("7Fjfp0ZBr1KtDRbnfVdmIw"))
ISSUER = "https://github.com/login/oauth"
GRANTED = {"access_token": "at-1", "token_type": "Bearer", "scope": "read:user", "expires_in": 3600}
RETURNED = {"code": "c/1", "state": "state-1"}


def provider(**changes: Any) -> OAuth2:
    usual = {
        "credentials": CREDENTIALS,
        "authorize_url": "https://github.com/login/oauth/authorize",
        "token_url": "https://github.com/login/oauth/access_token",
        "scopes": ("read:user", "user:email"),
    }
    return OAuth2(**{**usual, **changes})


def begin(protocol: OAuth2) -> tuple[dict[str, str], Any]:
    """The parameters of the address that the user is sent to, and the whole request."""
    with pytest.raises(StopIteration) as stop:
        next(protocol.authorize(CALLBACK, inputs()))
    request = stop.value.value
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True, strict_parsing=True)), request


def exchange(protocol: OAuth2, reply: object = GRANTED, status: int = 200, **query: str) -> tuple[HttpRequest, Grant]:
    callback = CallbackParameters(request_id="state-1", query={**RETURNED, **query})
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    return talk(protocol.exchange(pending(), callback, inputs()), body, status)


def form_of(request: HttpRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))


def test_it_is_a_protocol_of_a_sign_in() -> None:
    protocol: SignInProtocol = provider()
    assert protocol.requested == ("https://github.com/login/oauth/access_token",)
    assert (protocol.discover(), protocol.fetch_keys(None), protocol.uses_timestamps) == (None, None, False)
    assert protocol.userinfo_url({}, inputs()) is None


# The authorization request. RFC 6749 §4.1.1


def test_authorize_sends_no_request_and_names_everything() -> None:
    parameters, request = begin(provider())
    assert parameters == {
        "response_type": "code",
        "client_id": "s6BhdRkqt3",
        "redirect_uri": CALLBACK,
        "scope": "read:user user:email",
        "state": request.request_id,
        "code_challenge": code_challenge(request.memo["verifier"].reveal()),
        "code_challenge_method": "S256",
    }
    assert request.url.startswith("https://github.com/login/oauth/authorize?response_type=code&")
    assert "+" not in request.url


def test_state_and_verifier_are_drawn_for_each_login() -> None:
    """256 bits of a verifier that has RFC 7636's alphabet and length, and 128 bits of a state."""
    drawn = set()
    for _ in range(20):
        _, request = begin(provider())
        verifier = request.memo["verifier"].reveal()
        assert (len(request.request_id), len(verifier)) == (32, 64)
        assert verifier.isalnum() and verifier[:32] != verifier[32:] and request.request_id not in verifier
        drawn |= {request.request_id, verifier}
        assert verifier not in request.url and verifier not in repr(request)
    assert len(drawn) == 40


def test_what_a_record_adds_to_the_request() -> None:
    parameters, request = begin(
        provider(
            authorize_url="https://example.com/authorize?tenant=1",
            scopes=("a", "b"),
            scope_separator=",",
            response_mode="form_post",
            authorize_parameters={"prompt": "select_account"},
        )
    )
    assert request.url.startswith("https://example.com/authorize?tenant=1&response_type=code")
    assert (parameters["scope"], parameters["response_mode"], parameters["prompt"]) == (
        "a,b",
        "form_post",
        "select_account",
    )
    assert "scope" not in begin(provider(scopes=()))[0]


# The callback. RFC 6749 §4.1.2, RFC 9207


@pytest.mark.parametrize("query", [RETURNED, {**RETURNED, "scope": "x", "authuser": "0", "error_description": "x"}])
def test_a_code_is_taken_whatever_stands_beside_it(query: dict[str, str]) -> None:
    callback = provider().parse_callback(query)
    assert (callback.request_id, callback.refusal, callback.query) == ("state-1", None, query)


NONE_OF_OURS = {
    "empty": {},
    "no state": {"code": "c"},
    "an empty state": {"code": "c", "state": ""},
    "an error without state": {"error": "access_denied"},
    "neither": {"state": "s"},
    "both": {"state": "s", "code": "c", "error": "access_denied"},
    "both, and empty": {"state": "s", "code": "c", "error": ""},
    "an empty code": {"state": "s", "code": ""},
    "a code with a line end": {"state": "s", "code": "a\nb"},
    "a code that is not ASCII": {"state": "s", "code": "é"},
    "OAuth 1.0a": {"oauth_token": "t", "oauth_verifier": "v"},
}


@pytest.mark.parametrize("query", NONE_OF_OURS.values(), ids=list(NONE_OF_OURS))
def test_a_query_that_is_no_callback(query: dict[str, str]) -> None:
    with pytest.raises(errors.BadRequest) as refused:
        provider().parse_callback(query)
    assert not {value for value in query.values() if len(value) > 3} & set(refused.value.hint.split())


CANCELS = ["access_denied", "ACCESS_DENIED", "user_cancelled_login", "user_cancelled_authorize", "user_denied"]
CANCELS += ["cancelled", "canceled"]


@pytest.mark.parametrize("word", CANCELS)
def test_cancel_in_every_spelling(word: str) -> None:
    callback = provider().parse_callback({"state": "s", "error": word, "error_description": "canary"})
    assert (callback.request_id, type(callback.refusal)) == ("s", errors.Denied)


def test_cancel_words_are_the_records() -> None:
    callback = provider(cancel_errors=frozenset({"no_thanks"})).parse_callback({"state": "s", "error": "no_thanks"})
    assert isinstance(callback.refusal, errors.Denied)


AUTHORIZATION_ERRORS = {
    "server_error": errors.ProviderUnavailable,
    "temporarily_unavailable": errors.ProviderUnavailable,
    "redirect_uri_mismatch": errors.CallbackNotApproved,
    "application_suspended": errors.AppNotAllowed,
    "unauthorized_client": errors.AppNotAllowed,
    "invalid_scope": errors.ProviderRefused,
    "invalid_request": errors.ProviderRefused,
    "login_required": errors.ProviderRefused,
    "interaction_required": errors.ProviderRefused,
    "consent_required": errors.ProviderRefused,
    "account_selection_required": errors.ProviderRefused,
}


@pytest.mark.parametrize("word", AUTHORIZATION_ERRORS)
def test_an_error_is_named_by_its_code(word: str) -> None:
    query = {"state": "s", "error": word, "error_description": "canary<b>", "error_uri": "https://canary.test"}
    refusal = provider().parse_callback(query).refusal
    assert type(refusal) is AUTHORIZATION_ERRORS[word]
    assert word in refusal.hint
    assert "canary" not in refusal.hint + refusal.message


@pytest.mark.parametrize("word", ["canary", "canary" * 2000, "<b>canary</b>", "canary\n", "", "access_denied "])
def test_an_error_that_is_not_known_is_not_repeated(word: str) -> None:
    refusal = provider().parse_callback({"state": "s", "error": word}).refusal
    assert type(refusal) is errors.ProviderRefused
    assert "canary" not in refusal.hint and "not known" in refusal.hint


def test_facebook_leaves_out_the_error() -> None:
    """It sends ``error_code`` and ``error_message``; a cancel has its reason."""
    query = {"state": "s", "error_code": "1349048", "error_message": "canary"}
    refusal = provider().parse_callback(query).refusal
    assert type(refusal) is errors.ProviderRefused and "canary" not in refusal.hint
    refusal = provider().parse_callback({**query, "error_reason": "user_denied"}).refusal
    assert type(refusal) is errors.Denied


WRONG_ISSUERS = ["https://github.com/login/oauth/", "https://GitHub.com/login/oauth", "http://github.com/login/oauth"]
WRONG_ISSUERS += ["https://github.com:443/login/oauth", "https://evil.test", "", " https://github.com/login/oauth"]


@pytest.mark.parametrize("iss", WRONG_ISSUERS)
@pytest.mark.parametrize("answer", [{"code": "c"}, {"error": "access_denied"}], ids=["code", "error"])
def test_another_issuer_is_refused_before_anything_is_believed(iss: str, answer: dict[str, str]) -> None:
    """RFC 9207 §2.4, by plain comparison. An issuer that is not known says nothing."""
    query = {"state": "s", **answer, "iss": iss}
    with pytest.raises(errors.BadRequest, match="iss"):
        provider(issuer=ISSUER).parse_callback(query)
    assert provider(issuer=ISSUER).parse_callback({**query, "iss": ISSUER}).request_id == "s"
    assert provider(issuer=ISSUER).parse_callback({"state": "s", **answer}).request_id == "s"
    assert provider().parse_callback(query).request_id == "s"


def test_an_issuer_that_is_promised_must_be_there() -> None:
    """Before any request. An error is no worse without it."""
    protocol = provider(issuer=ISSUER, sends_iss=True)
    callback = protocol.parse_callback(RETURNED)
    with pytest.raises(errors.BadRequest, match="iss"):
        next(protocol.exchange(pending(), callback, inputs()))
    assert exchange(protocol, iss=ISSUER)[1].access_token.reveal() == "at-1"
    assert isinstance(protocol.parse_callback({"state": "s", "error": "access_denied"}).refusal, errors.Denied)


# The token request. RFC 6749 §4.1.3


@pytest.mark.parametrize("state", ["state-2", "STATE-1", "", "state-1 "])
def test_the_code_of_another_login_is_not_sent(state: str) -> None:
    callback = CallbackParameters(request_id="state-1", query={**RETURNED, "state": state})
    with pytest.raises(errors.ForeignToken):
        next(provider().exchange(pending(), callback, inputs()))


def test_the_token_request() -> None:
    request, _ = exchange(provider(headers={"User-Agent": "valetkey-test"}))
    assert (request.method, request.url) == ("POST", "https://github.com/login/oauth/access_token")
    assert request.headers == {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "valetkey-test",
    }
    assert form_of(request) == {
        "grant_type": "authorization_code",
        "code": "c/1",
        "redirect_uri": CALLBACK,
        "code_verifier": "verifier-1",
        "client_id": "s6BhdRkqt3",
        "client_secret": "7Fjfp0ZBr1KtDRbnfVdmIw",
    }


SECRETS = ["a:b", "a%b", "a+b c", "käse", "a&b=c", "plain-._~", "%3A"]


@pytest.mark.parametrize("secret", SECRETS)
def test_basic_encodes_before_it_encodes(secret: str) -> None:
    """RFC 6749 §2.3.1: form-encoded, then base64. One way to authenticate is enough, and two are forbidden."""
    credentials = ClientCredentials(identifier="id:1", secret=Secret(secret))
    request, _ = exchange(provider(credentials=credentials, client_authentication="basic"))
    kind, _, pair = request.headers["Authorization"].partition(" ")
    identifier, _, sent = b64decode(pair).decode("ascii").partition(":")
    assert (kind, identifier, unquote_plus(sent)) == ("Basic", "id%3A1", secret)
    assert not {"client_id", "client_secret"} & set(form_of(request))
    assert ("-._~" in sent) == ("-._~" in secret)


@pytest.mark.parametrize("secret", SECRETS)
def test_post_has_the_secret_in_the_body(secret: str) -> None:
    request, _ = exchange(provider(credentials=ClientCredentials(identifier="id:1", secret=Secret(secret))))
    assert (form_of(request)["client_id"], form_of(request)["client_secret"]) == ("id:1", secret)
    assert "Authorization" not in request.headers


@pytest.mark.parametrize("way", ["basic", "post"])
def test_a_client_without_a_secret_sends_its_id(way: str) -> None:
    request, _ = exchange(provider(credentials=ClientCredentials(identifier="id"), client_authentication=way))
    assert form_of(request)["client_id"] == "id"
    assert "client_secret" not in form_of(request) and "Authorization" not in request.headers


def test_a_signed_secret_is_made_for_this_moment() -> None:
    credentials = ClientCredentials(identifier="id", signed_secret=lambda now: Secret(f"signed at {now}"))
    protocol = provider(credentials=credentials)
    assert form_of(exchange(protocol)[0])["client_secret"] == f"signed at {NOW}"
    assert protocol.uses_timestamps


def test_parameters_that_come_back_and_go_on() -> None:
    """VK's ``device_id``. Others of the callback do not go on."""
    request, _ = exchange(provider(callback_parameters=("device_id",)), device_id="d", client_info="x")
    assert form_of(request)["device_id"] == "d"
    assert "client_info" not in form_of(request)


# The token reply. RFC 6749 §5

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


# Requests on the user's behalf. RFC 6750 §2.1

GRANT = Grant(access_token=Secret("at-1"), fields={})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_access_token_is_in_the_header_alone(method: str) -> None:
    protocol = provider(headers={"User-Agent": "valetkey-test", "Authorization": "Basic x"})
    request, response = talk(protocol.read("https://api.test/me?a=1", GRANT, inputs(), method=method), b"[]")
    assert (request.method, request.url, request.body) == (method, "https://api.test/me?a=1", b"")
    assert request.headers == {
        "Accept": "application/json",
        "User-Agent": "valetkey-test",
        "Authorization": "Bearer at-1",
    }
    assert (response.body, "at-1" in repr(request)) == (b"[]", False)


def test_the_proof_of_an_access_token() -> None:
    """developers.facebook.com, "Secure Graph API Calls"."""
    protocol = provider(access_token_proof="appsecret_proof")
    request, _ = talk(protocol.read("https://graph.test/me?fields=id", GRANT, inputs()), b"{}")
    proof = hmac.new(b"7Fjfp0ZBr1KtDRbnfVdmIw", b"at-1", hashlib.sha256).hexdigest()
    assert request.url == f"https://graph.test/me?fields=id&appsecret_proof={proof}"


# Records that cannot work

FAULTS: dict[str, dict[str, object]] = {
    "two secrets": {
        "credentials": ClientCredentials(identifier="i", secret=Secret("s"), signed_secret=lambda now: Secret("s"))
    },
    "a way to authenticate that nobody knows": {"client_authentication": "header"},
    "a fragment": {"authorize_url": "https://x.test/#a"},
    "a fragment of the token endpoint": {"token_url": "https://x.test/#a"},
    "two scopes in one": {"scopes": ("a b",)},
    "an empty scope": {"scopes": ("",)},
    "its own state": {"authorize_parameters": {"state": "fixed"}},
    "another response type": {"authorize_parameters": {"response_type": "token"}},
    "plain PKCE": {"authorize_parameters": {"code_challenge_method": "plain"}},
    "a verifier of the callback's": {"callback_parameters": ("code_verifier",)},
    "a proof without a secret": {"credentials": ClientCredentials(identifier="i"), "access_token_proof": "p"},
}


@pytest.mark.parametrize("changes", FAULTS.values(), ids=list(FAULTS))
def test_a_record_that_cannot_work_is_refused_when_it_is_made(changes: dict[str, object]) -> None:
    with pytest.raises(errors.SettingsError):
        provider(**changes)


def test_nothing_prints_a_secret() -> None:
    assert "7Fjfp0ZBr1KtDRbnfVdmIw" not in repr(provider())
