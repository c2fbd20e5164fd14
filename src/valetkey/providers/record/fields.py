"""Where a provider's reply has the members of a profile: data, for the providers that need no function of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...errors import ProviderReplyInvalid, SettingsError
from ...models import Profile
from ...protocols.grammar import number as digits
from .claims import decimal_of as decimal
from .claims import email_of, is_true, picture_of
from .claims import number_of as number
from .claims import subject_of as text
from .provider import readable

__all__ = ["Fields", "at", "decimal", "number", "text"]

SEPARATOR = "/"
"""Stands between a scope and an id. A scope never has it, so that two pairs never make one subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Reads a profile by paths such as ``data.user.0.id``: names of objects' members, and indices of arrays.

    Args:
        subject: where the id is that never changes, and that no other user of the provider gets. A handle or an e-mail
            address is no such id.
        id: reads it: ``text`` as it was sent, ``number`` for a JSON number, or ``decimal`` for a number in a JSON text.
            Anything else fails the login, so that one user has one spelling.
        scope: where the tenant, workspace or server is, if ids are unique within it only. It becomes the first part of
            the subject: ``T0000001/U0000001``.
        handle, picture, email: where they are. None: the provider does not say.
        name: where the display name is, or the paths of its parts.
        verified: where the flag is that says that the e-mail address is verified, as JSON ``true``. True: the provider
            gives out no other address. False: it does not say, so no address is verified.
        required: what the reply must say besides, by path.

    Raises:
        SettingsError: the subject would be a handle, a name or an e-mail address.
    """

    subject: str
    id: Callable[[object], str] = text
    scope: str | None = None
    handle: str | None = None
    name: str | tuple[str, ...] | None = None
    picture: str | None = None
    email: str | None = None
    verified: str | bool = False
    required: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = self.name if isinstance(self.name, tuple) else (self.name,)
        if self.subject in (self.handle, *names, self.email):
            raise SettingsError(
                f"Fields: {self.subject!r} cannot be the subject. A handle, a name or an e-mail address may change, "
                "and then belong to another user."
            )
        if self.verified is not False and self.email is None:
            raise SettingsError("Fields: verified without email is never read.")

    def __call__(self, reply: Mapping[str, object]) -> Profile:
        """Read a reply.

        Raises:
            ProviderReplyInvalid: the id or its scope is missing or malformed, or the reply says that it is a failure.
        """
        for path, value in self.required.items():
            found = at(reply, path)
            if type(found) is not type(value) or found != value:
                raise ProviderReplyInvalid("The reply says that the request failed.")
        email = email_of(at(reply, self.email))
        return Profile(
            subject=self._subject(reply),
            preferred_username=readable(at(reply, self.handle)),
            name=self._name(reply),
            picture=picture_of(at(reply, self.picture)),
            email=email,
            email_verified=email is not None and self._is_verified(reply),
        )

    def _subject(self, reply: Mapping[str, object]) -> str:
        subject = self.id(at(reply, self.subject))
        if self.scope is None:
            return subject
        scope = text(at(reply, self.scope))
        if SEPARATOR in scope:
            raise ProviderReplyInvalid("The reply lacks a usable scope of the user's id.")
        return f"{scope}{SEPARATOR}{subject}"

    def _name(self, reply: Mapping[str, object]) -> str | None:
        paths = self.name if isinstance(self.name, tuple) else (self.name,)
        parts = (readable(at(reply, path)) for path in paths)
        return readable(" ".join(part for part in parts if part))

    def _is_verified(self, reply: Mapping[str, object]) -> bool:
        return self.verified if isinstance(self.verified, bool) else is_true(at(reply, self.verified))


def at(reply: object, path: str | None) -> object:
    """What a path leads to. None where it leads to nothing, and for a path that is None."""
    if path is None:
        return None
    for name in path.split("."):
        if isinstance(reply, Mapping):
            reply = reply.get(name)
            continue
        index = digits(name, 3)
        if not isinstance(reply, list) or index is None or index >= len(reply):
            return None
        reply = reply[index]
    return reply
