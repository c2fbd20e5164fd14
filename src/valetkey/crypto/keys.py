"""The app's keys, and values that only this app can read or make: sealed with AES-256-GCM.

The keys are derived from ``VALETKEY_SECRET`` (HKDF, RFC 5869). The first secret seals and signs, and all of them open
and verify, so that a secret can be replaced without losing a login. Every purpose has a subkey of its own. Every sealed
value is bound to the place that it was made for, such as the name of its cookie: in another place it does not open.
"""

from __future__ import annotations

import json
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import SettingsError
from . import Secret
from .entropy import is_guessable

SECRET_BYTES = 32
_AS_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")  # RFC 4648 §5, without padding
_KEY_ID_BYTES = 6
_NONCE_BYTES = 12


class Keys:
    """The keys of the app.

    Args:
        secrets: the values of ``VALETKEY_SECRET``, newest first.

    Raises:
        SettingsError: there is no secret, one is listed twice, one is shorter than 32 bytes, or one is not random
            (words, a repetition).
    """

    __slots__ = ("_ids", "_secrets")

    def __init__(self, secrets: Sequence[Secret]) -> None:
        if not secrets:
            raise SettingsError("VALETKEY_SECRET is not set. Make one with: valetkey secret")
        for secret in secrets:
            text = secret.reveal()
            if len(text.encode()) < SECRET_BYTES or len(set(text)) < 10 or is_guessable(text):
                raise SettingsError(
                    f"VALETKEY_SECRET is too weak: each needs {SECRET_BYTES} random bytes, and not words or a "
                    "repetition. Make one with: valetkey secret"
                )
        self._secrets = tuple(secrets)
        self._ids = tuple(self._derive(secret, b"key id", _KEY_ID_BYTES) for secret in secrets)
        if len(set(self._ids)) != len(self._ids):
            raise SettingsError("VALETKEY_SECRET names a secret twice.")

    def subkeys(self, purpose: str) -> tuple[tuple[bytes, bytes], ...]:
        """Derive the subkeys of a purpose.

        Returns:
            A pair of key id (6 bytes) and key (32 bytes) for each secret, newest first. RFC 5869, with the purpose as
            ``info``.
        """
        return tuple(
            (key_id, self._derive(secret, purpose.encode(), 32))
            for key_id, secret in zip(self._ids, self._secrets, strict=True)
        )

    @staticmethod
    def _derive(secret: Secret, info: bytes, length: int) -> bytes:
        return HKDF(SHA256(), length, salt=b"valetkey", info=info).derive(secret.reveal().encode())


class Sealer:
    """Seals small JSON objects for one purpose.

    Args:
        keys: the keys of the app.
        purpose: names the subkeys.
        draw: returns random bytes, as many as it is asked for.
    """

    __slots__ = ("_draw", "_keys", "_newest")

    def __init__(self, keys: Keys, purpose: str, draw: Callable[[int], bytes] = os.urandom) -> None:
        pairs = [(key_id, AESGCM(key)) for key_id, key in keys.subkeys(purpose)]
        self._newest = pairs[0]
        self._keys = dict(pairs)
        self._draw = draw

    def seal(self, value: dict[str, object], place: str) -> str:
        """Seal a value.

        Args:
            value: JSON values by name.
            place: where the value will be, such as the name of a cookie.

        Returns:
            Base64url text (RFC 4648 §5): 4/3 of the length of the JSON, plus 46 characters.
        """
        key_id, key = self._newest
        nonce = self._draw(_NONCE_BYTES)
        plain = _AS_JSON(value).encode()
        sealed = key_id + nonce + key.encrypt(nonce, plain, place.encode())
        return urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")

    def open(self, text: str, place: str) -> dict[str, object] | None:
        """Open a sealed value.

        Returns:
            The value. None if the text was truncated, altered or moved from another place, or if its key is gone.
        """
        opened = self.open_with_key_id(text, place)
        return opened[0] if opened is not None else None

    def open_with_key_id(self, text: str, place: str) -> tuple[dict[str, object], bytes] | None:
        """As ``open``, with the id of the key that the text was sealed with."""
        if not _BASE64URL.fullmatch(text):
            return None  # the decoder would skip all other characters
        try:
            raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
            head, nonce = raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
            plain = self._keys[head].decrypt(nonce, raw[_KEY_ID_BYTES + _NONCE_BYTES :], place.encode())
        except (KeyError, ValueError, InvalidTag):
            return None
        value = json.loads(plain.decode())
        return (value, head) if isinstance(value, dict) else None
