"""The signing keys of one issuer, and which of them it publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..state import base62
from .jws import PrivateKey, family, new_key, public_jwk

OLD, NEW = ("kept", "removed"), ("published", "hidden")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key, and its name."""

    kid: str
    kind: str
    private: PrivateKey
    hidden: bool = False


class KeyRing:
    """The keys of one issuer. They are drawn when they are first needed."""

    def __init__(self, *algorithms: str) -> None:
        """Make the ring.

        Args:
            algorithms: a key for each is published from the start.
        """
        self._kinds = tuple(family(one) for one in algorithms)
        self._keys: list[SigningKey] = []

    def reset(self) -> None:
        """Drop keys that were never published. The others stay, because clients have them in their caches."""
        self._keys = [one for one in self._keys if not one.hidden]

    def current(self, algorithm: str) -> SigningKey:
        """Return the key that signs."""
        kind = family(algorithm)
        found = [one for one in self._keys if one.kind == kind]
        if found:
            return found[-1]
        made = SigningKey(kid=base62(20), kind=kind, private=new_key(kind))
        self._keys.append(made)
        return made

    def rotate(self, algorithm: str, *, old: str = "kept", new: str = "published") -> SigningKey:
        """Draw a new key, which signs from now on.

        Args:
            algorithm: that it signs with.
            old: ``kept`` or ``removed``: whether the set still has the other keys of its kind.
            new: ``published`` or ``hidden``: whether the set has the new key.

        Raises:
            ValueError: another word.
        """
        if old not in OLD or new not in NEW:
            raise ValueError(f"old is one of {', '.join(OLD)}; new is one of {', '.join(NEW)}")
        kind = family(algorithm)
        if old == "removed":
            self._keys = [one for one in self._keys if one.kind != kind]
        made = SigningKey(kid=base62(20), kind=kind, private=new_key(kind), hidden=new == "hidden")
        self._keys.append(made)
        return made

    def published(self, algorithm: str) -> list[SigningKey]:
        """Return the keys of the set."""
        for name in ("RS256", "ES256", "EdDSA", algorithm):
            if name == algorithm or family(name) in self._kinds:
                self.current(name)
        return [one for one in self._keys if not one.hidden]

    def jwks(self, algorithm: str, *, kid: bool, names_algorithm: bool, more: Mapping[str, str]) -> dict[str, Any]:
        """Return the set. RFC 7517 §5.

        Args:
            algorithm: that signs now.
            kid: whether the keys have names.
            names_algorithm: whether the keys have ``alg``.
            more: further members of each key.
        """
        members = []
        for one in self.published(algorithm):
            fits = names_algorithm and one.kind == family(algorithm)
            named = ({"kid": one.kid} if kid else {}) | ({"alg": algorithm} if fits else {})
            members.append({**named, **public_jwk(one.private), "use": "sig", **more})
        return {"keys": members}
