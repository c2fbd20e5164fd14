"""O8: an ID token chooses neither how it is verified nor with which key. RFC 8725 §3.1, §3.5, §3.10; RFC 7515 §4.1.

Each forgery has honest claims, of this very login, so that nothing but its signature's check can refuse it. The issuer
publishes keys of three types; each forgery is tried at each.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from support.hostile import ABSENT, Grant, Hostile, changed
from support.in_process import InProcess, in_process
from support.jose import Key, SharedKey, b64, from_b64, key, segment, token
from support.with_p import refuses, signs_in, variables

Claims: TypeAlias = dict[str, object]
Forge: TypeAlias = Callable[[Hostile, Key, Claims, Claims], str]

KEYS = {alg: key(alg, f"published-{alg}") for alg in ("RS256", "ES256", "EdDSA")}
STRANGERS = {alg: key(alg, f"published-{alg}", 1) for alg in KEYS}


def with_header(signed: bool = True, **header: object) -> Forge:
    """These members, signed by the honest key with its own algorithm."""

    def forge(p: Hostile, own: Key, usual: Claims, claims: Claims) -> str:
        return token(changed(usual, header), claims, own if signed else None, own.alg)

    return forge


def strangers(**header: object) -> Forge:
    """Signed with a key of the attacker's, of the same type, which the header brings along."""

    def forge(p: Hostile, own: Key, usual: Claims, claims: Claims) -> str:
        stranger = STRANGERS[own.alg]
        brought = {name: stranger.jwk if value == "the key" else value for name, value in header.items()}
        return token(changed(usual, brought), claims, stranger, own.alg)

    return forge


def hmac_with(alg: str, secret: Callable[[Hostile, Key], bytes]) -> Forge:
    def forge(p: Hostile, own: Key, usual: Claims, claims: Claims) -> str:
        return token({**usual, "alg": alg}, claims, SharedKey(secret(p, own)), alg)

    return forge


def with_signature(signature: Callable[[bytes], bytes]) -> Forge:
    """The honest token, with its signature changed."""

    def forge(p: Hostile, own: Key, usual: Claims, claims: Claims) -> str:
        signed, _, last = token(usual, claims, own, own.alg).rpartition(".")
        return f"{signed}.{b64(signature(from_b64(last)))}"

    return forge


def as_text(change: Callable[[str], str]) -> Forge:
    """The honest token, as another text."""
    return lambda p, own, usual, claims: change(token(usual, claims, own, own.alg))


