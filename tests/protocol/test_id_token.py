"""The twelve checks of an ID token, one by one: each fault is refused by the check that is for it. OIDC Core §3.1.3.7.

Every fault is signed with the issuer's own key, so that nothing but its own check can refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from support.jose import Key, SharedKey, at_hash, b64, from_b64, key, token

from protocol.flows import NOW
from valetkey.crypto import Secret
from valetkey.errors import ClockOff, ProviderReplyInvalid
from valetkey.protocols.id_token import Expectations, verified_claims
from valetkey.protocols.jwks import ALGORITHMS, KeySet, UnknownKey

ISSUER = "https://idp.test/realms/acme/"
CLIENT = "client-1"
NONCE = f"{7:032x}"
SIGNER = key("RS256", "k1")
CLAIMS: dict[str, object] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "248289761001",
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": NONCE,
    "name": "Ada Lovelace",
}
ABSENT = object()


def expected(**changes: Any) -> Expectations:
    usual = {
        "client_id": CLIENT,
        "algorithms": ("RS256",),
        "issuers_of": lambda claims: (ISSUER,),
        "nonce": Secret(NONCE),
        "access_token": Secret("at-1"),
        "now": NOW,
    }
    return Expectations(**{**usual, **changes})


def present(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not ABSENT}


def signed(by: Key = SIGNER, header: Mapping[str, object] | None = None, **claims: object) -> Secret:
    """A token with these changes."""
    heading = present({"alg": by.alg, "kid": by.kid, "typ": "JWT", **(header or {})})
    return Secret(token(heading, present({**CLAIMS, **claims}), by, by.alg))


def check(id_token: Secret, keys: KeySet | None = None, **changes: Any) -> Mapping[str, object]:
    return verified_claims(id_token, keys or KeySet((SIGNER.jwk,)), expected(**changes))


def refused(id_token: Secret, why: str, **changes: Any) -> None:
    with pytest.raises(ProviderReplyInvalid, match=why) as failed:
        check(id_token, **changes)
    assert type(failed.value) is ProviderReplyInvalid
    for value in (NONCE, "at-1", "248289761001", "evil", "canary"):
        assert value not in failed.value.hint


def test_an_honest_token() -> None:
    """The control of everything here."""
    assert check(signed()) == CLAIMS
    assert check(signed(at_hash=at_hash("at-1", "RS256"), azp=CLIENT, nbf=NOW, auth_time=NOW - 5.5)) != {}


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


# 5: iss. OIDC Core §3.1.3.7 (2)

NOT_ISSUERS = [ABSENT, None, "", ISSUER.rstrip("/"), ISSUER.upper(), ISSUER.replace("https", "http"), [ISSUER], 7]
NOT_ISSUERS += ["https://evil.test/", ISSUER + " ", ISSUER.replace(".test", ".test:443"), {"0": ISSUER}, "\ud800"]


@pytest.mark.parametrize("iss", NOT_ISSUERS)
def test_5_issuer(iss: object) -> None:
    refused(signed(iss=iss), "iss")


def test_5_an_issuer_of_each_tenant() -> None:
    def of_tenant(claims: Mapping[str, object]) -> tuple[str, ...]:
        return (f"https://idp.test/{claims.get('tid')}", "idp.test")

    assert check(signed(iss="https://idp.test/7", tid="7"), issuers_of=of_tenant)
    assert check(signed(iss="idp.test", tid="7"), issuers_of=of_tenant)
    refused(signed(iss="https://idp.test/8", tid="7"), "iss", issuers_of=of_tenant)


# 6 and 7: aud and azp. OIDC Core §3.1.3.7 (3) to (5)

NOT_AUDIENCES = [ABSENT, None, "", "other", [], ["other"], [CLIENT, "evil"], [CLIENT, None], [[CLIENT]], {CLIENT: 1}]
NOT_AUDIENCES += [CLIENT.upper(), f"{CLIENT} ", [CLIENT, ""], 7, True]


@pytest.mark.parametrize("aud", NOT_AUDIENCES)
def test_6_audience(aud: object) -> None:
    refused(signed(aud=aud, azp=CLIENT), "aud")
    assert check(signed(aud=[CLIENT]))


def test_6_an_audience_beside_this_client() -> None:
    refused(signed(aud=[CLIENT, "project"], azp=CLIENT), "aud")
    assert check(signed(aud=[CLIENT, "project"], azp=CLIENT), other_audiences=("project",))
    refused(signed(aud=["project"], azp=CLIENT), "aud", other_audiences=("project",))
    refused(signed(aud=[CLIENT, "project", "evil"], azp=CLIENT), "aud", other_audiences=("project",))


@pytest.mark.parametrize("azp", [None, "", "other", [CLIENT], 7])
def test_7_authorized_party(azp: object) -> None:
    refused(signed(azp=azp), "azp")
    assert check(signed(azp=CLIENT))


def test_7_several_audiences_need_one() -> None:
    refused(signed(aud=[CLIENT, "project"]), "azp", other_audiences=("project",))


# 8: exp, iat, nbf. OIDC Core §3.1.3.7 (9), (10)

NOT_TIMES = [None, "", str(NOW + 300), True, [NOW], {}, "never"]


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", NOT_TIMES)
def test_8_a_time_is_a_number(name: str, value: object) -> None:
    refused(signed(**{name: value}), name)
    assert check(signed(**{name: NOW + 0.5}))


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_8_times_that_must_be_there(name: str) -> None:
    refused(signed(**{name: ABSENT}), name)


TIMES = [
    ("exp", -59, None),
    ("exp", -60, "60 seconds in the past"),
    ("exp", -61.5, "61 seconds in the past"),
    ("exp", -(10**40), "1000000000 seconds in the past"),
    ("exp", 10**40, None),
    ("iat", 60, None),
    ("iat", 61, "61 seconds in the future"),
    ("iat", 10**40, "in the future"),
    ("iat", -660, None),
    ("iat", -661, "661 seconds in the past"),
    ("iat", -7 * 86400, "604800 seconds in the past"),
    ("nbf", 60, None),
    ("nbf", 61, "61 seconds in the future"),
    ("nbf", -(10**6), None),
]


@pytest.mark.parametrize(("name", "offset", "fault"), TIMES)
def test_8_times(name: str, offset: float, fault: str | None) -> None:
    """A minute of leeway, and a token that is no older than a login. A difference may be the clock's."""
    one = signed(**{name: NOW + offset})
    if fault is None:
        assert check(one)
        return
    with pytest.raises(ClockOff, match=fault) as off:
        check(one)
    assert name in off.value.hint


