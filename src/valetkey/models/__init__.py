"""The public models. All are dataclasses without behaviour.

They are frozen at run time, too, because the session cache shows one of them to many requests. Times are seconds since
1970, by the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Account", "Device", "Identity", "Profile", "Session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the provider says about the user, in the standard claims of OpenID Connect (Core 1.0 §5.1).

    Attributes:
        subject: the provider's immutable id of the user, exactly as it was sent. Only this identifies the user.
        preferred_username: the handle, without ``@``. It may change, and may pass to another user.
        name: the display name.
        picture: the address of the user's picture.
        email: the e-mail address. It identifies nobody: it may change, and may pass to another user.
        email_verified: the provider has checked that the user receives e-mail at this address.
    """

    subject: str
    preferred_username: str | None = None
    name: str | None = None
    picture: str | None = None
    email: str | None = None
    email_verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What an account signs in with: one user at one provider. A pair of ``provider`` and ``subject`` is unique.

    Attributes:
        provider: the provider's name in the settings, such as ``twitter``.
        subject: the provider's immutable id of the user.
        handle: the handle at the last sign-in, without ``@``.
        name: the display name at the last sign-in.
        picture: the address of the picture at the last sign-in.
        email: the e-mail address at the last sign-in that had one. Never look an account up by it (docs/email.md).
        email_verified: at the last sign-in the provider gave this address and said that it is verified.
    """

    provider: str
    subject: str
    handle: str | None = None
    name: str | None = None
    picture: str | None = None
    email: str | None = None
    email_verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the app.

    Attributes:
        id: a random text that never changes, for your own tables to refer to.
        name: the display name.
        picture: the address of the picture.
        identities: what the account signs in with, at least one.
        handle: the handle of the first identity that has one. For display only: it does not identify the user.
    """

    id: str
    name: str | None
    picture: str | None
    identities: tuple[Identity, ...] = ()
    handle: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        # A field and no property, so that a response model of a framework has it, too.
        object.__setattr__(self, "handle", next((one.handle for one in self.identities if one.handle), None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session of a signed-in browser or page.

    Attributes:
        id: a random text that never changes. It is not a secret, because it signs no user in.
        account: the account, at most a second older than in the database.
        login_id: the id of the login that opened the session.
        opened_at: when the session was opened.
        expires_at: when the session ends at the latest.
    """

    id: str
    account: Account
    login_id: str
    opened_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A live session, as its account's owner sees it in a list of devices.

    Attributes:
        id: ``Session.id``.
        opened_at: when the session was opened.
        seen_at: when it was last used, to the hour.
        expires_at: when it ends at the latest.
        device_name: browser and system, such as ``Firefox on Linux``. None if the browser did not say.
        network: the network that it was opened from, such as ``192.0.2.0/24``.
    """

    id: str
    opened_at: float
    seen_at: float
    expires_at: float
    device_name: str | None
    network: str | None
