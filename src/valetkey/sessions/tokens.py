"""The pass: what a signed-in browser carries. A signed statement of which session it is, and nothing that opens one.

A pass is written once, at sign-in, and is the same bytes whenever it is written again for the same session under the
same key: so an answer that was lost can be repeated without a credential having been kept anywhere.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

import jwt

from ..crypto.keys import Keys
from ..errors import SettingsError

TYPE = "valetkey-pass+jwt"
_ALGORITHM = "HS256"
_LONGEST = 1024  # characters; ours have about 400
_LONGEST_ID = 64
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")  # RFC 7515 §7.1
_OLDEST_LIBRARY = (2, 14)
_LAST_SECOND = 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a pass states once its signature has been checked. Times are whole seconds by the store's clock."""

    session_id: str
    account_id: str
    opened_at: int
    expires_at: int


def require_library(version: str = jwt.__version__) -> None:
    """Refuse a PyJWT that reads more than one spelling of a token.

    ``is_canonical`` refuses other spellings whatever the library does; this is the second line of defence.

    Raises:
        SettingsError: it is too old; names the version that is installed.
    """
    found = re.match(r"([0-9]+)\.([0-9]+)", version)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST_LIBRARY:
        oldest = ".".join(map(str, _OLDEST_LIBRARY))
        raise SettingsError(
            f"PyJWT {version} is installed, and valetkey needs {oldest} or newer. Run: pip install 'pyjwt>={oldest}'"
        )


def is_canonical(text: str) -> bool:
    """Whether a token is spelt as its octets are encoded, and in no other way (RFC 7515 §2, RFC 4648 §3.5).

    A decoder may skip characters, take padding, and ignore the last character's unused bits. Each of these gives one
    token any number of spellings; a cache that knows tokens by their text would fill up with them.
    """
    if len(text) > _LONGEST:
        return False
    parts = _FORM.fullmatch(text)
    return parts is not None and all(len(one) % 4 != 1 and _encoded(_decoded(one)) == one for one in parts.groups())


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


class SessionTokens:
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
        if not is_canonical(text):
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
