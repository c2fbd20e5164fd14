"""Makes providers over OAuth 1.0a, and plays their requests."""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from valetkey.crypto import Secret
from valetkey.protocols.base import CallbackParameters, Grant, PendingRequest
from valetkey.protocols.http import HttpRequest
from valetkey.protocols.oauth1 import ClientCredentials, OAuth1

from .flows import CALLBACK, inputs, talk

ISSUED = b"oauth_token=rt-1&oauth_token_secret=rs-1&oauth_callback_confirmed=true"
GRANTED = b"oauth_token=at-1&oauth_token_secret=as-1&user_id=42"
MEMO = PendingRequest(request_id="rt-1", callback_url=CALLBACK, memo={"token_secret": Secret("rs-1")})
RETURNED = CallbackParameters(request_id="rt-1", query={"oauth_token": "rt-1", "oauth_verifier": "v-1"})
GRANT = Grant(access_token=Secret("at-1"), token_secret=Secret("as-1"), fields={})
WITH_SECRET = ClientCredentials(identifier="key", secret=Secret("secret"))


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def pem(key: Any) -> Secret:
    kind, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return Secret(key.private_bytes(serialization.Encoding.PEM, kind, none).decode())


def provider(**facts: Any) -> OAuth1:
    """A provider. RSA-SHA1 gets a key, and every other method a secret."""
    rsa_credentials = facts.get("signature_method") == "RSA-SHA1" and "credentials" not in facts
    keys = ClientCredentials(identifier="key", private_key=pem(rsa_key())) if rsa_credentials else WITH_SECRET
    return OAuth1(
        **{
            "credentials": keys,
            "request_token_url": "https://acme.test/oauth/request",
            "authorize_url": "https://acme.test/oauth/authorize",
            "access_token_url": "https://acme.test/oauth/access",
            **facts,
        }
    )


def asks(protocol: OAuth1, body: bytes = ISSUED) -> tuple[HttpRequest, str]:
    """The first request, and where the user is sent."""
    request, begun = talk(protocol.authorize(CALLBACK, inputs()), body)
    return request, begun.url


def exchanges(protocol: OAuth1, body: bytes = GRANTED) -> HttpRequest:
    return talk(protocol.exchange(MEMO, RETURNED, inputs()), body)[0]


def reads(protocol: OAuth1, method: str = "GET") -> HttpRequest:
    """A profile request."""
    return talk(protocol.read("https://acme.test/me?a=b%20c", GRANT, inputs(), method=method), b"{}")[0]
