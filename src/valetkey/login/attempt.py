"""A login before it has a session: what a page asks for, and what is sealed in the browser while it lasts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..crypto import Secret
from ..models import Profile

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
    and the page had not heard of it. ``first_began_at`` is when a login began that has been restarted since.
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
    first_began_at: float | None = None

    def linking(self, *, account_id: str, session_id: str) -> Intent:
        """The same, to link an identity instead of signing in."""
        return replace(self, link_to=account_id, link_by=session_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAttempt(Intent):
    """A login under way, sealed in the browser that began it. ``began_at`` is the beginning server's clock.
    ``sealed_under`` names the key that it was sealed under, and is not sealed itself."""

    token: str
    token_secret: Secret
    began_at: float
    sealed_under: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailure:
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
class PendingLink:
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
