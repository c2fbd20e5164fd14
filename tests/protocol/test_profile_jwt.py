"""A profile that is a token: every check, each with the token that only this check refuses."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from support.jose import b64, key

from valetkey.crypto import Secret
from valetkey.errors import ClockOff, ProviderError, ProviderRefused, ProviderReplyInvalid
from valetkey.protocols.http import HttpResponse, Stamp
from valetkey.protocols.oauth1 import ClientCredentials
from valetkey.protocols.profile import read_profile
from valetkey.protocols.profile.jwt import Expected, read_token

NOW = 1_790_000_000
NONCE = "0123456789abcdef0123456789abcdef"
SECRET = "a consumer secret"
EXPECTED = Expected(
    secret=Secret(SECRET), audience="key", issuer="https://wiki.test", stamp=Stamp(timestamp=NOW, nonce=NONCE)
)
CLAIMS: dict[str, Any] = {
    "iss": "https://wiki.test", "sub": 7, "aud": "key", "exp": NOW + 100, "iat": NOW, "nonce": NONCE, "username": "Ada",
}  # fmt: skip
HEADER: dict[str, Any] = {"typ": "JWT", "alg": "HS256"}
ABSENT = object()


def signed(head: str, payload: str, secret: str = SECRET) -> bytes:
    text = f"{head}.{payload}"
    return f"{text}.{b64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}".encode()


def token(header: dict[str, Any] | None = None, secret: str = SECRET, **claims: Any) -> bytes:
    """A right token but for these. ``ABSENT`` leaves one out."""
    named = {**HEADER, **(header or {})}
    stated = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ABSENT}
    named = {name: value for name, value in named.items() if value is not ABSENT}
    return signed(b64(json.dumps(named).encode()), b64(json.dumps(stated).encode()), secret)


def parts(**claims: Any) -> tuple[str, str, str]:
    head, payload, signature = token(**claims).decode().split(".")
    return head, payload, signature


def with_rs256() -> bytes:
    text = f"{b64(json.dumps({'typ': 'JWT', 'alg': 'RS256'}).encode())}.{parts()[1]}"
    return f"{text}.{b64(key('RS256').sign('RS256', text.encode()))}".encode()


def twice() -> bytes:
    body = json.dumps(CLAIMS).replace('"sub": 7', '"sub": 7, "sub": 8')
    return signed(parts()[0], b64(body.encode()))


REFUSED: dict[str, bytes] = {
    "alg none": f"{b64(b'{}')}.{parts()[1]}.".encode(),
    "alg none, unsigned": f"{b64(json.dumps({**HEADER, 'alg': 'none'}).encode())}.{parts()[1]}.".encode(),
    "alg none, signed": token({"alg": "none"}),
    "alg None": token({"alg": None}),
    "alg absent": token({"alg": ABSENT}),
    "alg in lower case": token({"alg": "hs256"}),
    "alg HS512": token({"alg": "HS512"}),
    "RS256": with_rs256(),
    "RS256, signed with the secret": token({"alg": "RS256"}),
    "a critical extension": token({"crit": ["b64"], "b64": False}),
    "another kind": token({"typ": "at+jwt"}),
    "a kind that is no text": token({"typ": 1}),
    "another secret": token(secret="another secret"),
    "the consumer key as the secret": token(secret="key"),
    "an empty secret": token(secret=""),
    "a signature that is cut": token()[:-2],
    "no signature": f"{parts()[0]}.{parts()[1]}.".encode(),
    "another's claims": f"{parts()[0]}.{parts(sub=8)[1]}.{parts()[2]}".encode(),
    "another nonce": token(nonce="f" * 32),
    "no nonce": token(nonce=ABSENT),
    "an empty nonce": token(nonce=""),
    "a nonce that is null": token(nonce=None),
    "a nonce in upper case": token(nonce=NONCE.upper()),
    "a nonce beyond ASCII": token(nonce=NONCE[:-1] + "é"),
    "a nonce with half a character": token(nonce=NONCE[:-1] + "\ud800"),
    "a list of nonces": token(nonce=[NONCE]),
    "another aud": token(aud="other"),
    "no aud": token(aud=ABSENT),
    "a list of aud": token(aud=["key", "other"]),
    "another iss": token(iss="https://evil.test"),
    "no iss": token(iss=ABSENT),
    "iss in plain http": token(iss="http://wiki.test"),
    "iss with a slash": token(iss="https://wiki.test/"),
    "iss with a port": token(iss="https://wiki.test:8443"),
    "no exp": token(exp=ABSENT),
    "no iat": token(iat=ABSENT),
    "exp as text": token(exp=str(NOW + 100)),
    "exp as true": token(exp=True),
    "iat as null": token(iat=None),
    "a member twice": twice(),
    "claims that are a list": signed(parts()[0], b64(b"[]")),
    "claims that are no JSON": signed(parts()[0], b64(b"{")),
    "padding": f"{parts()[0]}.{parts()[1]}.{parts()[2]}=".encode(),
    "five parts": b"a.b.c.d.e",
    "two parts": b".".join(token().split(b".")[:2]),
    "a space": b" " + token(),
    "a line end inside": token().replace(b".", b".\n", 1),
    "text around it": b'"' + token() + b'"',
    "JSON": b'{"error":"mwoauth-oauth-exception"}',
    "words": b"Error: An error occurred in the OAuth protocol: Invalid signature",
    "nothing": b"",
    "too large": token(more="x" * 16_384),
}
OFF_TIME: dict[str, bytes] = {
    "expired": token(iat=NOW - 59, exp=NOW - 60),
    "expired long ago": token(iat=NOW - 9999, exp=NOW - 9899),
    "made long ago, and still valid": token(iat=NOW - 61, exp=NOW + 9999),
    "made later": token(iat=NOW + 61),
    "an age": token(iat=10**40, exp=10**41),
}


@pytest.mark.parametrize("body", [token(), token() + b"\n", token(typ="x"), token({"typ": ABSENT})])
def test_the_answer_to_this_request(body: bytes) -> None:
    assert read_token(body, EXPECTED)["sub"] == 7


@pytest.mark.parametrize("body", [token(iat=NOW - 60, exp=NOW + 40), token(iat=NOW + 60), token(exp=NOW - 59)])
def test_a_clock_may_be_a_minute_off(body: bytes) -> None:
    assert read_token(body, EXPECTED)["username"] == "Ada"


@pytest.mark.parametrize("body", REFUSED.values(), ids=list(REFUSED))
def test_it_is_refused(body: bytes) -> None:
    with pytest.raises(ProviderReplyInvalid) as refused:
        read_token(body, EXPECTED)
    assert refused.value.hint.startswith("The profile's token ")
    for secret in (SECRET, NONCE, "Ada", "evil.test"):
        assert secret not in refused.value.hint
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("body", OFF_TIME.values(), ids=list(OFF_TIME))
def test_a_time_that_is_off(body: bytes) -> None:
    with pytest.raises(ClockOff):
        read_token(body, EXPECTED)


def test_absent_never_equals_absent() -> None:
    """A request without a nonce has no answer."""
    no_nonce = Expected(
        secret=Secret(SECRET), audience="key", issuer="https://wiki.test", stamp=Stamp(timestamp=NOW, nonce="")
    )
    for body in (token(nonce=""), token(nonce=ABSENT)):
        with pytest.raises(ProviderReplyInvalid):
            read_token(body, no_nonce)


def read(body: bytes, status: int = 200, url: str = "https://wiki.test/w/index.php?title=x") -> dict[str, object]:
    credentials = ClientCredentials(identifier="key", secret=Secret(SECRET))
    response = HttpResponse(status=status, headers={}, body=body)
    return read_profile(response, "jwt", url=url, credentials=credentials, stamp=Stamp(timestamp=NOW, nonce=NONCE))


def test_a_profile() -> None:
    """The issuer is the origin of the address that was requested, and the audience is the consumer key."""
    assert read(token())["sub"] == 7
    assert read(token(iss="http://localhost:8001"), url="http://localhost:8001/wiki/x")["sub"] == 7
    with pytest.raises(ProviderReplyInvalid):
        read(token(), url="https://other.test/w/index.php")
    with pytest.raises(ProviderRefused):
        read(token(), status=403)
    with pytest.raises(ProviderError):
        read(token(), status=201)


def test_nothing_prints_the_secret() -> None:
    assert SECRET not in repr(EXPECTED)
