"""What real servers do otherwise than RFC 6749 and RFC 6750: each option, with and without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any
from urllib.parse import parse_qsl

import pytest

from protocol.flows import inputs, talk
from protocol.github import CREDENTIALS, GRANTED, begin, exchange, form_of, provider
from protocol.test_oidc import begin as begin_openid
from protocol.test_oidc import exchange as exchange_openid
from protocol.test_oidc import provider as openid
from valetkey import errors
from valetkey.crypto import Secret
from valetkey.models import Profile
from valetkey.protocols.base import Grant
from valetkey.protocols.http import HttpRequest
from valetkey.protocols.oauth1 import ClientCredentials as ConsumerCredentials
from valetkey.protocols.oauth1 import OAuth1
from valetkey.protocols.oauth2 import ClientCredentials, OAuth2, OAuth2Facts
from valetkey.protocols.openid import OpenIDFacts
from valetkey.providers.record.provider import Provider

GRANT = Grant(access_token=Secret("at-1"), fields={})
ME = "https://api.test/me"
QUERY = '{"query": "{ viewer { id } }"}'


def read(protocol: OAuth2, url: str = ME, **how: Any) -> HttpRequest:
    return talk(protocol.read(url, GRANT, inputs(), **how), b"{}")[0]


def test_the_facts_hold_every_option() -> None:
    """A record inherits them, and the protocol adds the app's keys alone."""
    ours = {one.name for one in fields(OAuth2)} - {one.name for one in fields(OAuth2Facts)}
    assert ours == {"credentials"}


# client_id_parameter


@pytest.mark.parametrize("secret", [Secret("s"), None])
def test_the_client_id_has_another_name(secret: Secret | None) -> None:
    """TikTok's ``client_key``: developers.tiktok.com/doc/oauth-user-access-token-management."""
    named = provider(client_id_parameter="client_key", credentials=ClientCredentials(identifier="app-1", secret=secret))
    for parameters in (begin(named)[0], form_of(exchange(named)[0])):
        assert parameters["client_key"] == "app-1"
        assert "client_id" not in parameters
    usual = provider(credentials=ClientCredentials(identifier="app-1", secret=secret))
    for parameters in (begin(usual)[0], form_of(exchange(usual)[0])):
        assert parameters["client_id"] == "app-1"
        assert "client_key" not in parameters


# pkce


def test_without_pkce() -> None:
    """LinkedIn refuses it from an app with a secret. What else binds the code stays: ``state``, and the cookie."""
    protocol = provider(pkce=False)
    parameters, request = begin(protocol)
    assert not {"code_challenge", "code_challenge_method"} & set(parameters)
    assert (parameters["state"], request.memo) == (request.request_id, {})
    form = form_of(exchange(protocol)[0])
    assert "code_verifier" not in form
    with pytest.raises(errors.ForeignToken):
        exchange(protocol, state="state-2")
    usual = form_of(exchange(provider())[0])
    assert {**form, "code_verifier": "verifier-1"} == usual
    assert OAuth2Facts.pkce is OpenIDFacts.pkce is True


def test_without_pkce_a_nonce_is_still_sent() -> None:
    parameters, request = begin_openid(openid(pkce=False))
    assert "code_challenge" not in parameters
    assert parameters["nonce"] == request.memo["nonce"].reveal()
    assert "verifier" not in request.memo
    assert "code_verifier" not in form_of(exchange_openid(openid(pkce=False))[0])
    assert "code_verifier" in form_of(exchange_openid(openid())[0])


# token_parameters, callback_parameters


def test_parameters_of_the_token_request() -> None:
    changed = provider(token_parameters={"audience": "a b", "request_id": "1"})
    form = form_of(exchange(changed)[0])
    assert (form.pop("audience"), form.pop("request_id")) == ("a b", "1")
    assert form == form_of(exchange(provider())[0])
    assert "audience" not in begin(changed)[0]