def spare_bits(text: str) -> str:
    """Another text for the same bytes: base64url has bits that no byte needs, in its last character."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    changed = text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]
    assert from_b64(changed.rpartition(".")[2]) == from_b64(text.rpartition(".")[2])
    return changed


def other_payload(p: Hostile, own: Key, usual: Claims, claims: Claims) -> str:
    header, _, signature = token(usual, claims, own, own.alg).split(".")
    return f"{header}.{segment({**claims, 'sub': 'mallory'})}.{signature}"


def twice(p: Hostile, own: Key, usual: Claims, claims: Claims) -> str:
    """A member twice in the payload: which one counts depends on who reads."""
    payload = json.dumps(claims).encode()
    return token(usual, payload[:-1] + b', "sub": "mallory"}', own, own.alg)


def twice_encoded(p: Hostile, own: Key, usual: Claims, claims: Claims) -> str:
    """The same name, written otherwise."""
    payload = json.dumps(claims).encode()
    return token(usual, payload[:-1] + b', "\\u0073ub": "mallory"}', own, own.alg)


def header_twice(p: Hostile, own: Key, usual: Claims, claims: Claims) -> str:
    header = json.dumps(usual).encode()
    return token(header[:-1] + b', "alg": "none"}', claims, own, own.alg)


SECRETS: dict[str, Callable[[Hostile, Key], bytes]] = {
    "PEM": lambda p, own: own.public("PEM"),
    "PEM without its last line end": lambda p, own: own.public("PEM").strip(),
    "DER": lambda p, own: own.public("DER"),
    "JWK": lambda p, own: json.dumps(own.jwk).encode(),
    "client secret": lambda p, own: p.client_secret.encode(),
    "nothing": lambda p, own: b"",
    "kid": lambda p, own: (own.kid or "").encode(),
}

FORGERIES: dict[str, Forge] = {
    "none, unsigned": with_header(signed=False, alg="none"),
    "none, signed": with_header(alg="none"),
    **{f"{word}, unsigned": with_header(signed=False, alg=word) for word in ("None", "NONE", "nOnE", " none", "none ")},
    "none, without a kid": with_header(signed=False, alg="none", kid=ABSENT),
    "unsigned": with_header(signed=False),
    "alg absent": with_header(alg=ABSENT),
    "alg absent, unsigned": with_header(signed=False, alg=ABSENT),
    "alg null": with_header(alg=None),
    "alg a number": with_header(alg=256),
    "alg a list": with_header(alg=["RS256", "ES256", "EdDSA"]),
    "alg empty": with_header(alg=""),
    "alg unknown": with_header(alg="XS256"),
    "alg of encryption": with_header(alg="RSA-OAEP", enc="A256GCM"),
    "alg in another case": with_header(alg="rs256"),
    "SHA-1": with_header(alg="RS1"),
    "secp256k1": with_header(alg="ES256K"),
    **{f"HS256 by {name}": hmac_with("HS256", secret) for name, secret in SECRETS.items()},
    **{f"HS384 by {name}": hmac_with("HS384", SECRETS[name]) for name in ("PEM", "client secret")},
    **{f"HS512 by {name}": hmac_with("HS512", SECRETS[name]) for name in ("PEM", "DER", "client secret")},
    "a stranger's, of the same kid": strangers(),
    "jwk": strangers(jwk="the key"),
    "jwk, without a kid": strangers(jwk="the key", kid=ABSENT),
    "jwk, with its own kid": strangers(jwk="the key", kid="mallory"),
    "jku": strangers(jku="https://evil.test/keys"),
    "x5u": strangers(x5u="https://evil.test/certificate"),
    "x5c": strangers(x5c=["MIIB"], x5t="AAAA"),
    "crit": with_header(crit=["exp"], exp=0),
    "crit, unknown": with_header(**{"crit": ["urn:unknown"], "urn:unknown": True}),
    "crit, not there": with_header(crit=["b64"]),
    "crit, empty": with_header(crit=[]),
    "crit, no list": with_header(crit="b64"),
    "crit, of an extension that libraries know": with_header(crit=["b64"], b64=True),
    "b64 false": with_header(crit=["b64"], b64=False),
    "zeros": with_signature(lambda signature: bytes(len(signature))),
    "ones": with_signature(lambda signature: b"\xff" * len(signature)),
    "one": with_signature(lambda signature: bytes(len(signature) - 1) + b"\1"),
    "cut": with_signature(lambda signature: signature[:-1]),
    "longer": with_signature(lambda signature: signature + b"\0"),
    "zeros in front": with_signature(lambda signature: b"\0" + signature),
    "one bit": with_signature(lambda signature: bytes([signature[0] ^ 1]) + signature[1:]),
    "backwards": with_signature(lambda signature: signature[::-1]),
    "another payload": other_payload,
    "a claim twice": twice,
    "a claim twice, once encoded": twice_encoded,
    "alg twice": header_twice,
    "typ of an access token": with_header(typ="at+jwt"),
    "typ of a logout token": with_header(typ="logout+jwt"),
    "typ a number": with_header(typ=1),
    "two segments": as_text(lambda text: text.rpartition(".")[0]),
    "four segments": as_text(lambda text: text + ".x"),
    "five segments": as_text(lambda text: text + ".x.y"),
    "empty": as_text(lambda text: ""),
    "dots": as_text(lambda text: ".."),
    "padded": as_text(lambda text: text + "="),
    "spare bits": as_text(spare_bits),
    "a space in front": as_text(lambda text: " " + text),
    "a line end": as_text(lambda text: text + "\n"),
    "a line end within": as_text(lambda text: text.replace(".", ".\r\n", 1)),
    "other base64": as_text(lambda text: text.replace("-", "+").replace("_", "/") + "+"),
    "not ASCII": as_text(lambda text: text + "é"),
    "a scheme in front": as_text(lambda text: "Bearer " + text),
    "header a list": lambda p, own, usual, claims: token(b"[]", claims, own, own.alg),
    "header no JSON": lambda p, own, usual, claims: token(b"{", claims, own, own.alg),
    "payload a list": lambda p, own, usual, claims: token(usual, json.dumps([claims]).encode(), own, own.alg),
    "payload no JSON": lambda p, own, usual, claims: token(usual, b"sub=7", own, own.alg),
    "NaN": lambda p, own, usual, claims: token(usual, {**claims, "exp": float("nan")}, own, own.alg),
    "20 kB": lambda p, own, usual, claims: token(usual, {**claims, "x": "y" * 20_000}, own, own.alg),
    "deep": lambda p, own, usual, claims: token(
        usual, json.dumps(claims).encode()[:-1] + b', "x": ' + b"[" * 3000 + b"]" * 3000 + b"}", own, own.alg
    ),
}


@pytest.fixture(scope="module")
def app(running_p: Hostile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One for all: its keys never change."""
    database: Path = tmp_path_factory.mktemp("o08") / "app.db"
    with in_process(database, VALETKEY_PROVIDERS="acme", **variables(running_p)) as one:
        yield one


