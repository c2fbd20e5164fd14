"""What a login leaves in the browser that began it: one sealed value per login, opened only under its own name.

The value is a pending login, the outcome of one that ended without a session, or an identity that came back to be
linked and waits for its page. Whoever holds it began the login; that is the third binding, and why beginning writes
nothing on the server.
"""

from __future__ import annotations

from dataclasses import MISSING, replace
from dataclasses import fields as dataclass_fields

from ..crypto import Secret
from ..crypto.keys import Keys, Sealer
from .attempt import LoginAttempt, LoginFailure, PendingLink

SealedLogin = LoginAttempt | LoginFailure | PendingLink

_KINDS: dict[str, type[SealedLogin]] = {"pending": LoginAttempt, "outcome": LoginFailure, "verified": PendingLink}
_NAMES = {kind: name for name, kind in _KINDS.items()}

# The longest sealed value, in characters: with the session's cookie it stays within the limit for all our cookies.
LONGEST = 2200
# The next sign-in brings picture and name again; an error without its message still has the words of its code.
_DISPENSABLE = ("picture", "message", "name", "return_to")


class LoginCookieCodec:
    """Seals and opens them. The place a value is bound to is the login's id, which names its cookie."""

    __slots__ = ("_sealer",)

    def __init__(self, keys: Keys) -> None:
        self._sealer = Sealer(keys, "login")

    def seal(self, held: SealedLogin) -> str:
        """Seal a value for its cookie. Fields that have their default value are left out.

        A value that would be longer than ``LONGEST`` loses what a login can do without, the least important first.
        """
        sealed = self._seal(held)
        for name in _DISPENSABLE:
            if len(sealed) > LONGEST and getattr(held, name, None) is not None:
                held = replace(held, **{name: None})  # type: ignore[arg-type]  # each of these may be None
                sealed = self._seal(held)
        return sealed

    def _seal(self, held: SealedLogin) -> str:
        # A field without a default is always written: a version that knows it does not open a value without it.
        fields = {one.name: getattr(held, one.name) for one in dataclass_fields(held) if one.default is MISSING}
        for one in dataclass_fields(held):
            if one.default is not MISSING and getattr(held, one.name) != one.default:
                fields[one.name] = getattr(held, one.name)
        if isinstance(held, LoginAttempt):
            fields.pop("sealed_under", None)
            fields["token_secret"] = held.token_secret.reveal()
        return self._sealer.seal({"kind": _NAMES[type(held)], **fields}, held.id)

    def open(self, login_id: str, sealed: str) -> SealedLogin | None:
        """What was sealed under this id, or None: altered, truncated, another login's, or under a key we lost."""
        value = self._sealer.open(sealed, login_id)
        if value is None:
            return None
        fields: dict[str, object] = dict(value)
        kind = fields.pop("kind", None)
        try:
            if kind == "pending":
                fields["token_secret"] = Secret(str(fields["token_secret"]))
                fields["sealed_under"] = self._sealer.key_id_of(sealed)
            return _KINDS[str(kind)](**fields)  # type: ignore[arg-type]  # sealed by us, checked by the tag
        except (KeyError, TypeError):
            return None  # sealed by a version with other fields