@pytest.mark.parametrize("names", [("state",), ("state", "device_id")])
def test_the_state_may_go_on(names: tuple[str, ...]) -> None:
    """Naver and VK ask for it in the token request. It is the one of this login (``require_own``)."""
    form = form_of(exchange(provider(callback_parameters=names), device_id="d-1")[0])
    assert {name: form[name] for name in names}.items() <= {"state": "state-1", "device_id": "d-1"}.items()
    assert "state" not in form_of(exchange(provider())[0])


# requires_token_type


@pytest.mark.parametrize("missing", [True, False])
def test_a_reply_without_a_type(missing: bool) -> None:
    """Instagram's: developers.facebook.com/docs/instagram-platform, "Business Login"."""
    reply = {"access_token": "at-1", "user_id": 17841400000000001} | ({} if missing else {"token_type": "bearer"})
    _, grant = exchange(provider(requires_token_type=False), reply)
    assert (grant.access_token.reveal(), grant.fields["user_id"]) == ("at-1", 17841400000000001)
    if missing:
        with pytest.raises(errors.ProviderReplyInvalid, match="token_type"):
            exchange(provider(), reply)


@pytest.mark.parametrize("kind", ["mac", "DPoP", "", None, ["bearer"], {"bearer": 1}, "bearer ", 7, False])
def test_another_type_is_always_refused(kind: object) -> None:
    for protocol in (provider(), provider(requires_token_type=False)):
        with pytest.raises(errors.ProviderReplyInvalid, match="token_type"):
            exchange(protocol, {**GRANTED, "token_type": kind})


# token_scheme, token_placement


def test_another_word_before_the_access_token() -> None:
    """Yandex: yandex.com/dev/id/doc/en/user-information."""
    assert read(provider(token_scheme="OAuth")).headers["Authorization"] == "OAuth at-1"
    assert read(provider()).headers["Authorization"] == "Bearer at-1"


