"""An issuer's keys. RFC 7517, RFC 7518 §6, RFC 8037.

How this works. An issuer publishes its public keys as a JSON object with a list of keys. ``read_keys`` keeps the
members that can verify a signature, and leaves out the others: one bad member must not take the rest with it.
``KeySet`` picks the keys that may have signed a token, by the token's algorithm and key id, and builds each one once.

What a token says about its own key beside these two is never used: a key or an address of a key in its header is its
sender's (RFC 8725 §3.10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import ProviderReplyInvalid, ProviderUnavailable
from .http import Flow, HttpRequest, HttpResponse
from .json_reply import read_json

if TYPE_CHECKING:
    from types import ModuleType

    from jwt import PyJWK

# The algorithms of RFC 7518 §3.1 and RFC 8037 §3.1 with a public key, and the keys that fit them: kty, and crv if the
# algorithm has one. HS256 and its kin are not here: there the key that verifies also signs, and a public key taken for
# a shared one would let everyone sign (RFC 8725 §2.1). "none" is no signature.
_FITS: dict[str, tuple[str, frozenset[str | None]]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", frozenset({None}))),
    "ES256": ("EC", frozenset({"P-256"})),
    "ES384": ("EC", frozenset({"P-384"})),
    "ES512": ("EC", frozenset({"P-521"})),
    "EdDSA": ("OKP", frozenset({"Ed25519", "Ed448"})),
}
ALGORITHMS = tuple(_FITS)
"""The signature algorithms that an ID token may have at all."""

_MIN_RSA_BITS = 2048  # RFC 7518 §3.3, §3.5
_MAX_SAME_ID = 4  # keys with one key id that are tried for one token
_MAX_MEMBERS = 100  # that are looked at; real issuers publish a dozen at most, and bad ones cost time, too


class UnknownKey(ProviderReplyInvalid):
    """No key of the set verifies a token. The issuer may have rotated its keys since the set was read."""

    hint = "The ID token is signed with a key that the issuer does not publish."


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, for one algorithm.

    Attributes:
        jwk: the key, as PyJWT uses it.
        curve: the name of its curve, if it has one.
    """

    jwk: PyJWK = field(repr=False)
    curve: str | None


@dataclass(frozen=True, slots=True)
class KeySet:
    """The usable keys of one issuer.

    Args:
        members: the set's JSON Web Keys, as they were sent.
    """

    members: tuple[Mapping[str, object], ...] = field(repr=False)
    # By position and algorithm. Two threads may build the same key; that is harmless.
    _built: dict[tuple[int, str], Key | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def candidates(self, algorithm: str, key_id: str | None) -> list[Key]:
        """The keys that may have signed a token.

        Args:
            algorithm: the token's ``alg``, one of ``ALGORITHMS``.
            key_id: its ``kid``. None if it has none: then the set must have one key that fits (OIDC Core §10.1).

        Returns:
            One key or more. Several only have one key id, which no rule allows and some issuers do.

        Raises:
            UnknownKey: no key fits.
            ProviderReplyInvalid: several fit, and the token does not say which.
        """
        fitting = (
            (position, member)
            for position, member in enumerate(self.members)
            if fits(member, algorithm) and (key_id is None or member.get("kid") == key_id)
        )
        keys = [key for position, member in fitting if (key := self._key(position, member, algorithm)) is not None]
        if not keys:
            raise UnknownKey
        if key_id is None and len(keys) > 1:
            raise ProviderReplyInvalid("The ID token does not say which of the issuer's keys it is signed with.")
        return keys[:_MAX_SAME_ID]

    def is_usable(self) -> bool:
        """Return whether at least one key can be built."""
        return any(
            fits(member, algorithm) and self._key(position, member, algorithm) is not None
            for position, member in enumerate(self.members)
            for algorithm in ALGORITHMS
        )

    def _key(self, position: int, member: Mapping[str, object], algorithm: str) -> Key | None:
        """A key, built once for each algorithm; None if it cannot be built."""
        if (position, algorithm) not in self._built:
            self._built[position, algorithm] = build(member, algorithm)
        return self._built[position, algorithm]


def fetch_keys(url: str, *, headers: Mapping[str, str]) -> Flow[KeySet]:
    """Read an issuer's JSON Web Key Set. RFC 7517 §5, §8.5.1.

    Args:
        url: its address (``jwks_uri``).
        headers: further headers of the request.

    Raises:
        ProviderError: as ``read_keys``.
    """
    response = yield HttpRequest(method="GET", url=url, headers={"Accept": "application/json", **headers})
    return read_keys(response)


def read_keys(response: HttpResponse) -> KeySet:
    """Read the reply to a request for a JSON Web Key Set. RFC 7517 §5.

    Raises:
        ProviderError: refused, unavailable, or no key set. A set without a usable key is an outage: with it, no token
            could be verified, and an earlier set may still hold.
    """
    members = read_json(response, step="keys").get("keys")
    if not isinstance(members, list):
        raise ProviderReplyInvalid("The reply is not a key set (RFC 7517 §5).")
    public = (member for member in members if isinstance(member, dict) and is_public(member))
    keys = KeySet(tuple(islice(public, _MAX_MEMBERS)))
    if not keys.is_usable():
        raise ProviderUnavailable("The issuer's key set has no key that verifies a signature (RFC 7517 §5).")
    return keys


def is_public(member: Mapping[str, object]) -> bool:
    """Return whether a member is a public key that may verify signatures. RFC 7517 §4, RFC 7518 §6.

    A published private key (``d``) is everyone's, so nothing that it signs proves anything.
    """
    operations = member.get("key_ops")
    return (
        member.get("kty") in ("RSA", "EC", "OKP")
        and isinstance(member.get("kid", ""), str)
        and member.get("use", "sig") == "sig"
        and (operations is None or (isinstance(operations, list) and "verify" in operations))
        and "d" not in member
    )


def fits(member: Mapping[str, object], algorithm: str) -> bool:
    """Return whether a key may be used with an algorithm: by its type, its curve and its ``alg``. RFC 7517 §4.4."""
    kty, curves = _FITS[algorithm]
    curve = member.get("crv")
    return (
        is_public(member)
        and member["kty"] == kty
        and (curves == {None} or (isinstance(curve, str) and curve in curves))
        and member.get("alg", algorithm) == algorithm
    )


def build(member: Mapping[str, object], algorithm: str) -> Key | None:
    """The key, for one algorithm. None if it is malformed, or too short to be safe."""
    jwt = pyjwt()
    try:
        # Without the algorithm, PyJWT would choose one by the type of the key: RS256 for every RSA key.
        key: PyJWK = jwt.PyJWK(dict(member), algorithm=algorithm)
    except Exception:  # whatever is wrong with one member, the others stay usable
        return None
    curve = member.get("crv")
    if member["kty"] == "RSA":
        return Key(key, None) if key.key.key_size >= _MIN_RSA_BITS else None
    return Key(key, curve if isinstance(curve, str) else None)


@cache
def pyjwt() -> ModuleType:
    """PyJWT. It is imported with the first key set, so that ``import valetkey`` stays quick."""
    import jwt

    return jwt
