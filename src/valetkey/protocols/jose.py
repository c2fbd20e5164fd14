"""A signed token in its compact form: read strictly, and verified by PyJWT. RFC 7515, RFC 7519 §7.2, RFC 8725.

How this works. PyJWT does the cryptography of public keys; HS256 is one call of the standard library. This module
judges the token around it, since a reader of JOSE has to be stricter than the standards: one way to write each byte,
each member once, a limit on the size, and no extension that this client does not know.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import field
from functools import cache
from hashlib import sha256, sha384, sha512
from typing import TYPE_CHECKING, cast

from ..crypto import Secret, constant_time_equals
from ..errors import ProviderReplyInvalid
from ..models.value_class import value_class
from .grammar import lower
from .jwks import Key, KeySet, UnknownKey, pyjwt
from .strict_json import parse_object

if TYPE_CHECKING:
    from jwt import PyJWS

MAX_CHARACTERS = 16 * 1024  # with groups, some servers send four kilobytes

# BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature)                                      RFC 7515 §7.1
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")

# The hash that an algorithm uses; RFC 8032 §5.1 for Ed25519. Ed448 has none that OpenID Connect names.
_HASHES = {"256": sha256, "384": sha384, "512": sha512, "Ed25519": sha512}


@value_class(frozen=True, slots=True, kw_only=True)
class SignedToken:
    """A token that is well-formed. Its signature has not been verified.

    Attributes:
        text: the token, as it was sent.
        algorithm: ``alg`` of its header, one of those that were allowed.
        key_id: ``kid`` of its header.
    """

    text: str = field(repr=False)
    algorithm: str
    key_id: str | None


def read_compact(text: str) -> tuple[dict[str, object], dict[str, object]]:
    """Read header and payload. RFC 7515 §5.2, RFC 7519 §7.2, RFC 4648 §3.5, §5.

    Raises:
        ProviderReplyInvalid: not three parts of base64url, too long, or not JSON objects with one reading.
    """
    found = _COMPACT.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
    if found is None:
        raise ProviderReplyInvalid("The ID token is not a signed token of at most 16 kB (RFC 7515 §7.1).")
    try:
        header, payload, _ = (decode_base64url(part) for part in found.groups())
        return parse_object(header), parse_object(payload)
    except ValueError:
        raise ProviderReplyInvalid("The ID token's parts are not JSON in base64url (RFC 7519 §7.2).") from None


def decode_base64url(text: str) -> bytes:
    """Decode base64url without padding, where bits that no byte needs are zero. RFC 4648 §3.5, §5.

    Raises:
        ValueError: another text would decode to the same bytes, or none does.
    """
    raw = urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}")
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise ValueError("not the canonical text")
    return raw


def read_header(text: str, header: Mapping[str, object], algorithms: tuple[str, ...]) -> SignedToken:
    """Judge a token's header. RFC 7515 §4.1, RFC 8725 §3.

    ``jwk``, ``jku``, ``x5u`` and ``x5c`` are ignored: they are the sender's word about the sender (RFC 8725 §3.10).

    Args:
        text: the token.
        header: its header.
        algorithms: those that this provider may use. They never depend on the token (RFC 8725 §3.1).

    Raises:
        ProviderReplyInvalid: another algorithm, an extension that must be understood, or another kind of token.
    """
    algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise ProviderReplyInvalid("The ID token's alg is not one that this provider uses (RFC 8725 §3.1).")
    if "crit" in header:  # RFC 7515 §4.1.11: this client understands no extension
        raise ProviderReplyInvalid("The ID token has a critical extension (RFC 7515 §4.1.11).")
    if "kid" in header and not isinstance(key_id, str):
        raise ProviderReplyInvalid("The ID token's kid is not text (RFC 7515 §4.1.4).")
    if "typ" in header and not (isinstance(kind, str) and lower(kind) == "jwt"):
        raise ProviderReplyInvalid("The token is of another kind than an ID token (RFC 8725 §3.11).")
    return SignedToken(text=text, algorithm=algorithm, key_id=key_id if isinstance(key_id, str) else None)


def verify_signature(token: SignedToken, keys: KeySet) -> Key:
    """Verify a token's signature with one of an issuer's keys. RFC 7515 §5.2.

    Returns:
        The key that has signed it.

    Raises:
        UnknownKey: no key of the set has.
        ProviderReplyInvalid: several may have, and the token does not say which.
    """
    jwt = pyjwt()
    for key in keys.candidates(token.algorithm, token.key_id):
        try:
            _verifier().decode(token.text, key=key.jwk, algorithms=[token.algorithm])
        except jwt.PyJWTError:
            continue
        return key
    # An issuer that gives every key the same id, or none, may have a new key where this set has the old one.
    raise UnknownKey("The ID token's signature does not verify with the key that the issuer publishes.")


@cache
def _verifier() -> PyJWS:
    """It keeps nothing of what it verifies, so that one serves all threads."""
    return cast("PyJWS", pyjwt().PyJWS())


def verify_mac(token: SignedToken, secret: Secret) -> None:
    """Verify a token's HS256 signature with a secret that only the issuer shares. RFC 7515 §5.2, RFC 7518 §3.2.

    Args:
        token: a token whose algorithm is HS256.
        secret: the client secret. Its UTF-8 octets are the key (OpenID Connect Core §10.1).

    Raises:
        ProviderReplyInvalid: the signature is not made with this secret.
    """
    signed, _, signature = token.text.rpartition(".")
    due = urlsafe_b64encode(hmac.digest(secret.reveal().encode(), signed.encode("ascii"), "sha256"))
    if not constant_time_equals(signature, due.rstrip(b"=").decode()):
        raise ProviderReplyInvalid("The ID token is not signed with the client secret (OpenID Connect Core §10.1).")


def left_half_hash(text: str, algorithm: str, curve: str | None) -> str | None:
    """The left half of a text's hash, in base64url. OpenID Connect Core §3.1.3.6 (``at_hash``).

    Args:
        text: what is hashed, as ASCII.
        algorithm: the token's ``alg``; its hash is used.
        curve: the curve of the key that has signed the token. None if the key has none.

    Returns:
        The hash. None if the algorithm has none.
    """
    hash_of = _HASHES.get(algorithm[2:] if algorithm != "EdDSA" else curve or "")
    if hash_of is None:
        return None
    digest = hash_of(text.encode("ascii")).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
