"""An issuer's keys: which are kept, which fit a token, and what a bad member does to the others. RFC 7517."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from support.jose import Key, b64, key

from protocol.flows import talk
from valetkey import errors
from valetkey.protocols import jwks
from valetkey.protocols.http import HttpResponse
from valetkey.protocols.jwks import ALGORITHMS, KeySet, UnknownKey, fetch_keys, read_keys

RSA, EC, ED = (key(alg, f"kid-{alg}") for alg in ("RS256", "ES256", "EdDSA"))
OTHER = key("RS256", "other", 1)
ABSENT = object()


def member(one: Key = RSA, **changes: object) -> dict[str, object]:
    return {name: value for name, value in {**one.jwk, **changes}.items() if value is not ABSENT}


def read(document: object, status: int = 200, **headers: str) -> KeySet:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_keys(HttpResponse(status=status, headers=headers, body=body))


def test_the_request() -> None:
    flow = fetch_keys("https://idp.test/keys", headers={"User-Agent": "valetkey-test"})
    request, keys = talk(flow, json.dumps({"keys": [member()]}).encode())
    assert (request.method, request.url, request.body) == ("GET", "https://idp.test/keys", b"")
    assert request.headers == {"Accept": "application/json", "User-Agent": "valetkey-test"}
    assert len(keys.candidates("RS256", "kid-RS256")) == 1


def test_each_key_for_its_algorithm() -> None:
    keys = read({"keys": [member(RSA), member(EC), member(ED)]})
    for one in (RSA, EC, ED):
        assert len(keys.candidates(one.alg, one.kid)) == len(keys.candidates(one.alg, None)) == 1
        for alg in set(ALGORITHMS) - {one.alg}:
            with pytest.raises(UnknownKey):
                keys.candidates(alg, one.kid)


def test_a_key_without_an_algorithm_fits_those_of_its_type() -> None:
    """PyJWT alone would use an RSA key without ``alg`` for RS256 only."""
    for one, fitting in ((RSA, ALGORITHMS[:6]), (EC, ("ES256",)), (ED, ("EdDSA",))):
        keys = read({"keys": [member(one, alg=ABSENT)]})
        for alg in fitting:
            assert keys.candidates(alg, one.kid)[0].jwk.algorithm_name == alg
        for alg in set(ALGORITHMS) - set(fitting):
            with pytest.raises(UnknownKey):
                keys.candidates(alg, one.kid)


UNFIT: dict[str, dict[str, object]] = {
    "for encryption": {"use": "enc"},
    "of another use": {"use": "signature"},
    "of a use that is null": {"use": None},
    "that wraps": {"use": ABSENT, "key_ops": ["wrapKey"]},
    "that signs": {"use": ABSENT, "key_ops": ["sign"]},
    "with operations that are text": {"use": ABSENT, "key_ops": "verify"},
    "of another algorithm": {"alg": "RS512"},
    "of encryption's algorithm": {"alg": "RSA-OAEP"},
    "of HMAC": {"alg": "HS256"},
    "with an algorithm that is null": {"alg": None},
    "with an id that is a number": {"kid": 7},
    "of another type": {"kty": "EC"},
    "of a type in lower case": {"kty": "rsa"},
    "without a type": {"kty": ABSENT},
    "of a type that is a list": {"kty": ["RSA"]},
    "without a modulus": {"n": ABSENT},
    "with a modulus that is a number": {"n": 7},
    "with a modulus that is no base64": {"n": "!"},
    "with a modulus that is empty": {"n": ""},
    "with a modulus of half a character": {"n": "\ud800"},
    "with an exponent of one": {"e": "AQ"},
    "with an exponent of zero": {"e": "AA"},
    "of 1024 bits": Key(rsa.generate_private_key(65537, 1024), "RS256", "kid-RS256").jwk,
    "that is private": {"d": b64(RSA.private.private_numbers().d.to_bytes(256, "big"))},
    "that is symmetric": {"kty": "oct", "k": "c2VjcmV0"},
}


@pytest.mark.parametrize("changes", UNFIT.values(), ids=list(UNFIT))
def test_a_member_that_is_no_use_is_skipped(changes: dict[str, object]) -> None:
    """Alone, it is an outage. Beside a sound key, that one goes on working, and this one does not."""
    unfit = member(**changes)
    for kid in ("kid-RS256", None):
        with pytest.raises((errors.ProviderUnavailable, UnknownKey)):
            read({"keys": [unfit]}).candidates("RS256", kid)
    for order in ([unfit, member(OTHER)], [member(OTHER), unfit]):
        keys = read({"keys": order})
        assert len(keys.candidates("RS256", "other")) == 1
        with pytest.raises(UnknownKey):
            keys.candidates("RS256", "kid-RS256")
    assert read({"keys": [member()]}).candidates("RS256", "kid-RS256")


@pytest.mark.parametrize("strange", [None, 7, "key", [], [member()], {}, {"keys": []}, {"kty": "RSA"}])
def test_a_member_that_is_no_key_is_skipped(strange: object) -> None:
    assert read({"keys": [strange, member()]}).candidates("RS256", "kid-RS256")


@pytest.mark.parametrize("operations", [["verify"], ["sign", "verify"], ["verify", 7]])
def test_operations_with_verify(operations: list[object]) -> None:
    assert read({"keys": [member(key_ops=operations)]}).candidates("RS256", "kid-RS256")


# Which key. OIDC Core §10.1, RFC 7515 §4.1.4


def test_an_id_that_is_not_there() -> None:
    keys = read({"keys": [member(RSA), member(OTHER), member(EC)]})
    for kid in ("", "kid-rs256", "kid-RS256 ", "kid-ES256", "../kid-RS256"):
        with pytest.raises(UnknownKey):
            keys.candidates("RS256", kid)


def test_without_an_id_there_must_be_one_key() -> None:
    """Beside keys of other types and uses. Two that fit are a choice, which nobody makes."""
    encrypts = member(OTHER, use="enc")
    assert read({"keys": [encrypts, member(RSA, kid=ABSENT), member(EC)]}).candidates("RS256", None)
    with pytest.raises(errors.ProviderReplyInvalid) as refused:
        read({"keys": [member(RSA), member(OTHER)]}).candidates("RS256", None)
    assert not isinstance(refused.value, UnknownKey)
    with pytest.raises(UnknownKey):
        read({"keys": [member(EC)]}).candidates("RS256", None)


def test_an_id_that_several_have() -> None:
    """No rule allows it, and all are the issuer's: each is tried, up to four."""
    same = [member(kid="same"), member(OTHER, kid="same"), member(EC, kid="same")]
    assert len(read({"keys": same}).candidates("RS256", "same")) == 2
    assert len(read({"keys": [member(kid="same")] * 50}).candidates("RS256", "same")) == 4


