"""What the sandbox mode fills in: the names, keys and addresses of the sandbox's providers.

``testing/sandbox`` has the same on its side. The two share no code, so that each tests the other; a test compares them.
"""

from __future__ import annotations

import hashlib

from ...providers.built_in import RECIPES
from ...providers.recipe import Recipe, Variable

OFFERED = ("google", "apple", "microsoft", "github", "twitter", "gitlab", "discord", "facebook", "acme")
"""The providers of an app that lists none, in the order of the buttons."""
UNPLAYED = frozenset(RECIPES) - frozenset(OFFERED)
"""The providers that ship with valetkey, and that the sandbox does not play."""
MARK = "sandbox-"
"""The start of each key of the sandbox."""

_OIDC = "acme"  # plays any OpenID Connect server


def value_of(recipe: Recipe, variable: Variable, origin: str) -> str:
    """The value of a provider's variable: what the sandbox expects there, or its address. Empty: leave it unset."""
    name = recipe.name if recipe.name in RECIPES else _OIDC
    if recipe.name == "apple" and variable.argument in ("team_id", "key_id", "private_key"):
        return {"team_id": "SANDBOX001", "key_id": "SANDBOXKEY"}.get(variable.argument) or apple_private_key()
    if name == "twitter":
        if variable.argument in ("key", "secret"):
            return f"{MARK}{variable.argument}"
        if variable.kind == "origin":
            return origin
        name = "x2"
    if variable.kind in ("identifier", "secret"):
        return f"{MARK}{name}" + ("-secret" if variable.kind == "secret" else "")
    if variable.kind == "base":
        return f"{origin}/{name}"
    if name == _OIDC and variable.kind == "issuer":
        return f"{origin}/oidc"
    if recipe.name == _OIDC and variable.kind == "title":
        return "Acme"
    return ""


def apple_private_key() -> str:
    """The key that signs client secrets for the sandbox's Apple, in PEM. It is no secret, and always the same, so that
    apps and sandboxes need not agree on one."""
    from cryptography.hazmat.primitives import serialization  # not when valetkey is imported
    from cryptography.hazmat.primitives.asymmetric import ec

    number = int.from_bytes(hashlib.sha256(b"valetkey sandbox: apple").digest())
    key = ec.derive_private_key(number, ec.SECP256R1())
    pem, pkcs8, none = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(pem, pkcs8, none).decode()
