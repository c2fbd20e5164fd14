"""ID tokens that are signed with the client secret (LINE): HS256, and nothing else. Core §3.1.3.7 (8), §10.1, §16.19.

developers.line.biz/en/docs/line-login/verify-id-token. RFC 8725 §2.1, §3.1, §3.2: which key verifies is the record's
word, and never the token's.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.jose import SharedKey, at_hash, b64, key, segment, token

from protocol.flows import NOW, inputs, pending
from protocol.test_oidc import GRANT, ISSUER, KEYS, METADATA, SIGNER, claims
from valetkey import errors
from valetkey.crypto import Secret
from valetkey.protocols.base import Grant
from valetkey.protocols.jwks import UnknownKey
from valetkey.protocols.oauth2 import ClientCredentials
from valetkey.protocols.openid import OpenIDConnect, OpenIDFacts

SECRET = "0123456789abcdef0123456789abcdef"  # 32 hexadecimal digits, as a channel secret
CREDENTIALS = ClientCredentials(identifier="client-1", secret=Secret(SECRET))


def line(**changes: Any) -> OpenIDConnect:
    usual = {"credentials": CREDENTIALS, "issuer": ISSUER, "metadata": METADATA, "id_token_key": "client_secret"}
    return OpenIDConnect(**{**usual, **changes})


def stated(**changes: object) -> dict[str, object]:
    return {
        "iss": ISSUER, "aud": "client-1", "sub": "7", "exp": NOW + 300, "iat": NOW, "nonce": "nonce-1", **changes
    }  # fmt: skip


def hs256(secret: bytes = SECRET.encode(), alg: str = "HS256", **header: object) -> str:
    return token({"alg": alg, **header}, stated(), SharedKey(secret), alg)


def granted(text: str) -> Grant:
    return replace(GRANT, id_token=Secret(text))


def test_an_honest_token() -> None:
    """With the octets of the secret as the key, and no warning that 32 of them are few."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert claims(line(), granted(hs256()))["sub"] == "7"
        assert claims(line(), granted(hs256()), keys=None)["sub"] == "7"
        assert claims(line(), granted(hs256(kid="whatever")), keys=KEYS)["sub"] == "7"
    longer = ClientCredentials(identifier="client-1", secret=Secret("käse" * 8))
    assert claims(line(credentials=longer), granted(hs256(("käse" * 8).encode())))["sub"] == "7"


def test_no_key_is_fetched() -> None:
    """Although the issuer publishes some, for other clients."""
    assert line().fetch_keys(None) is None and line(metadata=None).fetch_keys(METADATA) is None
    assert line().requested == (METADATA.token_url,)
    without = replace(METADATA, keys_url=None)
    assert claims(line(metadata=without), granted(hs256()), keys=None)["sub"] == "7"
    with pytest.raises(errors.SettingsError, match="keys_url"):
        line(metadata=without, id_token_key="issuer")


def spoilt(text: str) -> str:
    head, _, signature = text.rpartition(".")
    return f"{head}.{'B' if signature[0] != 'B' else 'C'}{signature[1:]}"


def other_payload(text: str) -> str:
    header, _, signature = text.split(".")
    return f"{header}.{segment(stated(sub='mallory'))}.{signature}"


FORGERIES: dict[str, Callable[[], str]] = {
    "another secret": lambda: hs256(b"f" * 32),
    "the secret in upper case": lambda: hs256(SECRET.upper().encode()),
    "the octets that its digits write": lambda: hs256(bytes.fromhex(SECRET)),
    "half the secret": lambda: hs256(SECRET[:16].encode()),
    "an empty secret": lambda: hs256(b""),
    "the client id": lambda: hs256(b"client-1"),
    "HS384": lambda: hs256(alg="HS384"),
    "HS512": lambda: hs256(alg="HS512"),
    "a public key, as PEM": lambda: hs256(SIGNER.public("PEM")),
    "a public key, as DER": lambda: hs256(SIGNER.public("DER")),
    "a public key, as JWK": lambda: hs256(json.dumps(SIGNER.jwk).encode()),
    "a bit": lambda: spoilt(hs256()),
    "another payload": lambda: other_payload(hs256()),
    "half of the signature": lambda: hs256()[:-21],
    "none": lambda: token({"alg": "none"}, stated(), None, "none"),
    "none, with a signature": lambda: token({"alg": "none"}, stated(), SharedKey(SECRET.encode()), "HS256"),
    "no algorithm": lambda: token({}, stated(), SharedKey(SECRET.encode()), "HS256"),
    "a critical extension": lambda: hs256(crit=["x"], x=1),
    "an access token": lambda: hs256(typ="at+jwt"),
    "a key of its own": lambda: token(
        {"alg": "HS256", "jwk": {"kty": "oct", "k": b64(b"f" * 32)}}, stated(), SharedKey(b"f" * 32), "HS256"
    ),
    **{
        f"{one.alg}, by the issuer's key": lambda one=one: token(  # type: ignore[misc]
            {"alg": one.alg, "kid": one.kid}, stated(), one, one.alg
        )
        for one in (SIGNER, key("ES256", "k2"), key("PS256", "k3"), key("EdDSA", "k4"))
    },
}


