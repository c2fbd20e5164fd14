"""The public models: frozen values that cross module borders. None of them does anything.

Times are seconds since 1970 by the database's clock unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass


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
    login_id: str
    opened_at: float
    expires_at: float
