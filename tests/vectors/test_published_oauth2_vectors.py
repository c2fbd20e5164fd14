"""Every published token that is right is accepted, and every one of a kind that is not safe is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from valetkey.crypto import Secret
from valetkey.errors import ProviderReplyInvalid
from valetkey.protocols.jose import SignedToken, left_half_hash, read_header, verify_signature
from valetkey.protocols.jwks import ALGORITHMS, Key, KeySet, UnknownKey
from valetkey.protocols.oauth2 import basic_authorization, code_challenge
from valetkey.protocols.openid.id_token import Expectations, verified_claims

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "oauth2-vectors.json").read_text())
ID_TOKENS = VECTORS["id_tokens"]


def source(vector: dict[str, Any]) -> str:
    return str(vector["source"])


def expectations(**changes: Any) -> Expectations:
    """What the examples of OpenID Connect Core say about themselves."""
    said = {
        "client_id": ID_TOKENS["client_id"],
        "algorithms": ("RS256",),
        "issuers_of": lambda claims: (ID_TOKENS["issuer"],),
        "nonce": Secret(ID_TOKENS["nonce"]),
        "access_token": Secret(ID_TOKENS["access_token"]),
        "now": ID_TOKENS["issued_at"],
    }
    return Expectations(**{**said, **changes})


@pytest.mark.parametrize("vector", VECTORS["pkce"], ids=source)
def test_code_challenge(vector: dict[str, Any]) -> None:
    assert code_challenge(vector["verifier"]) == vector["challenge"]


@pytest.mark.parametrize("vector", VECTORS["basic"], ids=source)
def test_client_authentication(vector: dict[str, Any]) -> None:
    assert basic_authorization(vector["identifier"], Secret(vector["secret"])) == vector["authorization"]


@pytest.mark.parametrize("vector", VECTORS["signed"], ids=source)
def test_signature(vector: dict[str, Any]) -> None:
    """The published signature verifies with the published key; with one character changed, it does not."""
    keys = KeySet((vector["jwk"],))
    token = SignedToken(text=vector["token"], algorithm=vector["algorithm"], key_id=None)
    verify_signature(token, keys)
    head, _, signature = token.text.rpartition(".")
    changed = f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    with pytest.raises(UnknownKey):
        verify_signature(SignedToken(text=changed, algorithm=token.algorithm, key_id=None), keys)


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=source)
def test_a_published_token_of_an_unsafe_kind_is_refused(vector: dict[str, Any]) -> None:
    keys = KeySet((vector["jwk"],))
    with pytest.raises(ProviderReplyInvalid):
        verified_claims(Secret(vector["token"]), keys, expectations(algorithms=ALGORITHMS))


def test_an_algorithm_with_a_shared_key_is_refused_by_its_name() -> None:
    with pytest.raises(ProviderReplyInvalid, match="alg"):
        read_header(VECTORS["refused"][0]["token"], {"alg": "HS256", "typ": "JWT"}, ALGORITHMS)


@pytest.mark.parametrize("example", ID_TOKENS["tokens"])
def test_id_token(example: str) -> None:
    """The examples pass all twelve checks, at the time at which they were issued."""
    token, keys = Secret(ID_TOKENS["tokens"][example]), KeySet((ID_TOKENS["jwk"],))
    assert verified_claims(token, keys, expectations())["sub"] == "248289761001"


def test_left_half_hash() -> None:
    """``at_hash`` of A.3, and ``c_hash`` of A.4, which is made in the same way."""
    key = KeySet((ID_TOKENS["jwk"],)).candidates("RS256", ID_TOKENS["jwk"]["kid"])[0]
    assert isinstance(key, Key)
    assert left_half_hash(ID_TOKENS["access_token"], "RS256", key) == ID_TOKENS["at_hash"]
    assert left_half_hash(ID_TOKENS["code"], "RS256", key) == ID_TOKENS["c_hash"]


def test_an_id_token_of_another_access_token() -> None:
    keys = KeySet((ID_TOKENS["jwk"],))
    other = expectations(access_token=Secret("SlAV32hkKG"))
    with pytest.raises(ProviderReplyInvalid, match="at_hash"):
        verified_claims(Secret(ID_TOKENS["tokens"]["A.3"]), keys, other)
