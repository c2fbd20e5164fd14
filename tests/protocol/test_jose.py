"""The shape, the header and the signature of an ID token: checks 1 to 4. RFC 7515, RFC 7519 §7.2, RFC 8725."""

from __future__ import annotations

import json

import pytest
from support.jose import Key, SharedKey, at_hash, b64, from_b64, key, token

from protocol.issuer import ABSENT, CLAIMS, SIGNER, check, refused, signed
from valetkey.crypto import Secret
from valetkey.protocols.jwks import ALGORITHMS, KeySet, UnknownKey


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_every_algorithm(alg: str) -> None:
    """Where the provider may use it, and with ``at_hash``; where it may not, the same token is refused."""
    signer = key(alg, "k2")
    keys = KeySet((SIGNER.jwk, signer.jwk))
    honest = signed(signer, at_hash=at_hash("at-1", alg))
    assert check(honest, keys, algorithms=(alg,))["sub"] == "248289761001"
    refused(honest, "alg", keys=keys, algorithms=tuple(one for one in ALGORITHMS if one != alg))
    refused(signed(signer, at_hash=at_hash("at-2", alg)), "at_hash", keys=keys, algorithms=(alg,))


# 1: a signed token in its compact form. RFC 7515 §7.1, RFC 7519 §7.2


def other_text(change: str) -> str:
    text = signed().reveal()
    header, payload, signature = text.split(".")
    return {
        "empty": "",
        "two parts": f"{header}.{payload}",
        "four parts": f"{text}.{signature}",
        "five parts": f"{text}.{signature}.{signature}",
        "no signature": f"{header}.{payload}.",
        "no header": f".{payload}.{signature}",
        "padded": f"{header}=.{payload}.{signature}",
        "a space": f" {text}",
        "a line end": f"{text}\n",
        "not ASCII": f"{text}é",
        "plain base64": f"{header}.{payload}.{signature[:-4]}+/AA",
        "bits that no byte needs": f"{header}.{payload}.{signature[:-1]}{chr(ord(signature[-1]) + 1)}",
        "a length that no bytes have": f"{header}.{payload}.{signature}AAA",
        "JSON twice": f"{header}.{b64(from_b64(payload) * 2)}.{signature}",
        "17 kB": f"{header}.{b64(json.dumps({**CLAIMS, 'x': 'y' * 13_000}).encode())}.{signature}",
    }[change]


TEXTS = [
    "empty", "two parts", "four parts", "five parts", "no signature", "no header", "padded", "a space", "a line end",
    "not ASCII", "plain base64", "bits that no byte needs", "a length that no bytes have", "JSON twice", "17 kB",
]  # fmt: skip


@pytest.mark.parametrize("change", TEXTS)
def test_1_a_text_that_is_no_token(change: str) -> None:
    refused(Secret(other_text(change)), "signed token|JSON in base64url")


PARTS: dict[str, tuple[bytes | None, bytes | None]] = {
    "a header that is a list": (b"[]", None),
    "a header that is no JSON": (b"{", None),
    "a header with alg twice": (b'{"alg":"RS256","kid":"k1","alg":"RS256"}', None),
    "a payload that is a list": (None, json.dumps([CLAIMS]).encode()),
    "a payload that is text": (None, b'"sub"'),
    "a payload with sub twice": (None, json.dumps(CLAIMS).encode()[:-1] + b',"sub":"evil"}'),
    "a payload with NaN": (None, json.dumps({**CLAIMS, "exp": float("nan")}).encode()),
    "a payload with infinity": (None, json.dumps(CLAIMS).encode().replace(b'"exp": ', b'"exp": 1e999, "x": ')),
    "a payload in UTF-16": (None, json.dumps(CLAIMS).encode("utf-16")),
    "a payload that is deep": (None, json.dumps(CLAIMS).encode()[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}"),
}


@pytest.mark.parametrize("parts", PARTS.values(), ids=list(PARTS))
def test_1_parts_that_have_two_readings(parts: tuple[bytes | None, bytes | None]) -> None:
    header, payload = parts
    text = token(header or b'{"alg":"RS256","kid":"k1"}', payload or CLAIMS, SIGNER, "RS256")
    refused(Secret(text), "JSON in base64url")


# 2: the header. RFC 8725 §3.1, RFC 7515 §4.1

HEADERS: dict[str, dict[str, object]] = {
    "none": {"alg": "none"},
    "no alg": {"alg": ABSENT},
    "alg that is a list": {"alg": ["RS256"]},
    "alg in lower case": {"alg": "rs256"},
    "an algorithm that is not listed": {"alg": "RS512"},
    "HS256": {"alg": "HS256"},
    "crit": {"crit": ["exp"]},
    "an empty crit": {"crit": []},
    "crit that is null": {"crit": None},
    "b64": {"b64": False, "crit": ["b64"]},
    "kid that is a number": {"kid": 7},
    "kid that is null": {"kid": None},
    "an access token": {"typ": "at+jwt"},
    "a logout token": {"typ": "logout+jwt"},
    "typ that is null": {"typ": None},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=list(HEADERS))
def test_2_header(header: dict[str, object]) -> None:
    refused(signed(header=header), "alg|crit|kid|kind")


@pytest.mark.parametrize("typ", ["JWT", "jwt", ABSENT])
def test_2_what_a_header_may_have(typ: object) -> None:
    """Keys and addresses of keys are ignored: this token is the issuer's all the same."""
    brought = {"jwk": key("RS256", "evil", 1).jwk, "jku": "https://evil.test", "x5u": "https://evil.test", "x5c": ["x"]}
    assert check(signed(header={"typ": typ, **brought}))


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_2_a_public_key_is_no_shared_key(alg: str) -> None:
    """Signed with the public key's bytes, or the client's secret: refused by its name, before any key is looked at."""
    for secret in (SIGNER.public("PEM"), SIGNER.public("DER"), json.dumps(SIGNER.jwk).encode(), b"client secret"):
        forged = token({"alg": alg, "kid": "k1"}, CLAIMS, SharedKey(secret), alg)
        refused(Secret(forged), "alg", algorithms=ALGORITHMS)


# 3 and 4: the key and the signature. OIDC Core §3.1.3.7 (6), §10.1


def test_4_signature() -> None:
    """Of another key with the same id, over another payload, with a bit changed, of zeros."""
    other = Key(key("RS256", "x", 1).private, "RS256", "k1")
    header, payload, signature = signed().reveal().split(".")
    raw = from_b64(signature)
    for forged in (
        signed(other),
        Secret(f"{header}.{b64(json.dumps({**CLAIMS, 'sub': 'evil'}).encode())}.{signature}"),
        Secret(f"{header}.{payload}.{b64(bytes([raw[0] ^ 1]) + raw[1:])}"),
        Secret(f"{header}.{payload}.{b64(bytes(len(raw)))}"),
        Secret(f"{header}.{payload}.{b64(raw[:-1])}"),
    ):
        with pytest.raises(UnknownKey):
            check(forged)
