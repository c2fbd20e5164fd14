"""O8, where the record says that the client secret signs (LINE): nothing else does. RFC 8725 §2.1, §3.1, §3.2.

The issuer publishes keys of three types, which sign for its other clients, and lists every algorithm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from support.hostile import ABSENT, Hostile, changed
from support.in_process import InProcess, in_process
from support.jose import Key, SharedKey, key, token
from support.with_p import refuses, signs_in

from valetkey.crypto import Secret
from valetkey.protocols.oauth2 import ClientCredentials
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.claims import read_claims
from valetkey.providers.record.provider import Provider

Claims: TypeAlias = dict[str, object]
Forge: TypeAlias = Callable[[Claims, Claims], str]

SECRET = "0123456789abcdef" * 2
KEYS = {alg: key(alg, f"published-{alg}") for alg in ("RS256", "ES256", "EdDSA")}


@pytest.fixture(scope="module")
def app(running_p: Hostile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    database: Path = tmp_path_factory.mktemp("o08") / "app.db"
    protocol = OpenIDConnect(
        credentials=ClientCredentials(identifier=running_p.client_id, secret=Secret(SECRET)),
        issuer=f"{running_p.origin}/line",
        id_token_key="client_secret",
    )
    provider = Provider(name="line", title="LINE", protocol=protocol, identify=read_claims)
    with in_process(database, (provider,)) as one:
        yield one


@pytest.fixture(autouse=True)
def _listed(p: Hostile, monkeypatch: pytest.MonkeyPatch) -> None:
    p.keys = list(KEYS.values())
    p.metadata = {"id_token_signing_alg_values_supported": [*KEYS, "none", "HS256", "HS384", "HS512"]}
    monkeypatch.setattr(p, "client_secret", SECRET)


def hmac_with(secret: bytes, alg: str = "HS256", **header: object) -> Forge:
    return lambda usual, claims: token(
        changed(usual, {"alg": alg, "kid": ABSENT, **header}), claims, SharedKey(secret), alg
    )


def by(own: Key) -> Forge:
    return lambda usual, claims: token({**usual, "alg": own.alg, "kid": own.kid}, claims, own, own.alg)


FORGERIES: dict[str, Forge] = {
    **{f"{alg}, by the issuer's key": by(own) for alg, own in KEYS.items()},
    **{f"HS256 by its {alg} key, as PEM": hmac_with(own.public("PEM")) for alg, own in KEYS.items()},
    **{f"HS256 by its {alg} key, as JWK": hmac_with(json.dumps(own.jwk).encode()) for alg, own in KEYS.items()},
    **{f"HS256 by its {alg} key, with its kid": hmac_with(own.public("PEM"), kid=own.kid) for alg, own in KEYS.items()},
    "HS256 by another secret": hmac_with(b"f" * 32),
    "HS256 by nothing": hmac_with(b""),
    "HS384": hmac_with(SECRET.encode(), "HS384"),
    "HS512": hmac_with(SECRET.encode(), "HS512"),
    "a critical extension": hmac_with(SECRET.encode(), crit=["x"], x=1),
    "none": lambda usual, claims: token({**usual, "alg": "none"}, claims, None, "none"),
    "none, signed": lambda usual, claims: token({"alg": "none"}, claims, SharedKey(SECRET.encode()), "HS256"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=list(FORGERIES))
def test_a_forged_token(app: InProcess, p: Hostile, forge: Forge) -> None:
    """Refused after the exchange, and no key is asked for."""
    p.make_id_token = lambda grant, header, claims: forge(header, claims)
    refuses(app, p, "line", calls=("token",))


def test_an_honest_token(app: InProcess, p: Hostile) -> None:
    """The control: with and without a kid, and the keys are never read."""
    for header in ({}, {"kid": "whatever"}, {"typ": ABSENT}):
        honest = hmac_with(SECRET.encode(), **header)
        p.make_id_token = lambda grant, header, claims, honest=honest: honest(header, claims)
        signs_in(app, p, "line")
    assert "keys" not in {one.endpoint for one in p.journal}