def test_8_the_same_token_by_a_clock_that_is_right() -> None:
    early = signed(iat=NOW + 3600, exp=NOW + 3900, nbf=NOW + 3600)
    with pytest.raises(ClockOff, match="3600 seconds in the future"):
        check(early)
    assert check(early, now=NOW + 3600)


# 9: nonce. OIDC Core §3.1.3.7 (11)

NOT_NONCES = [None, "", f"{8:032x}", NONCE[:-1], f"{NONCE} ", NONCE + "\ud800", [NONCE], 7]


@pytest.mark.parametrize("nonce", NOT_NONCES)
def test_9_nonce(nonce: object) -> None:
    """Also where the provider is known to drop it: one that is there must be right."""
    refused(signed(nonce=nonce), "nonce")
    refused(signed(nonce=nonce), "nonce", returns_nonce=False)


def test_9_a_nonce_that_is_dropped() -> None:
    refused(signed(nonce=ABSENT), "nonce")
    assert check(signed(nonce=ABSENT), returns_nonce=False)


# 10: sub. OIDC Core §2

NOT_SUBJECTS = [ABSENT, None, "", 248289761001, True, ["a"], "x" * 256, "é", "a\nb", "\ud800", "None", "null"]
NOT_SUBJECTS += ["undefined", "Not supported currently. Use oid claim."]


@pytest.mark.parametrize("sub", NOT_SUBJECTS)
def test_10_subject(sub: object) -> None:
    refused(signed(sub=sub), "sub")


@pytest.mark.parametrize("sub", ["0", "007", "x" * 255, "auth0|7", "uid=ada, ou=people", "none"])
def test_10_subjects_are_taken_as_they_are(sub: str) -> None:
    assert check(signed(sub=sub))["sub"] == sub


# 11: at_hash. OIDC Core §3.1.3.8

NOT_HASHES = [None, "", at_hash("at-2", "RS256"), at_hash("at-1", "RS512"), at_hash("at-1", "RS256") + "=", 7, ["x"]]


@pytest.mark.parametrize("value", NOT_HASHES)
def test_11_access_token(value: object) -> None:
    refused(signed(at_hash=value), "at_hash")
    assert check(signed(at_hash=at_hash("at-1", "RS256")))


def test_11_an_algorithm_without_a_hash_fails_closed() -> None:
    """Ed448, for which OpenID Connect names none: it may sign, and no ``at_hash`` of its is right."""
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey

    class Signer:
        private = Ed448PrivateKey.generate()

        def sign(self, alg: str, data: bytes) -> bytes:
            return self.private.sign(data)

    keys = KeySet(({"kty": "OKP", "crv": "Ed448", "x": b64(Signer.private.public_key().public_bytes_raw())},))
    for claims in (CLAIMS, {**CLAIMS, "at_hash": at_hash("at-1", "EdDSA")}):
        text = Secret(token({"alg": "EdDSA"}, claims, Signer(), "EdDSA"))
        if "at_hash" in claims:
            refused(text, "at_hash", keys=keys, algorithms=("EdDSA",))
        else:
            assert check(text, keys, algorithms=("EdDSA",))


# 12: acr and auth_time. OIDC Core §3.1.3.7 (12), (13)


def test_12_what_was_not_asked_for_is_not_looked_at() -> None:
    assert check(signed(acr=7, auth_time="long ago"))


@pytest.mark.parametrize("value", [ABSENT, None, "1", ["urn:mfa"], "urn:mfa "])
def test_12_acr(value: object) -> None:
    refused(signed(acr=value), "acr", acr_values=("urn:mfa", "urn:phr"))
    assert check(signed(acr="urn:phr"), acr_values=("urn:mfa", "urn:phr"))


@pytest.mark.parametrize("value", [ABSENT, None, str(NOW), NOW - 361, True])
def test_12_auth_time(value: object) -> None:
    refused(signed(auth_time=value), "auth_time", max_age=300)
    assert check(signed(auth_time=NOW - 360.0), max_age=300)


def test_the_checks_have_an_order() -> None:
    """A token with every fault is refused by the first; with that one mended, by the next."""
    faults: dict[str, dict[str, object]] = {
        "iss": {"iss": "https://evil.test"},
        "aud": {"aud": "other"},
        "azp": {"azp": "other"},
        "exp": {"exp": None},
        "nonce": {"nonce": "other"},
        "sub": {"sub": ""},
        "at_hash": {"at_hash": "other"},
    }
    names = list(faults)
    for position, name in enumerate(names):
        wrong = {claim: value for one in names[position:] for claim, value in faults[one].items()}
        refused(signed(**wrong), name)