@pytest.mark.parametrize("name", FORGERIES)
@pytest.mark.parametrize("listed", [("RS256", "ES256", "PS256", "EdDSA", "none", "HS384", "HS512"), ("HS256",), ()])
def test_a_forged_token(name: str, listed: tuple[str, ...]) -> None:
    """Refused whatever the issuer's metadata lists, and no newer key is looked for."""
    protocol = line(metadata=replace(METADATA, algorithms=listed))
    for given in (KEYS, None):
        with pytest.raises(errors.ProviderReplyInvalid) as refused:
            claims(protocol, granted(FORGERIES[name]()), keys=given)
        assert type(refused.value) is not UnknownKey
        assert SECRET not in refused.value.hint and "mallory" not in refused.value.hint
        by_name = name.startswith(("HS384", "HS512", "none, with", "no algorithm", "RS", "ES", "PS", "Ed"))
        assert ("alg is not one that this provider uses" in refused.value.hint) is by_name


@pytest.mark.parametrize("algorithms", [("RS256",), None, ("RS256", "ES256")])
@pytest.mark.parametrize("listed", [("HS256",), ("RS256", "HS256", "none")])
def test_without_the_option_no_secret_signs(algorithms: tuple[str, ...] | None, listed: tuple[str, ...]) -> None:
    """With the client secret, and with a public key, whatever the metadata lists."""
    protocol = line(id_token_key="issuer", algorithms=algorithms, metadata=replace(METADATA, algorithms=listed))
    for secret in (SECRET.encode(), SIGNER.public("PEM"), json.dumps(SIGNER.jwk).encode()):
        for alg in ("HS256", "HS384", "HS512"):
            with pytest.raises(errors.ProviderReplyInvalid, match="alg"):
                claims(protocol, granted(hs256(secret, alg)))


def test_the_other_checks_stay() -> None:
    """Of the claims: each with the right signature."""
    signer = SharedKey(SECRET.encode())
    for changes in ({"aud": "other"}, {"iss": "https://evil.test"}, {"nonce": "nonce-2"}, {"sub": ""}, {"exp": 1}):
        with pytest.raises((errors.ProviderReplyInvalid, errors.ClockOff)):
            claims(line(), granted(token({"alg": "HS256"}, stated(**changes), signer, "HS256")))
    for sent, is_right in ((at_hash("at-1", "RS256"), True), (at_hash("at-2", "RS256"), False)):
        text = token({"alg": "HS256"}, stated(at_hash=sent), signer, "HS256")
        if is_right:
            assert claims(line(), granted(text))["sub"] == "7"
        else:
            with pytest.raises(errors.ProviderReplyInvalid, match="at_hash"):
                claims(line(), granted(text))


CANNOT: dict[str, dict[str, object]] = {
    "a public client": {"credentials": ClientCredentials(identifier="c")},
    "a signed secret": {"credentials": ClientCredentials(identifier="c", signed_secret=lambda now: Secret("s" * 32))},
    "an empty secret": {"credentials": ClientCredentials(identifier="c", secret=Secret(""))},
    "31 octets": {"credentials": ClientCredentials(identifier="c", secret=Secret(SECRET[1:]))},
    "algorithms": {"algorithms": ("ES256",)},
    "algorithms of the metadata": {"algorithms": None},
    "HS256 by its name": {"algorithms": ("HS256",)},
    "another word": {"id_token_key": "secret"},
}


@pytest.mark.parametrize("changes", CANNOT.values(), ids=list(CANNOT))
def test_a_record_that_cannot_work_is_refused_when_it_is_made(changes: dict[str, object]) -> None:
    with pytest.raises(errors.SettingsError, match="OpenID Connect: ") as refused:
        line(**changes)
    assert SECRET[1:] not in str(refused.value) + refused.value.hint


def test_octets_count_and_not_characters() -> None:
    assert line(credentials=ClientCredentials(identifier="c", secret=Secret("é" * 16)))


def test_the_usual_is_the_issuers_key() -> None:
    assert OpenIDFacts().id_token_key == "issuer"


def test_the_oauth2_of_a_record_is_built_once_for_each_metadata() -> None:
    """It is checked when the record is made. An issuer whose metadata change gets another."""
    protocol, others = line(metadata=None), replace(METADATA, token_url=f"{ISSUER}/token2")
    built = protocol._oauth2(inputs(metadata=METADATA))
    assert protocol._oauth2(inputs(metadata=replace(METADATA))) is built
    assert protocol._oauth2(inputs(metadata=others)).token_url == f"{ISSUER}/token2"
    assert protocol._oauth2(inputs(metadata=METADATA)).token_url == METADATA.token_url
    callback = protocol.parse_callback({"code": "c", "state": "state-1"})
    request = next(protocol.exchange(pending(nonce="n"), callback, inputs(metadata=others)))
    assert request.url == f"{ISSUER}/token2"
