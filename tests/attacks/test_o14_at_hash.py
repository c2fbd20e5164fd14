"""O14: an ID token that was issued with another access token. OIDC Core §3.1.3.8."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ed448
from support.hostile import Grant, Hostile
from support.in_process import InProcess
from support.jose import Key, at_hash, b64, key, token
from support.with_p import NewApp, refuses, signs_in, variables

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"]

WRONG: dict[str, Callable[[str, str], object]] = {
    "of another token": lambda access, alg: at_hash(access + "x", alg),
    "of nothing": lambda access, alg: at_hash("", alg),
    "by another hash": lambda access, alg: at_hash(access, "RS384" if alg != "RS384" else "RS256"),
    "cut": lambda access, alg: at_hash(access, alg)[:-1],
    "padded": lambda access, alg: at_hash(access, alg) + "=",
    "in the other case": lambda access, alg: at_hash(access, alg).swapcase(),
    "the token itself": lambda access, alg: access,
    "the hash of everything": lambda access, alg: b64(bytes(32)),
    "empty": lambda access, alg: "",
    "null": lambda access, alg: None,
    "true": lambda access, alg: True,
    "a list": lambda access, alg: [at_hash(access, alg)],
    "not ASCII": lambda access, alg: at_hash(access, alg) + "é",
}


def stating(p: Hostile, write: Callable[[str, str], object], signing: Key) -> None:
    """From now on P signs with this key and states the hash that ``write`` makes of the access token."""
    p.signing, p.keys = signing, [signing]
    p.metadata = {"id_token_signing_alg_values_supported": [signing.alg]}

    def make(grant: Grant, header: dict[str, object], claims: dict[str, object]) -> str:
        return token(header, {**claims, "at_hash": write(grant.access_token, signing.alg)}, signing, signing.alg)

    p.make_id_token = make


@pytest.mark.parametrize("alg", ["RS256", "ES512", "EdDSA"])
def test_a_wrong_one(new_app: NewApp, p: Hostile, alg: str) -> None:
    app = None
    for what, write in WRONG.items():
        stating(p, write, key(alg, "k"))
        app = app or new_app(VALETKEY_PROVIDERS="acme", **variables(p))
        refuses(app, p, what=what)
    assert app is not None
    stating(p, at_hash, key(alg, "k"))
    signs_in(app, p)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_the_right_one(new_app: NewApp, p: Hostile, alg: str) -> None:
    """The control, for each algorithm; and none at all, which the code flow allows."""
    stating(p, at_hash, key(alg, "k"))
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    signs_in(app, p)
    p.make_id_token = None
    signs_in(app, p)


def test_an_access_token_that_is_exchanged_on_the_way(app_with_p: InProcess, p: Hostile) -> None:
    """The reply has another access token than the one that the ID token was made for."""
    stating(p, at_hash, p.signing)
    p.token_fields = {"access_token": "another"}
    refuses(app_with_p, p)
    p.token_fields = {}
    signs_in(app_with_p, p)


def test_an_algorithm_without_a_hash(new_app: NewApp, p: Hostile) -> None:
    """Ed448 has none that OpenID Connect names: a hash that nobody can check is a wrong one, whatever it is."""
    signing = Key(ed448.Ed448PrivateKey.generate(), "EdDSA", "ed448")
    for write in (
        at_hash,
        lambda access, alg: "",
        lambda access, alg: None,
        lambda access, alg: at_hash(access, "RS256"),
    ):
        stating(p, write, signing)
        app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
        refuses(app, p)
    stating(p, at_hash, key("EdDSA", "k"))
    signs_in(new_app(VALETKEY_PROVIDERS="acme", **variables(p)), p)
