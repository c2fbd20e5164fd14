"""Seals what a login leaves in the client that began it, and opens it again.

There is one value per login, in a cookie that is named after the login's id, and it opens only under that name. A
client that presents it began the login. This is the third binding. It is also why starting a login writes nothing to
the database.

The names of the stored fields do not change, because cookies outlive an update of the app. A value that was sealed by a
version with other fields does not open, and counts as absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from operator import attrgetter
from typing import Any

from ..crypto import Secret, constant_time_equals
from ..crypto.keys import Keys, Sealer
from .attempt import (
    LinkToAccount,
    LinkToCollector,
    LoginAttempt,
    LoginFailure,
    PendingLink,
    SealedLogin,
    listed_page_of,
)

_KINDS: dict[str, type[SealedLogin]] = {"pending": LoginAttempt, "outcome": LoginFailure, "verified": PendingLink}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_STORED_NAMES = {"request_id": "token", "error_code": "code", "session_id": "link_by"}
_MEMO_NAMES = ("token_secret", "verifier", "nonce")


def _fields_of(kind: type[SealedLogin]) -> tuple[Callable[[SealedLogin], tuple[Any, ...]], list[str], list[Any]]:
    """What is sealed of a kind: a function that takes all its fields, their stored names, and their default values."""
    fields = dataclass_fields(kind)
    names = [one.name for one in fields]
    return attrgetter(*names), [_STORED_NAMES.get(name, name) for name in names], [one.default for one in fields]


_FIELDS = {kind: _fields_of(kind) for kind in _NAMES}
_COLLECTOR = "*"  # in "link_to", where no account has such an id

# Together with the session's cookie, a value of this length stays within the limit for all our cookies.
MAX_SEALED_CHARACTERS = 2200
# The next sign-in brings picture, name and e-mail again; an error without its message still has the words of its code.
_DISPENSABLE = ("picture", "message", "name", "email", "return_to")


class LoginCookieCodec:
    """Seals and opens the values of login cookies.

    Args:
        keys: the newest seals, all of them open.
    """

    __slots__ = ("_sealer",)

    def __init__(self, keys: Keys) -> None:
        self._sealer = Sealer(keys, "login")

    def seal(self, login: SealedLogin) -> str:
        """Seal a value for its cookie. Fields that have their default value are left out.

        Returns:
            At most ``MAX_SEALED_CHARACTERS`` characters. A longer value loses the fields that a login can do without,
            the least important first. The address of a listed page is none of them.
        """
        sealed = self._seal(login)
        page = None if isinstance(login, PendingLink) else listed_page_of(login)
        for name in _DISPENSABLE:
            if page is not None and name == "return_to":
                continue  # the login ends there, and nowhere else
            if len(sealed) > MAX_SEALED_CHARACTERS and getattr(login, name, None) is not None:
                login = replace(login, **{name: None})  # type: ignore[arg-type]  # each of these may be None
                if isinstance(login, PendingLink) and login.email is None:
                    login = replace(login, email_verified=False)  # without an address it says nothing
                sealed = self._seal(login)
        return sealed

    def _seal(self, login: SealedLogin) -> str:
        values, names, defaults = _FIELDS[type(login)]
        # A field without a default is always written: a version that knows it does not open a value without it.
        fields = {
            name: value
            for value, name, default in zip(values(login), names, defaults, strict=True)
            if value is not default and value != default
        }
        fields["kind"] = _NAMES[type(login)]
        if isinstance(login, LoginAttempt):
            fields.pop("sealed_under", None)
            fields.pop("memo")
            fields.update({name: secret.reveal() for name, secret in login.memo.items()})
            link = fields.pop("link", None)
            if isinstance(link, LinkToAccount):
                fields["link_to"], fields["link_by"] = link.account_id, link.session_id
            elif isinstance(link, LinkToCollector):
                fields["link_to"], fields["link_by"] = _COLLECTOR, link.session_id or ""
        return self._sealer.seal(fields, login.id)

    def open(self, login_id: str, sealed: str | None) -> SealedLogin | None:
        """Open a value.

        Args:
            login_id: the id in the cookie's name.
            sealed: the cookie's value. None if there is none.

        Returns:
            What was sealed for this login id. None if it is absent, altered, truncated, another login's, sealed under a
            key that is not there any more, or by a version with other fields.
        """
        opened = self._sealer.open_with_key_id(sealed, login_id) if sealed else None
        if opened is None:
            return None
        fields, key_id = opened
        kind = fields.pop("kind", None)
        try:
            if kind == "pending":
                fields["memo"] = {name: Secret(str(fields.pop(name))) for name in _MEMO_NAMES if name in fields}
                fields["sealed_under"] = key_id
                fields["link"] = _link_in(fields)
            for name, stored in _STORED_NAMES.items():
                if stored in fields:
                    fields[name] = fields.pop(stored)
            return _KINDS[str(kind)](**fields)  # type: ignore[arg-type]  # sealed by us, checked by the tag
        except (KeyError, TypeError):
            return None

    def find(self, logins: Mapping[str, str], request_id: str) -> SealedLogin | None:
        """Find the login that this client began with this authorization request: the second and third binding.

        Args:
            logins: what the client presents, by login id.
            request_id: the request token or the ``state`` that came back.

        Returns:
            The login. None if there is none.
        """
        for login_id, sealed in logins.items():
            login = self.open(login_id, sealed)
            if login is not None and constant_time_equals(login.request_id, request_id):
                return login
        return None


def _link_in(fields: dict[str, object]) -> LinkToAccount | LinkToCollector | None:
    account_id, session_id = fields.pop("link_to", None), fields.pop("link_by", None)
    if account_id is None:
        return None
    if account_id == _COLLECTOR:
        return LinkToCollector(session_id=str(session_id) if session_id else None)
    return LinkToAccount(account_id=str(account_id), session_id=str(session_id))
