"""A provider over OAuth 1.0a that cannot work, or would not be safe, is refused when it is described."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from valetkey.crypto import Secret
from valetkey.errors import SettingsError
from valetkey.protocols.oauth1 import ClientCredentials, OAuth1, OAuth1Facts

from .oauth1_records import WITH_SECRET, pem, provider, rsa_key

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another signature": ({"signature_method": "HMAC-MD5"}, "signature_method"),
    "none": ({"signature_method": ""}, "signature_method"),
    "another method": ({"request_method": "PUT"}, "'GET' or 'POST'"),
    "a lower-case method": ({"access_method": "post"}, "'GET' or 'POST'"),
    "another place": ({"parameters_in": "cookie"}, "parameters_in"),
    "a form by GET": ({"parameters_in": "body", "request_method": "GET"}, "no form"),
    "a form by GET, second": ({"parameters_in": "body", "access_method": "GET"}, "no form"),
    "secrets in an address": ({"parameters_in": "query", "signature_method": "PLAINTEXT"}, "which servers log"),
    "another callback": ({"sends_callback": "authorize"}, "sends_callback"),
    "a truth that is none": ({"trusts_callback_without_confirmation": "yes"}, "True or False"),
    "a fragment": ({"authorize_url": "https://acme.test/a#b"}, "fragment"),
    "no address": ({"authorize_url": None}, "must be an address"),
    "an empty address": ({"authorize_url": ""}, "must be an address"),
    "a stray percent sign": ({"request_token_url": "https://acme.test/?a=%2"}, "percent signs"),
    "an unreadable host": ({"request_token_url": "https://[acme.test/"}, "cannot be read"),
    "a protocol's parameter in an address": ({"request_token_url": "https://a.test/?oauth_token=x"}, "of the protocol"),
    "the same, encoded": ({"access_token_url": "https://a.test/?oauth%5Ftoken=x"}, "of the protocol"),
    "a parameter twice": ({"access_token_url": "https://a.test/?a=1&a=2"}, "twice"),
    "a protocol's parameter": ({"request_parameters": {"oauth_callback": "https://evil.test"}}, "oauth_"),
    "the old protocol's callback": ({"authorize_parameters": {"oauth_callback": "https://a.test"}}, "oauth_"),
    "a number": ({"request_parameters": {"scope": 1}}, "plain names and texts"),
    "no name": ({"authorize_parameters": {"": "x"}}, "plain names and texts"),
    "a name with a sign": ({"authorize_parameters": {"a&b": "x"}}, "plain names and texts"),
    "one that is there": (
        {"request_token_url": "https://a.test/?scope=x", "request_parameters": {"scope": "y"}},
        "repeat",
    ),
    "one that is there, second": (
        {"authorize_url": "https://a.test/?perms=x", "authorize_parameters": {"perms": "y"}},
        "repeat",
    ),
    "the token's name is taken": (
        {"token_parameter": "lang", "authorize_url": "https://a.test/?lang=x"},
        "plain names",
    ),
    "the key's name is taken": ({"consumer_key_parameter": "n", "authorize_parameters": {"n": "x"}}, "plain names"),
    "one name for both": ({"token_parameter": "t", "consumer_key_parameter": "t"}, "plain names"),
    "no name for the token": ({"token_parameter": ""}, "plain names"),
    "the token as the callback": ({"token_parameter": "oauth_callback"}, "not safe"),
    "an empty word": ({"denied_verifier": ""}, "denied_verifier"),
    "two words": ({"denied_verifier": "not allowed"}, "denied_verifier"),
    "an empty beginning": ({"refusal_prefix": ""}, "refusal_prefix"),
    "a beginning that a form has": ({"refusal_prefix": "oauth_token="}, "refusal_prefix"),
    "a realm without a header": ({"realm": "x", "parameters_in": "query"}, "realm"),
    "an empty realm without a header": ({"realm": "", "parameters_in": "body"}, "realm"),
    "a quote in the realm": ({"realm": 'a"b'}, "realm"),
    "a line end in the realm": ({"realm": "a\r\nb"}, "realm"),
    "a backslash in the realm": ({"realm": "a\\"}, "realm"),
    "another authorization": ({"headers": {"authorization": "Basic x"}}, "headers"),
    "a host": ({"headers": {"HOST": "evil.test"}}, "headers"),
    "a length": ({"headers": {"Content-Length": "1"}}, "headers"),
    "a line end in a header": ({"headers": {"X-A": "a\r\nX-B: c"}}, "headers"),
    "no header's name": ({"headers": {"X A": "a"}}, "headers"),
    "an empty header": ({"headers": {"X-A": ""}}, "headers"),
    "a header twice": ({"headers": {"X-A": "a", "x-a": "b"}}, "twice"),
}


@pytest.mark.parametrize(("facts", "sentence"), REFUSED.values(), ids=list(REFUSED))
def test_it_is_refused(facts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        provider(**facts)
    assert sentence in refused.value.hint
    assert refused.value.hint.startswith("OAuth 1.0a: ")
    assert refused.value.hint.endswith(".")
    addresses = {"request_token_url": "/a", "authorize_url": "/b", "access_token_url": "/c"}
    with pytest.raises(SettingsError, match=r"OAuth 1\.0a"):
        OAuth1Facts(**{**addresses, **facts})


KEYS: dict[str, tuple[dict[str, Any], str]] = {
    "no secret": ({"credentials": ClientCredentials(identifier="k")}, "consumer secret"),
    "an empty secret": ({"credentials": ClientCredentials(identifier="k", secret=Secret(""))}, "consumer secret"),
    "no key": ({"credentials": WITH_SECRET, "signature_method": "RSA-SHA1"}, "needs a private key"),
    "both": (
        {
            "credentials": ClientCredentials(identifier="k", secret=Secret("s"), private_key=pem(rsa_key())),
            "signature_method": "RSA-SHA1",
        },
        "no consumer secret",
    ),
    "a key that nothing uses": (
        {"credentials": ClientCredentials(identifier="k", private_key=pem(rsa_key()))},
        "no private key",
    ),
    "PLAINTEXT in the clear": (
        {"signature_method": "PLAINTEXT", "request_token_url": "http://acme.test/a"},
        "needs https",
    ),
    "PLAINTEXT in the clear, second": (
        {"signature_method": "PLAINTEXT", "access_token_url": "http://127.0.0.1.acme.test/a"},
        "needs https",
    ),
    "PLAINTEXT and no host": ({"signature_method": "PLAINTEXT", "access_token_url": "/a"}, "needs https"),
}
NOT_KEYS = {
    "words": (Secret("canary of a key"), "RSA key in PEM"),
    "empty": (Secret(""), "RSA key in PEM"),
    "an elliptic curve": (pem(ec.generate_private_key(ec.SECP256R1())), "RSA key in PEM"),
    "too short": (pem(rsa_key(1024)), "1024 bits"),
    "not ASCII": (Secret("-----BEGIN PRIVATE KEY-----\nü\n-----END PRIVATE KEY-----"), "RSA key in PEM"),
}


@pytest.mark.parametrize(("facts", "sentence"), KEYS.values(), ids=list(KEYS))
def test_keys_that_cannot_sign_or_would_be_seen(facts: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        provider(**facts)
    assert sentence in refused.value.hint


@pytest.mark.parametrize(("key", "sentence"), NOT_KEYS.values(), ids=list(NOT_KEYS))
def test_what_is_no_rsa_key(key: Secret, sentence: str) -> None:
    credentials = ClientCredentials(identifier="k", private_key=key)
    with pytest.raises(SettingsError) as refused:
        provider(signature_method="RSA-SHA1", credentials=credentials)
    assert sentence in refused.value.hint
    assert "canary" not in refused.value.hint
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_key_with_a_password_is_no_key() -> None:
    locked = rsa_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    credentials = ClientCredentials(identifier="k", private_key=Secret(locked.decode()))
    with pytest.raises(SettingsError, match="without a password"):
        provider(signature_method="RSA-SHA1", credentials=credentials)


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "localhost:8001", "[::1]:8001"])
def test_plaintext_on_this_machine(host: str) -> None:
    addresses = dict.fromkeys(("request_token_url", "access_token_url"), f"http://{host}/a")
    assert provider(signature_method="PLAINTEXT", **addresses).signature_method == "PLAINTEXT"


def test_the_facts_are_all_but_the_keys() -> None:
    """A record may inherit them, and has room for members of its own."""
    names = {one.name for one in fields(OAuth1)}
    assert names - {one.name for one in fields(OAuth1Facts)} == {"credentials"}
    facts = OAuth1Facts(request_token_url="/a", authorize_url="/b", access_token_url="/c")
    assert not hasattr(OAuth1Facts, "__slots__")
    object.__setattr__(facts, "more", 1)


def test_a_change_is_checked_again_and_a_secret_is_never_shown() -> None:
    acme = provider(headers={"User-Agent": "canary"})
    with pytest.raises(SettingsError):
        replace(acme, parameters_in="cookie")
    assert "canary" not in repr(acme)
    assert "secret'" not in repr(acme)
    with pytest.raises(TypeError):
        pickle.dumps(acme)
