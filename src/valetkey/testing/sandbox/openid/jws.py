"""JSON Web Signatures and keys, on ``cryptography``. RFC 7515, RFC 7517, RFC 7518.

It is the sandbox's own code: the client's library must not judge itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES = {"ES256": ("P-256", ec.SECP256R1()), "ES384": ("P-384", ec.SECP384R1()), "ES512": ("P-521", ec.SECP521R1())}
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
ALGORITHMS = (*_RSA, *_CURVES, "EdDSA")
_BASE64URL = re.compile(r"[A-Za-z0-9\-_]*")


class BadJwt(Exception):
    """A JSON Web Token is not right. The text says why."""


def family(algorithm: str) -> str:
    """Return which keys an algorithm needs: ``RSA``, a curve, or ``Ed25519``.

    Raises:
        ValueError: the algorithm is not known.
    """
    if algorithm in _RSA:
        return "RSA"
    if algorithm in _CURVES:
        return _CURVES[algorithm][0]
    if algorithm == "EdDSA":
        return "Ed25519"
    raise ValueError(f"no algorithm is called {algorithm}; there are {', '.join(ALGORITHMS)}")


def new_key(kind: str) -> PrivateKey:
    """Draw a private key of a family."""
    if kind == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(dict(_CURVES.values())[kind])


def public_jwk(key: PrivateKey) -> dict[str, str]:
    """Return the public key as a JSON Web Key, without kid, use and alg. RFC 7518 §6, RFC 8037 §2."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        return {"kty": "OKP", "crv": "Ed25519", "x": base64url(key.public_key().public_bytes(*raw))}
    point, size = key.public_key().public_numbers(), (key.key_size + 7) // 8
    curve = next(name for name, one in _CURVES.values() if one.name == key.curve.name)
    return {"kty": "EC", "crv": curve, "x": _number(point.x, size), "y": _number(point.y, size)}


def public_pem(key: PrivateKey) -> bytes:
    """Return the public key as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signature(algorithm: str, key: PrivateKey, text: bytes) -> bytes:
    """Sign. RFC 7518 §3."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(text)
    chosen = _HASHES[algorithm[2:]]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(text, ec.ECDSA(chosen)))
        size = (key.key_size + 7) // 8
        return r.to_bytes(size) + s.to_bytes(size)
    if algorithm[:2] == "PS":
        return key.sign(text, padding.PSS(padding.MGF1(chosen), chosen.digest_size), chosen)
    return key.sign(text, padding.PKCS1v15(), chosen)


def hmac_signature(algorithm: str, secret: bytes, text: bytes) -> bytes:
    """Sign with HMAC: what an attacker does with a key that is public."""
    return hmac.digest(secret, text, f"sha{algorithm[2:]}")


def signing_input(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """Return the text that is signed. RFC 7515 §5.1."""
    return ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))


def half_hash(algorithm: str, value: str) -> str:
    """Return ``at_hash``. OpenID Connect Core §3.1.3.6."""
    name = "sha512" if algorithm == "EdDSA" else f"sha{algorithm[2:]}"
    digest = hashlib.new(name, value.encode()).digest()
    return base64url(digest[: len(digest) // 2])


def es256_claims(token: str, public: ec.EllipticCurvePublicKey, kid: str) -> dict[str, Any]:
    """Return the claims of a token that is signed with ES256 and this key.

    Raises:
        BadJwt: it is not.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise BadJwt(f"it has {len(parts)} parts, not three")
    header, claims = (_object(part) for part in parts[:2])
    if header.get("alg") != "ES256":
        raise BadJwt(f"alg is {header.get('alg')!r}, not ES256")
    if header.get("kid") != kid:
        raise BadJwt(f"kid is {header.get('kid')!r}, not {kid!r}")
    signed = _octets(parts[2])
    if len(signed) != 64:
        raise BadJwt(f"the signature has {len(signed)} octets; it is r and s of 32 each, not DER (RFC 7518 §3.4)")
    der = encode_dss_signature(int.from_bytes(signed[:32]), int.from_bytes(signed[32:]))
    try:
        public.verify(der, f"{parts[0]}.{parts[1]}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise BadJwt("the signature is not of the registered key") from None
    return claims


def base64url(octets: bytes) -> str:
    """Encode without padding. RFC 7515 §2."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def _octets(text: str) -> bytes:
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise BadJwt("a part is not base64url without padding")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_octets(text))
    except ValueError:
        raise BadJwt("a part is not JSON") from None
    if not isinstance(value, dict):
        raise BadJwt("a part is not a JSON object")
    return value


def _number(value: int, size: int | None = None) -> str:
    return base64url(value.to_bytes(size or (value.bit_length() + 7) // 8))
