"""An issuer as the tests use it: its key, its tokens, and the faults that a test signs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from support.jose import Key, key, token

from protocol.flows import NOW
from valetkey.crypto import Secret
from valetkey.errors import ProviderReplyInvalid
from valetkey.protocols.jwks import KeySet
from valetkey.protocols.openid.id_token import Expectations, verified_claims

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
