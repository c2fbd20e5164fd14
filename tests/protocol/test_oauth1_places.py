"""Where a request of OAuth 1.0a has its parameters, what the user's address says, and which headers are sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from valetkey import errors
from valetkey.http_client.wire import encode_request

from .flows import CALLBACK, inputs, talk
from .oauth1_records import ISSUED, MEMO, RETURNED, asks, exchanges, provider, reads

FORM = "application/x-www-form-urlencoded"
UNCONFIRMED = ISSUED.replace(b"&oauth_callback_confirmed=true", b"")


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def test_in_the_header() -> None:
    """Where nothing else is said. The provider's own parameters are in a form, or in the query of a GET request."""
    acme = provider(request_parameters={"scope": "a b"})
    first, exchange = asks(acme)[0], exchanges(acme)
    assert first.headers["Authorization"].startswith('OAuth oauth_consumer_key="key", ')
    assert (first.method, first.url, first.body) == ("POST", acme.request_token_url, b"scope=a%20b")
    assert first.headers["Content-Type"] == FORM
    assert 'oauth_verifier="v-1"' in exchange.headers["Authorization"]
    assert (exchange.url, exchange.body) == (acme.access_token_url, b"")
    assert "Content-Type" not in exchange.headers
    by_get = asks(provider(request_method="GET", request_parameters={"scope": "a b"}))[0]
    assert (by_get.method, by_get.body, query_of(by_get.url)) == ("GET", b"", {"scope": "a b"})
    assert "scope" not in by_get.headers["Authorization"]


def test_in_the_query() -> None:
    acme = provider(parameters_in="query", request_parameters={"scope": "a b"}, access_token_url="https://a.test/x?y=z")
    for request, expected in (
        (asks(acme)[0], {"oauth_callback": CALLBACK, "scope": "a b"}),
        (exchanges(acme), {"oauth_verifier": "v-1", "oauth_token": "rt-1", "y": "z"}),
        (reads(acme), {"oauth_token": "at-1", "a": "b c"}),
    ):
        assert request.body == b""
        assert "Authorization" not in request.headers
        found = query_of(request.url)
        assert expected.items() <= found.items()
        assert found["oauth_signature"]
        assert found["oauth_signature"] not in repr(request)


def test_in_a_form() -> None:
    acme = provider(parameters_in="body", request_parameters={"scope": "a b"}, access_token_url="https://a.test/x?y=z")
    for request, expected in (
        (asks(acme)[0], {"oauth_callback": CALLBACK, "scope": "a b"}),
        (exchanges(acme), {"oauth_verifier": "v-1", "oauth_token": "rt-1"}),
        (reads(acme, "POST"), {"oauth_token": "at-1"}),
    ):
        assert "oauth" not in request.url.partition("?")[2]
        assert "Authorization" not in request.headers
        assert request.headers["Content-Type"] == FORM
        found = dict(parse_qsl(request.body.decode()))
        assert expected.items() <= found.items()
        assert found["oauth_signature"]
    by_get = reads(acme)
    assert 'oauth_token="at-1"' in by_get.headers["Authorization"]
    assert by_get.body == b""


def test_the_methods_of_the_two_steps() -> None:
    acme = provider(request_method="GET", access_method="POST")
    assert (asks(acme)[0].method, exchanges(acme).method) == ("GET", "POST")
    acme = provider(request_method="POST", access_method="GET")
    assert (asks(acme)[0].method, exchanges(acme).method) == ("POST", "GET")


@pytest.mark.parametrize(("realm", "start"), [(None, "OAuth oauth_"), ("", 'OAuth realm="", oauth_')])
def test_a_realm_is_absent_or_empty(realm: str | None, start: str) -> None:
    acme = provider(realm=realm)
    for request in (asks(acme)[0], exchanges(acme), reads(acme)):
        assert request.headers["Authorization"].startswith(start)


def test_a_realm() -> None:
    header = asks(provider(realm="Schoology API"))[0].headers["Authorization"]
    assert header.startswith('OAuth realm="Schoology API", oauth_consumer_key=')


def test_the_callback_is_sent_or_the_registered_one_is_used() -> None:
    assert f'oauth_callback="{CALLBACK.replace(":", "%3A").replace("/", "%2F")}"' in str(asks(provider())[0].headers)
    registered = asks(provider(sends_callback="oob"))[0].headers["Authorization"]
    assert 'oauth_callback="oob"' in registered
    assert "app.test" not in registered


def test_where_the_user_is_sent() -> None:
    acme = provider(
        authorize_url="https://acme.test/authorize?lang=en",
        authorize_parameters={"perms": "read", "name": "Ada & Co"},
        token_parameter="token",
        consumer_key_parameter="key",
    )
    _, url = asks(acme)
    assert query_of(url) == {"lang": "en", "perms": "read", "name": "Ada & Co", "key": "key", "token": "rt-1"}
    assert asks(provider())[1] == "https://acme.test/oauth/authorize?oauth_token=rt-1"
    _, hostile = asks(acme, ISSUED.replace(b"rt-1", b"a%26key%3Dother%23"))
    assert query_of(hostile)["token"] == "a&key=other#"
    assert query_of(hostile)["key"] == "key"


@pytest.mark.parametrize("body", [ISSUED, UNCONFIRMED])
def test_a_provider_that_says_nothing_of_the_callback(body: bytes) -> None:
    assert asks(provider(trusts_callback_without_confirmation=True), body)[1].endswith("oauth_token=rt-1")


@pytest.mark.parametrize("value", [b"false", b"", b"True", b"1", b"true%20"])
def test_a_provider_that_says_no_is_not_trusted(value: bytes) -> None:
    """Absent may be forgiven, by the record. Anything but ``true`` never is."""
    with pytest.raises(errors.ProviderReplyInvalid):
        asks(provider(trusts_callback_without_confirmation=True), ISSUED.replace(b"=true", b"=" + value))


