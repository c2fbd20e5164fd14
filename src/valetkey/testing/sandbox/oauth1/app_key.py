"""The RSA key of the one app that may use the sandbox, for providers that take RSA-SHA1. It is no secret.

Nothing but a sandbox takes it. It is written down, because drawing one takes longer than a test.
"""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

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


@cache
def private_key() -> rsa.RSAPrivateKey:
    """Return the key."""
    p, q = (int(one, 16) for one in _PRIMES)
    d = rsa.rsa_recover_private_exponent(_EXPONENT, p, q)
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    ).private_key()


@cache
def in_pem() -> str:
    """Return the key in PEM, as an app has it in its settings."""
    pem, pkcs8, none = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return private_key().private_bytes(pem, pkcs8, none).decode()
