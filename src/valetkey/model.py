"""The nouns. Frozen values that cross module borders; none of them does anything.

Times are seconds since 1970 by the store's clock unless a name says otherwise. A secret is wrapped: it does not print,
does not compare and has to be asked for by name.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from typing import NoReturn


class Secret:
    """A value that must not reach a log, a page or a ``repr``. ``reveal()`` is the one way to it, and greppable."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> NoReturn:
        # == would leak timing, and an accidental comparison is nearly always a bug.
        raise TypeError("secrets do not compare; use same()")

    __hash__ = None  # type: ignore[assignment]  # a secret is nobody's key

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets do not pickle")


def same(left: str | None, right: str | None) -> bool:
    """Whether two values are equal, in constant time. Absent never equals anything, not even absent."""
    if left is None or right is None or not left or not right:
        return False
    return hmac.compare_digest(left.encode(), right.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who the provider says this is, in OpenID Connect's standard claims (Core 1.0 §5.1).

    ``subject`` is the provider's immutable id, exact bytes, and the only part that identifies.
    """

    subject: str
    preferred_username: str | None = None
    name: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An account's tie to a provider: unique by (provider, subject)."""

    provider: str
    subject: str
    handle: str | None = None
    name: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One of the app's people. ``id`` never changes and means nothing."""

    id: str
    name: str | None
    picture: str | None
    identities: tuple[Identity, ...] = ()

    @property
    def handle(self) -> str | None:
        """The handle of the first identity that has one: for greeting, never for deciding."""
        return next((one.handle for one in self.identities if one.handle), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in browser: the account as it stood when the row was read, and how long the session lasts."""

    id: str
    account: Account
    login: str
    opened_at: float
    expires_at: float


WHOEVER_COLLECTS = "*"  # no account has such an id


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A login that somebody wants to begin: who asks, with which provider, and where it goes afterwards.

    ``mode`` is ``popup``, ``page`` (the same tab, back to ``return_to``) or ``classic`` (begun by a JSON request).
    ``challenge`` is of a page that will show its verifier (RFC 7636 §4.2, S256). ``link_to`` is the account that asked
    for a further identity, and ``link_by`` its session, which has to be there at the end as well; where a page's
    session is a token, which no window shows, it is ``WHOEVER_COLLECTS``.

    ``signed_in_as`` is the session that the page held when the login began, or None. A login does not outlive it: once
    that session is signed out, the login signs nobody in and links nothing. ``was_over`` says that it was over already,
    and the page had not heard of it.
    """

    id: str
    provider: str
    callback_url: str
    mode: str = "popup"
    return_to: str | None = None
    challenge: str | None = None
    link_to: str | None = None
    link_by: str | None = None
    signed_in_as: str | None = None
    was_over: bool = False
    restarts: int = 0

    def linking(self, *, account_id: str, session_id: str) -> Intent:
        """The same, to link an identity instead of signing in."""
        return replace(self, link_to=account_id, link_by=session_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin(Intent):
    """A login under way, sealed in the browser that began it. ``began_at`` is the beginning server's clock.
    ``sealed_under`` names the key that it was sealed under, and is not sealed itself."""

    token: str
    token_secret: Secret
    began_at: float
    sealed_under: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a login ended without a session, sealed in the same cookie until the page has read it. ``message`` is the
    app's own sentence, where it was the app that refused."""

    id: str
    provider: str
    token: str | None
    code: str
    began_at: float
    mode: str = "popup"
    return_to: str | None = None
    challenge: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """An identity that came back for a link and waits, sealed, for the page's own request with its token and verifier.
    ``owner`` holds the claim, so that it can be tied once. ``link_by`` is the session that the page held when it began;
    None where the page did not say.
    """

    id: str
    provider: str
    token: str
    owner: str
    challenge: str
    subject: str
    handle: str | None
    name: str | None
    picture: str | None
    began_at: float
    mode: str = "popup"
    return_to: str | None = None
    link_by: str | None = None

    @property
    def profile(self) -> Profile:
        return Profile(subject=self.subject, preferred_username=self.handle, name=self.name, picture=self.picture)
