"""What the sandbox mode fills in: the names, keys and addresses of the sandbox's providers, and a secret.

``testing/sandbox`` has the same on its side. The two share no code, so that each tests the other; a test compares them.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

from ..errors import SettingsError
from ..providers.built_in import RECIPES
from ..providers.recipe import Recipe, Variable

OFFERED = ("google", "apple", "microsoft", "github", "twitter", "gitlab", "discord", "facebook", "acme")
"""The providers of an app that lists none, in the order of the buttons."""
UNPLAYED = frozenset(RECIPES) - frozenset(OFFERED)
"""The providers that ship with valetkey, and that the sandbox does not play."""
MARK = "sandbox-"
"""How each key of the sandbox begins."""

_OIDC = "acme"  # plays any OpenID Connect server


def value_of(recipe: Recipe, variable: Variable, origin: str) -> str:
    """What the sandbox expects, or where it is. Empty: nothing is filled in."""
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
    """The key that signs client secrets for the sandbox's Apple, in PEM. It is no secret, and always the same: apps
    and sandboxes need not agree on one."""
    from cryptography.hazmat.primitives import serialization  # not when valetkey is imported
    from cryptography.hazmat.primitives.asymmetric import ec

    number = int.from_bytes(hashlib.sha256(b"valetkey sandbox: apple").digest())
    key = ec.derive_private_key(number, ec.SECP256R1())
    pem, pkcs8, none = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(pem, pkcs8, none).decode()


def state_directory() -> Path:
    """Where valetkey keeps what a developer's machine needs from one start to the next. It is made if need be.

    Raises:
        OSError, RuntimeError: it cannot be made.
    """
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    directory = Path(base) / "valetkey"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def kept_secret(name: str) -> str:
    """A secret that is drawn once, in a file that only its owner can read. Several processes may ask at once.

    Args:
        name: of the file.

    Raises:
        SettingsError: there is no place for it.
    """
    try:
        file = state_directory() / name
        if not file.exists():
            drawn = file.with_name(f"{name}.{secrets.token_hex(8)}")
            drawn.touch(mode=0o600)
            drawn.write_text(secrets.token_urlsafe(32) + "\n", encoding="utf-8")
            with suppress(FileExistsError):  # another process was quicker
                os.link(drawn, file)  # complete or not at all, and never over another
            drawn.unlink()
        return file.read_text(encoding="utf-8").strip()
    except (OSError, RuntimeError):
        raise SettingsError(
            "VALETKEY_SECRET is not set, and there is no directory to keep one in. Set it, from: valetkey secret; "
            "or name a directory in XDG_STATE_HOME."
        ) from None
