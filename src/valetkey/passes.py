"""The pass: what a signed-in browser carries. A signed statement of which session it is, and nothing that opens one.

A pass is written once, at sign-in, and is the same bytes whenever it is written again for the same session under the
same key: so an answer that was lost can be repeated without a credential having been kept anywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import jwt

from .seal import Keys

TYPE = "valetkey-pass+jwt"
_ALGORITHM = "HS256"
_LONGEST = 1024  # characters; ours have about 400
_LONGEST_ID = 64
_LAST_SECOND = 2**40
# Three parts of base64url (RFC 7515 §7.1). Some decoders leave other characters out, and a pass has one spelling.
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a pass states once its signature has been checked. Times are whole seconds by the store's clock."""

    session_id: str
    account_id: str
    opened_at: int
    expires_at: int


class Passes:
    """Mints passes and reads them (RFC 7519; algorithm, type, issuer and audience are fixed: RFC 8725 §3)."""

    __slots__ = ("_audience", "_keys", "_newest")

    def __init__(self, keys: Keys, audience: str) -> None:
        pairs = [(key_id.hex(), key) for key_id, key in keys.subkeys("pass")]
        self._newest = pairs[0]
        self._keys = dict(pairs)
        self._audience = audience

    def mint(self, stated: Pass) -> str:
        key_id, key = self._newest
        claims = {
            "iss": self._audience,
            "aud": self._audience,
            "sub": stated.account_id,
            "jti": stated.session_id,
            "iat": stated.opened_at,
            "exp": stated.expires_at,
        }
        return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": key_id, "typ": TYPE})

    def read(self, text: str) -> Pass | None:
        """What a pass of ours states, over or not: time is judged by the store's clock, elsewhere. None: not ours."""
        if len(text) > _LONGEST or not _COMPACT.fullmatch(text):
            return None
        try:
            header = jwt.get_unverified_header(text)
            key = self._keys.get(header.get("kid", ""))
            if key is None or header.get("typ") != TYPE or header.get("alg") != _ALGORITHM or "crit" in header:
                return None
            claims = jwt.decode(
                text,
                key,
                algorithms=[_ALGORITHM],
                audience=self._audience,
                issuer=self._audience,
                options={
                    "require": ["iss", "aud", "sub", "jti", "iat", "exp"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "strict_aud": True,
                },
            )
        except (jwt.InvalidTokenError, ValueError, TypeError):
            return None
        session_id, account_id, opened_at, expires_at = (claims[name] for name in ("jti", "sub", "iat", "exp"))
        if not all(type(time) is int and 0 < time < _LAST_SECOND for time in (opened_at, expires_at)):
            return None
        if not all(type(row_id) is str and 0 < len(row_id) <= _LONGEST_ID for row_id in (session_id, account_id)):
            return None
        return Pass(session_id=session_id, account_id=account_id, opened_at=opened_at, expires_at=expires_at)