@pytest.fixture(autouse=True, params=list(KEYS))
def own(request: pytest.FixtureRequest, p: Hostile) -> Key:
    """The key that P signs with. It publishes all three."""
    p.keys = list(KEYS.values())
    p.metadata = {"id_token_signing_alg_values_supported": [*KEYS, "none", "HS256"]}
    p.signing = KEYS[request.param]
    return p.signing


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=list(FORGERIES))
def test_a_forged_token(app: InProcess, p: Hostile, own: Key, forge: Forge) -> None:
    """Refused after the exchange, and no address in it is asked. A key may be looked for once more, at P alone."""

    def make(grant: Grant, header: Claims, claims: Claims) -> str:
        return forge(p, own, header, claims)

    p.make_id_token = make
    refuses(app, p, calls=("token",), or_calls=("token", "keys"))
    assert {one.endpoint for one in p.journal} <= {"authorize", "token", "keys"}
    assert app.all_rows()["accounts"] == len(app.identities())


def test_a_signature_of_another_type(app: InProcess, p: Hostile, own: Key) -> None:
    """The header says what another key signs with, and names that key or this one."""
    for other in KEYS.values():
        for kid in (own.kid, other.kid):
            if other is own:
                continue
            for says, signs in ((own.alg, other), (other.alg, own)):
                p.make_id_token = lambda grant, header, claims, says=says, signs=signs, kid=kid: token(
                    {**header, "alg": says, "kid": kid}, claims, signs, signs.alg
                )
                refuses(app, p, calls=("token",), or_calls=("token", "keys"))


def test_other_algorithms_of_the_same_key(app: InProcess, p: Hostile, own: Key) -> None:
    """The key is published for one algorithm, and the issuer's metadata list that one."""
    for alg in ("RS384", "RS512", "PS256", "PS384", "PS512") if own.alg == "RS256" else ():
        p.make_id_token = lambda grant, header, claims, alg=alg: token({**header, "alg": alg}, claims, own, alg)
        refuses(app, p, calls=("token",), or_calls=("token", "keys"))


def test_honest_tokens(app: InProcess, p: Hostile, own: Key) -> None:
    """The control: of each type, and with members in the header that say nothing about the key."""
    for header in ({}, {"typ": ABSENT}, {"typ": "jwt"}, {"x": "y"}):
        p.header = header
        signs_in(app, p)


def test_addresses_of_keys_are_never_followed(app: InProcess, p: Hostile, own: Key) -> None:
    """Also of an honest token, and where the address is P's own."""
    p.header = {"jku": f"{p.origin}/evil/keys", "x5u": f"{p.origin}/evil/certificate"}
    profile = app.browser()
    begun = profile.begin_at("acme")
    p.forget()
    profile.come_back(p.approve(begun.send_to))
    assert [one.path for one in p.journal] == ["/acme/authorize", "/acme/token"]
