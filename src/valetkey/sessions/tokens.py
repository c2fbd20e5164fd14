"""Session tokens: what a signed-in browser or page presents.

A session token is a signed statement of which session it belongs to (a JSON Web Token, RFC 7519). It does not open a
session: the session's row decides. It is minted when the session is opened. The same session and the same key give the
same text each time, so that an answer that was lost can be repeated, and no token has to be stored.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from ..crypto.keys import Keys
from ..errors import SettingsError
from ..models.value_class import value_class

TYPE = "valetkey-pass+jwt"  # on the wire since the first version, as is the name of the subkey
_ALGORITHM = "HS256"
_MAX_CHARACTERS = 1024  # characters; a token has about 400
_MAX_ID_CHARACTERS = 64
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")  # RFC 7515 §7.1
_OLDEST_LIBRARY = (2, 14)
_LAST_SECOND = 2**40
_as_json = json.JSONEncoder(separators=(",", ":")).encode


@value_class(frozen=True, slots=True, kw_only=True)
class TokenClaims:
    """What a session token says. Times are whole seconds since 1970, by the store's clock."""

    session_id: str
    account_id: str
    opened_at: int
    expires_at: int


def require_library(version: str = jwt.__version__) -> None:
    """Refuse a PyJWT that accepts more than one spelling of a token.

    This is the second line of defence: ``is_canonical`` refuses other spellings whatever the library does.

    Raises:
        SettingsError: the installed version is too old.
    """
    found = re.match(r"([0-9]+)\.([0-9]+)", version)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST_LIBRARY:
        oldest = ".".join(map(str, _OLDEST_LIBRARY))
        raise SettingsError(
            f"PyJWT {version} is installed, and valetkey needs {oldest} or newer. Run: pip install 'pyjwt>={oldest}'"
        )


def is_canonical(text: str) -> bool:
    """Whether a token is spelt exactly as its octets encode (RFC 7515 §2, RFC 4648 §3.5).

    A decoder may skip characters, accept padding, and ignore the unused bits of the last character. Then one token has
    many spellings, and the session cache, which finds a session by the text of its token, would fill up with them.
    """
    if len(text) > _MAX_CHARACTERS:
        return False
    parts = _FORM.fullmatch(text)
    return parts is not None and all(len(one) % 4 != 1 and _encoded(_decoded(one)) == one for one in parts.groups())


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


class SessionTokens:
    """Mints session tokens and reads them. Algorithm, type, issuer and audience are fixed (RFC 8725 §3).

    Args:
        keys: the newest key signs, and all of them verify.
        audience: the app's public origin.
    """

    __slots__ = ("_audience", "_head", "_issued_by", "_keys", "_signer")

    def __init__(self, keys: Keys, audience: str) -> None:
        pairs = [(key_id.hex(), key) for key_id, key in keys.subkeys("pass")]
        key_id, newest = pairs[0]
        self._signer = HMAC(newest, SHA256())  # RFC 7518 §3.2
        self._keys = dict(pairs)
        # RFC 7515 §4.1. PyJWT sorts the names.
        self._head = _encoded(_as_json({"alg": _ALGORITHM, "kid": key_id, "typ": TYPE}).encode())
        self._audience = audience
        self._issued_by = f'{{"iss":{_as_json(audience)},"aud":{_as_json(audience)},'

    def mint(self, claims: TokenClaims) -> str:
        """Sign a token with these claims."""
        # Written here and not by PyJWT, which checks key and header anew for each token. Both write the same octets, so
        # that nodes of different releases, too, give one session one token.
        payload = (
            f'{self._issued_by}"sub":{_as_json(claims.account_id)},"jti":{_as_json(claims.session_id)},'
            f'"iat":{claims.opened_at},"exp":{claims.expires_at}}}'
        )
        text = f"{self._head}.{_encoded(payload.encode())}"
        signature = self._signer.copy()  # with the key's part done
        signature.update(text.encode("ascii"))
        return f"{text}.{_encoded(signature.finalize())}"

    def read(self, token: str) -> TokenClaims | None:
        """What a session token of this app says. None for any other text.

        An expired token is read, too, because only the caller knows the store's time.
        """
        if not is_canonical(token):
            return None
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.get(header.get("kid", ""))
            if key is None or header.get("typ") != TYPE or header.get("alg") != _ALGORITHM or "crit" in header:
                return None
            payload = jwt.decode(
                token,
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
        session_id, account_id, opened_at, expires_at = (payload[name] for name in ("jti", "sub", "iat", "exp"))
        if not all(type(time) is int and 0 < time < _LAST_SECOND for time in (opened_at, expires_at)):
            return None
        if not all(
            type(row_id) is str and 0 < len(row_id) <= _MAX_ID_CHARACTERS for row_id in (session_id, account_id)
        ):
            return None
        return TokenClaims(session_id=session_id, account_id=account_id, opened_at=opened_at, expires_at=expires_at)
