"""What a page asks for, and the three things that a login leaves sealed in the client that began it.

``Intent`` is what a page asks for. Starting the login turns it into a ``LoginAttempt``. The attempt ends as a session,
as a ``LoginFailure``, or, if the page must still say whose identity it is, as a ``PendingLink``. Each of the three
is sealed in the login's cookie (``cookie_codec``). ``states`` says what they mean.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..crypto import Secret
from ..models import Profile

ATTEMPT_SECONDS = 600.0  # the callback must come by then


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkToAccount:
    """Link the identity to the account that asked, in the session that asked. That session must be there at the end."""

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
class Intent:
    """A login that a page wants to begin.

    Attributes:
        id: the login's id, 22 random characters that the page draws.
        mode: ``popup``, ``page`` (the same tab, back to ``return_to``) or ``classic`` (begun by a JSON request).
        return_to: where a login in the same tab goes afterwards. None: to ``/``.
        challenge: of a page that will show its verifier (RFC 7636 §4.2, S256).
        link: to which account the identity is linked. None for a sign-in.
        signed_in_as: the id of the session that the page held when the login began. A login does not outlive it: once
            that session is signed out, the login signs nobody in and links nothing.
        was_over: that session was over already, and the page did not know it.
        restarts: how often this login has begun again.
        first_began_at: when a login began that has been restarted since. Seconds since 1970.
    """

    id: str
    provider: str
    callback_url: str
    mode: str = "popup"
    return_to: str | None = None
    challenge: str | None = None
    link: LinkTarget | None = None
    signed_in_as: str | None = None
    was_over: bool = False
    restarts: int = 0
    first_began_at: float | None = None

    def linking(self, target: LinkTarget) -> Intent:
        """The same intent, to link an identity instead of signing in."""
        return replace(self, link=target)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAttempt(Intent):
    """A login under way.

    Attributes:
        token: the request token.
        token_secret: its secret.
        began_at: by the clock of the server that began it. Seconds since 1970.
        sealed_under: the id of the key that it was sealed under. It is not sealed itself.
    """

    token: str
    token_secret: Secret
    began_at: float
    sealed_under: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailure:
    """How a login ended without a session. It is kept until the page has read it.

    Attributes:
        token: the request token. None if the login failed before it had one.
        error_code: why it failed.
        message: the app's own sentence, if the app refused the sign-in.
    """

    id: str
    provider: str
    token: str | None
    error_code: str
    began_at: float
    mode: str = "popup"
    return_to: str | None = None
    challenge: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLink:
    """An identity that came back from the provider, and waits for its page to say whose it is.

    Attributes:
        owner: of the lease that holds the claim, so that the identity can be linked once.
        challenge: of the page that may collect it.
        session_id: the session that the page held when the link began. None if it did not say.
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
    session_id: str | None = None

    @property
    def profile(self) -> Profile:
        return Profile(subject=self.subject, preferred_username=self.handle, name=self.name, picture=self.picture)


SealedLogin: TypeAlias = LoginAttempt | LoginFailure | PendingLink


def claim_key(provider_name: str, token: str) -> str:
    """The key of a login's claim: the first delivery that inserts it finishes the login. It does not reveal the token.

    Args:
        provider_name: two providers may issue the same token.
        token: the request token.

    Returns:
        64 hexadecimal characters.
    """
    return hashlib.sha256(f"{provider_name}\0{token}".encode()).hexdigest()