@pytest.mark.parametrize("name", ["client_id", "client_key"])
def test_the_access_token_in_the_body(name: str) -> None:
    """VK: id.vk.com/about/business/go/docs, "user_info". RFC 6750 §2.2: in one place alone."""
    request = read(provider(token_placement="body", client_id_parameter=name), method="POST")
    assert (request.method, request.url) == ("POST", ME)
    assert dict(parse_qsl(request.body.decode())) == {"access_token": "at-1", name: CREDENTIALS.identifier}
    assert request.headers == {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    assert "at-1" not in repr(request)


# profile_body


def test_a_body_of_the_records_own() -> None:
    """Linear's GraphQL. The access token stays in the header."""
    request = read(provider(), method="POST", json_body=QUERY)
    assert (request.method, request.body) == ("POST", QUERY.encode())
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Authorization"] == "Bearer at-1"
    assert "Content-Type" not in read(provider(), method="POST").headers


def test_a_signed_request_may_have_one_too() -> None:
    """OAuth 1.0a: the signature covers no JSON (RFC 5849 §3.4.1.3.1)."""
    protocol = OAuth1(
        credentials=ConsumerCredentials(identifier="k", secret=Secret("s")),
        request_token_url="https://api.test/request",
        access_token_url="https://api.test/access",
        authorize_url="https://api.test/authorize",
    )
    grant = Grant(access_token=Secret("at-1"), token_secret=Secret("ts-1"), fields={})
    request, _ = talk(protocol.read(ME, grant, inputs(), method="POST", json_body=QUERY), b"{}")
    assert (request.body, request.headers["Content-Type"]) == (QUERY.encode(), "application/json")
    assert request.headers["Authorization"].startswith("OAuth ")


# Records that cannot work

TAKEN = [
    "access_token", "client_secret", "code", "code_challenge", "code_challenge_method", "code_verifier", "grant_type",
    "nonce", "redirect_uri", "request", "request_uri", "response_mode", "response_type", "scope", "state",
]  # fmt: skip
FAULTS: dict[str, dict[str, object]] = {
    **{f"the client id in {name}": {"client_id_parameter": name} for name in TAKEN},
    "the client id in no parameter": {"client_id_parameter": ""},
    "the client id in two": {"client_id_parameter": "a&b"},
    "the client id in a text": {"client_id_parameter": "client id"},
    "the client id as the proof": {"client_id_parameter": "proof", "access_token_proof": "proof"},
    "two clients at the start": {"client_id_parameter": "client_key", "authorize_parameters": {"client_key": "x"}},
    "two clients, by their old name": {"client_id_parameter": "client_key", "authorize_parameters": {"client_id": "x"}},
    "two clients in the exchange": {"client_id_parameter": "client_key", "token_parameters": {"client_key": "x"}},
    "a client of the callback's": {"client_id_parameter": "client_key", "callback_parameters": ("client_key",)},
    "another code": {"token_parameters": {"code": "x"}},
    "another verifier": {"token_parameters": {"code_verifier": "x"}},
    "another grant": {"token_parameters": {"grant_type": "password"}},
    "another callback": {"token_parameters": {"redirect_uri": "https://x.test/"}},
    "another secret": {"token_parameters": {"client_secret": "x"}},
    "a parameter from two places": {"token_parameters": {"device_id": "x"}, "callback_parameters": ("device_id",)},
    "neither PKCE nor a secret": {"pkce": False, "credentials": ClientCredentials(identifier="i")},
    "no scheme": {"token_scheme": ""},
    "two words": {"token_scheme": "Bearer token"},
    "a scheme with a line end": {"token_scheme": "OAuth\r\nX: y"},
    "a scheme that is not ASCII": {"token_scheme": "Bärer"},
    "a scheme that is never used": {"token_scheme": "OAuth", "token_placement": "body"},
    "an access token in the address": {"token_placement": "query"},
}


@pytest.mark.parametrize("changes", FAULTS.values(), ids=list(FAULTS))
def test_a_record_that_cannot_work_is_refused_when_it_is_made(changes: dict[str, object]) -> None:
    with pytest.raises(errors.SettingsError, match=r"OAuth 2\.0: "):
        provider(**changes)


def describe(reply: object) -> Profile:
    return Profile(subject="1")


def record(protocol: OAuth2, **changes: Any) -> Provider:
    usual = {"name": "acme", "title": "Acme", "identity_from": "profile", "profile_url": ME, "describe": describe}
    return Provider(**{**usual, "protocol": protocol, **changes})


CANNOT: dict[str, Callable[[], Provider]] = {
    "a form by GET": lambda: record(provider(token_placement="body")),
    "a form by GET for the address": lambda: record(
        provider(token_placement="body"),
        profile_method="POST",
        email_url="https://api.test/emails",
        describe_email=lambda reply: (None, False),
    ),
    "two bodies": lambda: record(provider(token_placement="body"), profile_method="POST", profile_body="{}"),
    "a body by GET": lambda: record(provider(), profile_body=QUERY),
    "a body that nobody sends": lambda: record(
        provider(),
        identity_from="exchange",
        identify=describe,
        profile_url=None,
        describe=None,
        profile_method="POST",
        profile_body=QUERY,
    ),
    "a body that is no JSON": lambda: record(provider(), profile_method="POST", profile_body="{ viewer { id } }"),
    "an empty body": lambda: record(provider(), profile_method="POST", profile_body=""),
    "a member twice": lambda: record(provider(), profile_method="POST", profile_body='{"a": 1, "a": 2}'),
    "half a character": lambda: record(provider(), profile_method="POST", profile_body='"\ud800"'),
}


@pytest.mark.parametrize("make", CANNOT.values(), ids=list(CANNOT))
def test_a_provider_that_cannot_work_is_refused_when_it_is_made(make: Callable[[], Provider]) -> None:
    with pytest.raises(errors.SettingsError, match="'acme': "):
        make()


def test_a_provider_that_can() -> None:
    """The control of the faults above."""
    assert record(provider(token_placement="body"), profile_method="POST").profile_method == "POST"
    assert record(provider(), profile_method="POST", profile_body=QUERY).profile_body == QUERY
    exchanged = record(
        provider(token_placement="body"), identity_from="exchange", identify=describe, profile_url=None, describe=None
    )
    assert exchanged.profile_url is None
