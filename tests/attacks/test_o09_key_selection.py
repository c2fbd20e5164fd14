"""O9: which of the issuer's keys a token is verified with. RFC 7515 §4.1.4, RFC 7517 §4; OIDC Core §10.1."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from support.hostile import ABSENT, Hostile
from support.jose import Key, SharedKey, key, token
from support.with_p import NewApp, refuses, signs_in, variables

KEYS_READ_AGAIN = ("token", "keys")


def member(one: Key, **changes: object) -> dict[str, object]:
    return {name: value for name, value in {**one.jwk, **changes}.items() if value is not ABSENT}


def test_without_a_kid_the_only_key_counts(new_app: NewApp, p: Hostile) -> None:
    """Beside keys of another type or use: one candidate."""
    encrypts = member(key("RS256", "enc", 2), use="enc", alg="RSA-OAEP")
    for keys in ([p.signing], [p.signing, key("ES256", "ec")], [encrypts, p.signing]):
        p.keys, p.header = [*keys], {"kid": ABSENT}
        signs_in(new_app(VALETKEY_PROVIDERS="acme", **variables(p)), p)
    p.keys = [member(p.signing, kid=ABSENT)]
    signs_in(new_app(VALETKEY_PROVIDERS="acme", **variables(p)), p)


def test_without_a_kid_two_keys_are_a_choice(new_app: NewApp, p: Hostile) -> None:
    """Nobody guesses, whichever of them has signed."""
    other = key("RS256", "second", 2)
    p.keys, p.header = [p.signing, other], {"kid": ABSENT}
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    for one in (p.signing, other):
        p.signing = one
        refuses(app, p, or_calls=KEYS_READ_AGAIN)
    p.header = {}
    signs_in(app, p)


UNFIT = {
    "for encryption": {"use": "enc"},
    "for encryption, by its operations": {"use": ABSENT, "key_ops": ["encrypt", "wrapKey"]},
    "to sign with": {"use": ABSENT, "key_ops": ["sign"]},
    "of an encryption algorithm": {"alg": "RSA-OAEP-256"},
    "of another algorithm": {"alg": "RS512"},
    "of HMAC": {"alg": "HS256"},
    "of a use that nobody knows": {"use": "signature"},
    "of another type": {"kty": "EC"},
    "without a type": {"kty": ABSENT},
}


@pytest.mark.parametrize("changes", UNFIT.values(), ids=list(UNFIT))
def test_a_key_that_is_for_something_else(new_app: NewApp, p: Hostile, changes: dict[str, object]) -> None:
    """It has signed, the token names it, and it verifies: it is not for that. A sound key beside it goes on."""
    sound, unfit = p.signing, key("RS256", "unfit", 2)
    p.keys = [sound, member(unfit, **changes)]
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    p.signing = unfit
    refuses(app, p, or_calls=KEYS_READ_AGAIN)
    p.header = {"kid": ABSENT}
    refuses(app, p, or_calls=KEYS_READ_AGAIN)
    p.header, p.signing = {}, sound
    signs_in(app, p)


def test_a_shared_key_that_is_published(new_app: NewApp, p: Hostile) -> None:
    """A key set with a symmetric member: everybody knows it."""
    p.keys = [p.signing, {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256", "use": "sig"}]
    p.metadata = {"id_token_signing_alg_values_supported": ["RS256", "HS256"]}
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    p.make_id_token = lambda grant, header, claims: token(
        {"alg": "HS256", "kid": "shared"}, claims, SharedKey(b"secret"), "HS256"
    )
    refuses(app, p, or_calls=KEYS_READ_AGAIN)
    p.make_id_token = None
    signs_in(app, p)


def test_a_key_that_is_too_small(new_app: NewApp, p: Hostile) -> None:
    """RFC 7518 §3.3: 2048 bits or more."""
    sound, small = p.signing, Key(rsa.generate_private_key(65537, 1024), "RS256", "small")
    p.keys = [sound, small]
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    p.signing = small
    refuses(app, p, or_calls=KEYS_READ_AGAIN)
    p.signing = sound
    signs_in(app, p)


def test_the_kid_of_another_issuer(new_app: NewApp, p: Hostile, other_p: Hostile) -> None:
    """The app knows both, and both key sets are warm."""
    app = new_app(VALETKEY_PROVIDERS="acme,evil", **variables(p), **variables(other_p, "evil"))
    signs_in(app, p), signs_in(app, other_p, "evil")
    own = p.signing
    p.signing = other_p.signing
    refuses(app, p, or_calls=KEYS_READ_AGAIN)
    p.signing = replace(other_p.signing, kid=own.kid)
    refuses(app, p, or_calls=KEYS_READ_AGAIN)
    p.signing = own
    signs_in(app, p)


KIDS = {
    "a path": "../../../../etc/passwd",
    "the null device": "/dev/null",
    "an address": "http://169.254.169.254/keys",
    "SQL": "x' UNION SELECT 'key",
    "a command": "|whoami",
    "a zero": "x\0",
    "line ends": "x\r\nX: y",
    "empty": "",
    "a null": None,
    "a number": 7,
    "a list": ["x"],
    "an object": {"x": "y"},
    "10 kB": "x" * 10_000,
    "half a character": "\ud800",
}


@pytest.mark.parametrize("kid", KIDS.values(), ids=list(KIDS))
def test_a_kid_that_is_none(new_app: NewApp, p: Hostile, kid: object) -> None:
    """Two keys are published, so that there is no only one."""
    p.keys = [p.signing, key("RS256", "second", 2)]
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    p.header = {"kid": kid}
    refuses(app, p, or_calls=KEYS_READ_AGAIN)
    assert {one.path for one in p.journal} <= {"/acme/authorize", "/acme/token", "/acme/keys"}
    p.header = {}
    signs_in(app, p)


def test_a_kid_that_is_written_otherwise(new_app: NewApp, p: Hostile) -> None:
    p.keys = [p.signing, key("RS256", "second", 2)]
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    own = str(p.signing.kid)
    for kid in (own.upper(), own + " ", own[:-1], own + "\0"):
        p.header = {"kid": kid}
        refuses(app, p, or_calls=KEYS_READ_AGAIN)
    p.header = {}
    signs_in(app, p)