# The reply


@pytest.mark.parametrize("document", [{"keys": []}, {"keys": [{}]}, {"keys": [member(use="enc")]}])
def test_a_set_without_a_key_is_an_outage(document: object) -> None:
    with pytest.raises(errors.ProviderUnavailable):
        read(document)


NO_SETS: list[Any] = [{}, {"keys": None}, {"keys": {"kid": member()}}, {"keys": "x"}, [member()], b"", b"keys"]
NO_SETS += [b'{"keys":[],"keys":[]}', b"[" * 9000, b'{"keys":[NaN]}']


@pytest.mark.parametrize("document", NO_SETS)
def test_a_reply_that_is_no_set(document: object) -> None:
    with pytest.raises(errors.ProviderReplyInvalid):
        read(document)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, errors.ProviderUnavailable), (429, errors.ProviderBusy), (404, errors.ProviderReplyInvalid),
     (302, errors.ProviderReplyInvalid), (403, errors.ProviderRefused)],
)  # fmt: skip
def test_a_status_that_is_no_success(status: int, kind: type[Exception]) -> None:
    with pytest.raises(kind) as failed:
        read({"keys": [member()]}, status)
    assert type(failed.value) is kind


def test_a_page_is_somebody_elses() -> None:
    with pytest.raises(errors.Intercepted):
        read(b"<html><body>captive portal</body></html>")


def test_a_key_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[tuple[object, str]] = []
    build = jwks.build

    def counted(one: Any, algorithm: str) -> Any:
        built.append((one["kid"], algorithm))
        return build(one, algorithm)

    monkeypatch.setattr(jwks, "build", counted)
    keys = read({"keys": [member(RSA), member(EC)]})
    first = keys.candidates("RS256", "kid-RS256")
    assert keys.candidates("RS256", "kid-RS256")[0] is first[0]
    assert built.count(("kid-RS256", "RS256")) == 1
    assert ("kid-ES256", "ES256") not in built


def test_a_set_prints_nothing_of_its_keys() -> None:
    assert str(member()["n"])[:40] not in repr(read({"keys": [member()]}))


BAD: dict[str, dict[str, object]] = {
    "short": {"kty": "RSA", "n": "zQ", "e": "Aw"},
    "nothing": {"kty": "RSA"},
    "no point of the curve": {"kty": "EC", "crv": "P-521", "x": "AQ", "y": "AQ"},
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_set_of_bad_keys_costs_little(monkeypatch: pytest.MonkeyPatch, bad: dict[str, object]) -> None:
    """Building each of two thousand would keep an event loop for a third of a second, at each try of each start."""
    built: list[str] = []
    build = jwks.build

    def counting(one: dict[str, object], algorithm: str) -> jwks.Key | None:
        built.append(algorithm)
        return build(one, algorithm)

    monkeypatch.setattr(jwks, "build", counting)
    with pytest.raises(errors.ProviderUnavailable):
        read({"keys": [bad] * 2000})
    assert len(built) <= 100 * len(ALGORITHMS)
    assert read({"keys": [*[bad] * 99, member()]}).candidates("RS256", "kid-RS256")
    private = {**member(OTHER), "d": "AQAB"}
    assert read({"keys": [*[private] * 99, member()]}).candidates("RS256", "kid-RS256")
