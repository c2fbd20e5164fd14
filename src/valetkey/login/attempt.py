"""What a page asks for, and the three values that a login may leave sealed in its client's cookie.

``Intent`` is what a page asks for. Starting the login turns it into a ``LoginAttempt``. The attempt ends in a session,
in a ``LoginFailure``, or, if the page must still say whose identity it is, in a ``PendingLink``. The login's cookie
has an attempt, a failure or a pending link, sealed by ``cookie_codec``. ``states`` says what each of them means.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..models import Profile
from ..models.value_class import value_class
from ..protocols.base import Memo, PendingRequest

ATTEMPT_SECONDS = 600.0  # the callback must come by then


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToAccount:
    """Link the identity to a signed-in account.

    Attributes:
        account_id: the account of the session that asked for the link.
        session_id: that session. It must still be live when the login comes back.
    """

    account_id: str
    session_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToCollector:
    """Link the identity to the account of the page that collects this login.

    A page whose session is a token cannot show it to a popup. It presents the token when it collects.

    Attributes:
        session_id: the session that the page says it holds. None if it does not say.
    """

    session_id: str | None = None


LinkTarget: TypeAlias = LinkToAccount | LinkToCollector


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPage:
    """A page that speaks OAuth 2.0 itself and gets a one-time code in its address (docs/classic.md).

    Attributes:
        address: of the page, as ``{NAME}_CALLBACK_URL`` lists it.
        state: what the page sent, and gets back unchanged. None: it sent none.
    """

    address: str
    state: str | None = field(default=None, repr=False)


@value_class(frozen=True, slots=True, kw_only=True)
class Intent:
    """A login that a page wants to begin.

    Attributes:
        id: the login's id, 22 random characters that the page draws.
        provider: the provider's name.
        callback_url: where the provider sends the user back to.
        mode: ``popup``, ``page`` (the same tab, back to ``return_to``), ``classic`` (begun by a JSON request) or
            ``listed`` (a listed page gets a one-time code, ``ListedPage``).
        return_to: where a login in the same tab goes afterwards. None: to ``/``. With ``listed``: the page's address.
        page_state: the ``state`` of a listed page. None: it sent none.
        challenge: of the verifier that the page keeps (RFC 7636 §4.2, S256). None: the page has no verifier.
        link: to which account the identity is linked. None for a sign-in.
        signed_in_as: the id of the session that the page held when the login began. A login does not outlive it: once
            that session is signed out, the login signs nobody in and links nothing.
        app_user: of the user whom the app had signed in by other means, the digest (``current_user``). None: no user.
        was_over: that session was already over when the login began, and the page did not know it.
        restarts: how often this login was restarted.
        first_began_at: when a restarted login began for the first time, in seconds since 1970. None: no restart.
    """

    id: str
    provider: str
    callback_url: str
    mode: str = "popup"
    return_to: str | None = None
    page_state: str | None = None
    challenge: str | None = None
    link: LinkTarget | None = None
    signed_in_as: str | None = None
    app_user: str | None = None
    was_over: bool = False
    restarts: int = 0
    first_began_at: float | None = None

    def linking(self, target: LinkTarget) -> Intent:
        """The same intent, to link an identity instead of signing in."""
        return replace(self, link=target)


@value_class(frozen=True, slots=True, kw_only=True)
class LoginAttempt(Intent):
    """A login under way.

    Attributes:
        request_id: of the authorization request: the request token of OAuth 1.0a, the ``state`` of OAuth 2.0.
        memo: the request's secrets, by the names that its protocol gives them.
        began_at: by the clock of the server that began it. Seconds since 1970.
        sealed_under: the id of the key that it was sealed under. It is not sealed itself.
    """

    request_id: str = field(repr=False)
    memo: Memo = field(repr=False)
    began_at: float
    sealed_under: bytes | None = field(default=None, repr=False)

    @property
    def pending_request(self) -> PendingRequest:
        """The authorization request, for the protocol."""
        return PendingRequest(request_id=self.request_id, callback_url=self.callback_url, memo=self.memo)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailure:
    """How a login ended without a session. It is kept until the page has read it.

    Attributes:
        id, provider, began_at, mode, return_to, page_state, challenge: as in the attempt or the intent that failed.
        request_id: as in the attempt. None if the login failed before it had one.
        error_code: why it failed.
        message: the app's own sentence, if the app refused the sign-in.
    """

    id: str
    provider: str
    request_id: str | None = field(repr=False)
    error_code: str
    began_at: float
    mode: str = "popup"
    return_to: str | None = None
    page_state: str | None = None
    challenge: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLink:
    """An identity that came back from the provider, and waits for its page to say whose it is.

    Attributes:
        id, provider, request_id, began_at, mode, return_to: as in the attempt.
        owner: of the lease that holds the claim, so that the identity can be linked once.
        challenge: of the verifier of the page that may collect it.
        subject, handle, name, picture, email, email_verified: the identity.
        session_id: the session that the page held when the link began. None if it did not say.
    """

    id: str
    provider: str
    request_id: str = field(repr=False)
    owner: str
    challenge: str
    subject: str
    handle: str | None
    name: str | None
    picture: str | None
    began_at: float
    mode: str = "popup"
    return_to: str | None = None
    session_id: str | None = None
    email: str | None = None
    email_verified: bool = False

    @property
    def profile(self) -> Profile:
        """The identity as the provider's profile."""
        return Profile(
            subject=self.subject,
            preferred_username=self.handle,
            name=self.name,
            picture=self.picture,
            email=self.email,
            email_verified=self.email is not None and self.email_verified,
        )


SealedLogin: TypeAlias = LoginAttempt | LoginFailure | PendingLink


def listed_page_of(login: Intent | LoginFailure) -> ListedPage | None:
    """The listed page that a login goes back to. None for every other login."""
    if login.mode != "listed" or login.return_to is None:
        return None
    return ListedPage(address=login.return_to, state=login.page_state)


def claim_key(provider_name: str, request_id: str) -> str:
    """The key of a login's claim: the first delivery that inserts it finishes the login. It does not reveal the id.

    Args:
        provider_name: the provider's name. It is part of the key, because two providers may issue the same id.
        request_id: of the authorization request.

    Returns:
        64 hexadecimal characters.
    """
    return hashlib.sha256(f"{provider_name}\0{request_id}".encode()).hexdigest()
