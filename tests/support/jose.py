"""Keys and signed tokens, made by hand so that a test can make a wrong one. RFC 7515, 7517, 7518, 8037.

Nothing here is the client's: it uses ``cryptography`` and neither PyJWT nor a module of valetkey.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

HASHES: dict[str, Any] = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}
CURVES: dict[str, tuple[Any, str, int]] = {
    "ES256": (ec.SECP256R1, "P-256", 32),
    "ES384": (ec.SECP384R1, "P-384", 48),
    "ES512": (ec.SECP521R1, "P-521", 66),
    "ES256K": (ec.SECP256K1, "secp256k1", 32),
}


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(value: int, octets: int | None = None) -> str:
    return b64(value.to_bytes(octets or (value.bit_length() + 7) // 8, "big"))


class Signer(Protocol):
    def sign(self, alg: str, data: bytes) -> bytes: ...


@dataclass
class Key:
    """A key pair. ``alg`` is the algorithm that its issuer uses it with; it signs with any that fits its type."""

    private: Any = field(repr=False)
    alg: str = "RS256"
    kid: str | None = None

    def sign(self, alg: str, data: bytes) -> bytes:
        if alg.startswith("RS"):
            return bytes(self.private.sign(data, padding.PKCS1v15(), HASHES[alg[2:]]()))
        if alg.startswith("PS"):
            kind = HASHES[alg[2:]]()
            salted = padding.PSS(mgf=padding.MGF1(kind), salt_length=kind.digest_size)
            return bytes(self.private.sign(data, salted, kind))
        if alg.startswith("ES"):
            octets = CURVES[self.alg][2]
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(HASHES[alg[2:5]]())))
            return r.to_bytes(octets, "big") + s.to_bytes(octets, "big")
        return bytes(self.private.sign(data))

    @property
    def jwk(self) -> dict[str, object]:
        """The public key, as it is published."""
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            members: dict[str, object] = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        elif isinstance(public, ec.EllipticCurvePublicKey):
            point, (_, curve, octets) = public.public_numbers(), CURVES[self.alg]
            members = {"kty": "EC", "crv": curve, "x": _number(point.x, octets), "y": _number(point.y, octets)}
        else:
            curve = "Ed25519" if isinstance(public, ed25519.Ed25519PublicKey) else "Ed448"
            members = {"kty": "OKP", "crv": curve, "x": b64(public.public_bytes_raw())}
        named = {} if self.kid is None else {"kid": self.kid}
        return {**members, "use": "sig", "alg": self.alg, **named}

    def public(self, encoding: str = "PEM") -> bytes:
        """The public key as a file: ``PEM`` or ``DER``."""
        info = serialization.PublicFormat.SubjectPublicKeyInfo
        return bytes(self.private.public_key().public_bytes(getattr(serialization.Encoding, encoding), info))


@dataclass(frozen=True)
class SharedKey:
    """A key of an HMAC: any bytes."""

    secret: bytes

    def sign(self, alg: str, data: bytes) -> bytes:
        return hmac.digest(self.secret, data, f"sha{alg[2:]}")


@cache
def key(alg: str = "RS256", kid: str | None = None, number: int = 0) -> Key:
    """The same key for the same arguments, in this process: RSA keys are slow to make."""
    return Key(_private(_family(alg), number), alg, kid)


def _family(alg: str) -> str:
    return "RSA" if alg[:2] in ("RS", "PS") else alg if alg in CURVES else "Ed25519"


@cache
def _private(family: str, number: int) -> Any:
    if family == "RSA":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(CURVES[family][0]()) if family in CURVES else ed25519.Ed25519PrivateKey.generate()


def segment(part: Mapping[str, object] | bytes) -> str:
    """Bytes stay as they are: JSON that no writer would write."""
    return b64(part if isinstance(part, bytes) else json.dumps(part).encode())


def token(
    header: Mapping[str, object] | bytes, claims: Mapping[str, object] | bytes, by: Signer | None, alg: str
) -> str:
    """A compact token.

    Args:
        by: signs it; None leaves the signature empty.
        alg: what it is signed with, whatever the header says.
    """
    signed = f"{segment(header)}.{segment(claims)}"
    return f"{signed}.{b64(by.sign(alg, signed.encode()) if by else b'')}"


def at_hash(access_token: str, alg: str) -> str:
    """OIDC Core §3.1.3.6. The algorithms of RFC 8037 have SHA-512."""
    digest = hashlib.new(f"sha{alg[2:5]}" if alg[2:5] in HASHES else "sha512", access_token.encode()).digest()
    return b64(digest[: len(digest) // 2])
