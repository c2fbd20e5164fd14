"""OAuth 2.0 in memory: what is asked, what is believed, what is refused before a request and after it."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, urlsafe_b64decode
from dataclasses import replace
from urllib.parse import unquote_plus

import pytest

from protocol.flows import CALLBACK, NOW, inputs, pending, talk
from protocol.github import ISSUER, RETURNED, begin, exchange, form_of, provider
from valetkey import errors
from valetkey.crypto import Secret
from valetkey.protocols.base import CallbackParameters, Grant, SignInProtocol
from valetkey.protocols.oauth2 import ClientCredentials, code_challenge


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
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}", request.request_id) and re.fullmatch(r"[A-Za-z0-9_-]{43}", verifier)
        state, octets = (urlsafe_b64decode(one + "==") for one in (request.request_id, verifier))
        assert (len(state), len(octets)) == (16, 32)
        assert octets[:16] != octets[16:] and state not in (octets[:16], octets[16:])
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


def test_an_issuer_that_is_promised_must_be_there() -> None:
    """Before any request. An error is no worse without it."""
    protocol = provider(issuer=ISSUER, sends_iss=True)
    callback = protocol.parse_callback(RETURNED)
    with pytest.raises(errors.BadRequest, match="iss"):
        next(protocol.exchange(pending(), callback, inputs()))
    # Where the issuer is not known beforehand, an empty one says as little as none.
    with pytest.raises(errors.BadRequest, match="iss"):
        exchange(provider(sends_iss=True), iss="")
    assert exchange(protocol, iss=ISSUER)[1].access_token.reveal() == "at-1"
    assert isinstance(protocol.parse_callback({"state": "s", "error": "access_denied"}).refusal, errors.Denied)


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
    "a request object": {"authorize_parameters": {"request": "eyJ.eyJ."}},
    "a request object elsewhere": {"authorize_parameters": {"request_uri": "https://x.test/r"}},
    "another client": {"authorize_parameters": {"client_id": "other"}},
    "another callback": {"authorize_parameters": {"redirect_uri": "https://x.test/"}},
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


def test_a_login_that_was_begun_over_another_protocol_is_refused() -> None:
    """As OpenID Connect does (test_oidc.py), and OAuth 1.0a."""
    callback = CallbackParameters(request_id="state-1", query={"state": "state-1", "code": "c"})
    with pytest.raises(errors.ForeignToken):
        next(provider().exchange(replace(pending(), memo={"token_secret": Secret("s")}), callback, inputs()))


def test_nor_a_header_that_may_have_one() -> None:
    """An app's own gateway may ask for a key of its own."""
    assert "canary" not in repr(provider(headers={"X-Api-Key": "canary"}))
