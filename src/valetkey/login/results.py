"""The values at the border of the login package: what a client presents, and what it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from ..errors import ValetkeyError
from ..models import Session
from ..models.value_class import value_class
from .attempt import ListedPage, LoginAttempt, LoginFailure, PendingLink
from .current_user import FindUser
from .states import Status


@value_class(frozen=True, slots=True, kw_only=True)
class Client:
    """The client of a request, as far as a login is concerned.

    Attributes:
        logins: its sealed logins, by login id.
        session: the live session that it presents. None if nobody is signed in.
        stated_session_id: the id of the session whose token it presents, live or not.
        has_cookies: whether it sent any cookie at all.
        device_name: such as ``Firefox on Linux``, for the account's owner to recognise the device by.
        network: the client's address, shortened, for the same purpose.
        find_user: finds the user whom the app has signed in by other means. None if nobody needs to know.
    """

    logins: Mapping[str, str] = field(default_factory=dict, repr=False)
    session: Session | None = None
    stated_session_id: str | None = None
    has_cookies: bool = True
    device_name: str | None = None
    network: str | None = None
    find_user: FindUser | None = field(default=None, repr=False, compare=False)


@value_class(frozen=True, slots=True, kw_only=True)
class Started:
    """A login under way.

    Attributes:
        attempt: what is sealed.
        sealed: the value of the login's cookie.
        send_to: the provider's page, where the browser goes next.
    """

    attempt: LoginAttempt
    sealed: str = field(repr=False)
    send_to: str = field(repr=False)


@value_class(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A login that ended well.

    Attributes:
        login_id: the login's id.
        session: the session that it opened, or that it linked an identity for.
        session_token: the session's token. None if this client has the session already.
        mode, return_to: as in the attempt.
        linked: it linked an identity and opened no session, so the page learns of it by the login's cookie alone.
    """

    login_id: str
    session: Session
    session_token: str | None = field(repr=False)
    mode: str = "popup"
    return_to: str | None = None
    linked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeIssued:
    """A login that ended well, for a page that gets the code that opens the session: in its own address if it is a
    listed page, else by its relay page, since it is on another site.

    Attributes:
        login_id: the login's id.
        one_time_code: the code.
        page: the listed page. None: the relay page.
    """

    login_id: str
    one_time_code: str = field(repr=False)
    page: ListedPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkWaits:
    """An identity that came back for a link. It waits for the page, whose session token says whose it is.

    Attributes:
        link: the identity.
        sealed: the same, sealed, for the login's cookie or the relay page.
    """

    link: PendingLink
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A login that ended without a session.

    Attributes:
        failure: what is kept for the page.
        sealed: the new value of the login's cookie, until the page has read it. None leaves the cookie as it is.
        error: the error to show.
    """

    failure: LoginFailure
    sealed: str | None = field(repr=False)
    error: ValetkeyError


@dataclass(frozen=True, slots=True)
class StillFinishing:
    """Another delivery is finishing the login, and this one cannot wait any longer."""


CallbackResult: TypeAlias = SignedIn | CodeIssued | LinkWaits | Started | Failed | StillFinishing


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a page that collects a login is answered.

    Attributes:
        status: the public status of the login.
        login_id: the login's id. None if the page named no login, and there is none to collect.
        error: why the login failed. None if it has not.
        signed_in: the session that the client gets now. None if it gets none.
        session: the session that the client has afterwards.
        clear: the ids of login cookies that are not needed any more.
        handed_off: the popup has a one-time code that opens the session.
    """

    status: Status
    login_id: str | None
    error: ValetkeyError | None = None
    signed_in: SignedIn | None = None
    session: Session | None = None
    clear: tuple[str, ...] = ()
    handed_off: bool = False
