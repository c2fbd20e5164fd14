"""ID tokens. OpenID Connect Core §2, §3.1.3.6. A test may have them altered before or instead of being signed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .jws import (
    ALGORITHMS,
    PrivateKey,
    base64url,
    family,
    hmac_signature,
    new_key,
    public_pem,
    signature,
    signing_input,
)  # fmt: skip
from .keys import SigningKey

SIGNERS = ("key", "none", "client_secret", "public_pem", "stranger", "garbage")
_ALTERATIONS = ("set", "remove", "header", "remove_header", "sign", "raw")


def check_alteration(alteration: Mapping[str, Any]) -> None:
    """Check what a test has ordered.

    Raises:
        ValueError: there is no such alteration.
    """
    for name in alteration:
        if name not in _ALTERATIONS:
            raise ValueError(f"id_token has {', '.join(_ALTERATIONS)}, and no {name}")
    if alteration.get("sign", "key") not in SIGNERS:
        raise ValueError(f"sign is one of {', '.join(SIGNERS)}")


def made(
    claims: Mapping[str, Any],
    *,
    key: SigningKey,
    algorithm: str,
    kid: bool,
    client_secret: str,
    alteration: Mapping[str, Any],
) -> str:
    """Make an ID token.

    Args:
        claims: what it states.
        key, algorithm: sign it.
        kid: whether the header names the key.
        client_secret: for an alteration.
        alteration: what a test has ordered: ``set`` and ``remove`` claims, ``header`` and ``remove_header`` members of
            the header; ``sign`` with the ``key``, with ``none``, with HMAC and the ``client_secret`` or the
            ``public_pem``, with a ``stranger``'s key, or with ``garbage``; or ``raw``, the whole text.
    """
    if "raw" in alteration:
        return str(alteration["raw"])
    signer = alteration.get("sign", "key")
    plain = {"key": algorithm, "stranger": algorithm, "garbage": algorithm, "none": "none"}.get(signer, "HS256")
    header = {"alg": plain, "typ": "JWT"} | ({"kid": key.kid} if kid else {})
    text = signing_input(
        _changed(header, alteration.get("header", {}), alteration.get("remove_header", ())),
        _changed(claims, alteration.get("set", {}), alteration.get("remove", ())),
    )
    wanted = alteration.get("header", {}).get("alg", plain)
    return f"{text}.{base64url(_signature(signer, wanted, algorithm, key.private, client_secret, text.encode()))}"


def _signature(signer: str, wanted: str, algorithm: str, private: PrivateKey, client_secret: str, text: bytes) -> bytes:
    if signer == "none":
        return b""
    if signer == "garbage":
        return b"\x01" * 256
    if signer in ("client_secret", "public_pem"):
        secret = client_secret.encode() if signer == "client_secret" else public_pem(private)
        return hmac_signature(wanted if wanted in ("HS256", "HS384", "HS512") else "HS256", secret, text)
    if wanted not in ALGORITHMS or family(wanted) != family(algorithm):
        wanted = algorithm
    return signature(wanted, new_key(family(algorithm)) if signer == "stranger" else private, text)


def _changed(given: Mapping[str, Any], added: Mapping[str, Any], removed: Any) -> dict[str, Any]:
    return {name: value for name, value in {**given, **added}.items() if name not in removed}