def test_without_being_asked_nobody_is_trusted() -> None:
    with pytest.raises(errors.CallbackNotConfirmed):
        asks(provider(), UNCONFIRMED)


def test_headers_of_its_own() -> None:
    """On every request; and a User-Agent stands in the place of the client's own."""
    acme = provider(headers={"User-Agent": "AcmeSignIn/1.0 +https://app.test", "Accept": "application/json"})
    for request in (asks(acme)[0], exchanges(acme), reads(acme)):
        head = encode_request(request).partition(b"\r\n\r\n")[0]
        agents = [line for line in head.split(b"\r\n") if line.lower().startswith(b"user-agent:")]
        assert agents == [b"User-Agent: AcmeSignIn/1.0 +https://app.test"]
        assert b"\r\nAccept: application/json\r\n" in head


def problem(word: str, more: str = "") -> bytes:
    return f"oauth_problem={word}{more}".encode()


# The words of the OAuth Problem Reporting extension, and the codes at the first request and at the exchange.
PROBLEMS = {
    "version_rejected": ("provider_refused", "provider_refused"),
    "parameter_absent": ("provider_refused", "provider_refused"),
    "parameter_rejected": ("provider_refused", "provider_refused"),
    "timestamp_refused": ("clock_off", "clock_off"),
    "nonce_used": ("provider_refused", "provider_refused"),
    "signature_method_rejected": ("provider_refused", "provider_refused"),
    "signature_invalid": ("wrong_keys", "wrong_keys"),
    "consumer_key_unknown": ("wrong_keys", "wrong_keys"),
    "consumer_key_rejected": ("wrong_keys", "wrong_keys"),
    "consumer_key_refused": ("app_not_allowed", "app_not_allowed"),
    "token_used": ("provider_refused", "provider_refused"),
    "token_expired": ("provider_refused", "provider_refused"),
    "token_revoked": ("provider_refused", "provider_refused"),
    "token_rejected": ("provider_refused", "provider_refused"),
    "additional_authorization_required": ("app_not_allowed", "app_not_allowed"),
    "permission_unknown": ("provider_refused", "provider_refused"),
    "permission_denied": ("wrong_keys", "denied"),
    "user_refused": ("wrong_keys", "denied"),
    "canary_word": ("wrong_keys", "provider_refused"),
}


@pytest.mark.parametrize("word", PROBLEMS)
def test_the_problems(word: str) -> None:
    """In the form and in the header, with 401. A word that is not known counts for nothing."""
    codes: list[Any] = []
    header = {"www_authenticate": f'OAuth realm="x", oauth_problem="{word}"'}
    for body, headers in ((problem(word, "&canary=1"), {}), (b"", header)):
        with pytest.raises(errors.ValetkeyError) as first:
            answered(provider(), "first", body, 401, headers)
        with pytest.raises(errors.ValetkeyError) as second:
            answered(provider(), "exchange", body, 401, headers)
        codes.append((first.value.code, second.value.code))
        assert "canary" not in first.value.hint + second.value.hint
    assert codes == [PROBLEMS[word]] * 2


@pytest.mark.parametrize("status", [200, 400, 401, 403])
def test_a_problem_counts_with_any_status(status: int) -> None:
    """Some servers refuse with 200."""
    with pytest.raises(errors.ClockOff):
        answered(provider(), "first", problem("timestamp_refused", "&oauth_acceptable_timestamps=1-2"), status, {})
    with pytest.raises(errors.ProviderRefused) as named:
        answered(provider(), "first", problem("parameter_absent", "&oauth_parameters_absent=canary"), status, {})
    assert "oauth_problem=parameter_absent" in named.value.hint
    assert "canary" not in named.value.hint


@pytest.mark.parametrize("word", ["parameter_rejected", "parameter_absent"])
def test_a_callback_that_is_not_known(word: str) -> None:
    """Jira's answer to a callback URL that it does not take."""
    plural = word.replace("parameter", "oauth_parameters")
    with pytest.raises(errors.CallbackNotApproved) as refused:
        answered(provider(), "first", problem(word, f"&{plural}=oauth_callback"), 400, {})
    assert CALLBACK in refused.value.hint


MEDIAWIKI = b"Error: An error occurred in the OAuth protocol: canary"


def test_a_refusal_with_status_200() -> None:
    """By how it begins, where the record says so; and what follows is not looked at."""
    wiki = provider(refusal_prefix="Error: ")
    with pytest.raises(errors.ProviderRefusedKeys) as keys:
        answered(wiki, "first", MEDIAWIKI, 200, {})
    with pytest.raises(errors.ProviderRefused) as refused:
        answered(wiki, "exchange", MEDIAWIKI, 200, {})
    assert "canary" not in keys.value.hint + refused.value.hint
    assert "status 200" in keys.value.hint
    for step in ("first", "exchange"):
        with pytest.raises(errors.ProviderReplyInvalid):
            answered(provider(), step, MEDIAWIKI, 200, {})
        with pytest.raises(errors.ProviderReplyInvalid):
            answered(wiki, step, b"Fehler: canary", 200, {})
        with pytest.raises(errors.ProviderUnavailable):
            answered(wiki, step, MEDIAWIKI, 503, {})
    assert asks(wiki)[1].endswith("oauth_token=rt-1")


def answered(acme: Any, step: str, body: bytes, status: int, headers: dict[str, str]) -> None:
    flow = acme.authorize(CALLBACK, inputs()) if step == "first" else acme.exchange(MEMO, RETURNED, inputs())
    talk(flow, body, status, **headers)
