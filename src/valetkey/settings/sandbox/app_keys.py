"""The private keys of an app at the sandbox.

They are no secrets, and always the same, so that apps and sandboxes need not agree on one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# Written down, because drawing an RSA key takes longer than a sign-in.
_EXPONENT = 65537
_PRIMES = (
    (
        "ea05515e45390a9c95ed0464c7c97d0ea981a8e0f6c81648ada6034a92ea8cc4"
        "a52a072927a3618d04a16748a98260f13896187dc83303ab4afe76318558c184"
        "b44f75d5d89280c7c0f33a014d66401cab1dc8df90c3ab4daf749213c0d3abbc"
        "f97582feef46d5e5af9e12aab85897533f832682ba065e6d919573a7fca7ad2b"
    ),
    (
        "d913ce5fc5223e59b60474bae10ab46a93118c4330b22e908dd06f44630736a3"
        "2657eb64b4fcca5ee6d1f8d1fd5e55f55d105703f9e9845082b3b64f53d0ba00"
        "e7eb32f6634b0d69f542869e9afd4cedbaac8bc64904179797d61cb88b574a22"
        "670c27c2e8ce448bdc309d278a0ed37bcaf462a5d60341d44ad90a4fcf3ded23"
    ),
)


def ec_key() -> str:
    """The key on P-256 that signs client secrets for the sandbox's Apple, in PEM."""
    from cryptography.hazmat.primitives.asymmetric import ec  # not when valetkey is imported

    number = int.from_bytes(hashlib.sha256(b"valetkey sandbox: apple").digest())
    return _in_pem(ec.derive_private_key(number, ec.SECP256R1()))


def rsa_key() -> str:
    """The key that signs requests by RSA-SHA1, in PEM."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    p, q = (int(one, 16) for one in _PRIMES)
    d = rsa.rsa_recover_private_exponent(_EXPONENT, p, q)
    others = {"dmp1": rsa.rsa_crt_dmp1(d, p), "dmq1": rsa.rsa_crt_dmq1(d, q), "iqmp": rsa.rsa_crt_iqmp(p, q)}
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    return _in_pem(rsa.RSAPrivateNumbers(p=p, q=q, d=d, public_numbers=public, **others).private_key())


def _in_pem(key: EllipticCurvePrivateKey | RSAPrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization

    pem, pkcs8, none = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(pem, pkcs8, none).decode()
