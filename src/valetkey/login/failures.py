"""Logins that failed: seals a failure for the client's cookie, and finds it again for the page that shows it."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import SignInRefused, ValetkeyError, error_by_code
from .attempt import Intent, LoginAttempt, LoginFailure, SealedLogin
from .cookie_codec import LoginCookieCodec
from .results import Client, Failed
from .states import Cookie, Event, State, after


class LoginFailures:
    """Seals failures, and reads those that a client presents.

    Args:
        clock: seconds since 1970.
        home: the path of the app, where a same-tab login goes that named no other.
    """

    def __init__(self, *, codec: LoginCookieCodec, clock: Callable[[], float], home: str) -> None:
        self._codec = codec
        self._clock = clock
        self._home = home

    def failed(self, login: Intent, error: ValetkeyError, state: State, event: Event) -> Failed:
        """End a login without a session.

        Args:
            login: the intent or the attempt that failed.
            error: why.
            state: the login's state before.
            event: what ended it. ``states`` says whether the failure replaces the login's cookie.
        """
        attempt = login if isinstance(login, LoginAttempt) else None
        failure = LoginFailure(
            id=login.id,
            provider=login.provider,
            request_id=attempt.request_id if attempt else None,
            error_code=error.code,
            began_at=attempt.began_at if attempt else self._clock(),
            mode=login.mode,
            return_to=login.return_to,
            page_state=login.page_state,
            challenge=login.challenge,
            message=error.message if isinstance(error, SignInRefused) else None,
        )
        replaces = after(state, event).cookie is Cookie.REPLACE
        return Failed(failure=failure, sealed=self._codec.seal(failure) if replaces else None, error=error)

    def oldest_first(self, client: Client) -> list[str]:
        """The ids of the client's logins by age. A login that does not open counts as the oldest."""
        ages = {one: login.began_at if (login := self._open(one, client)) else 0.0 for one in client.logins}
        return sorted(ages, key=ages.__getitem__)

    def error_for_code(self, error_code: str, client: Client) -> ValetkeyError:
        """The error of a code; in the app's own words, if this client presents a failure that has them."""
        for failure in self._newest_first(error_code, client):
            if failure.message is not None:
                return error_of_failure(failure)
        return error_by_code(error_code)

    def return_address(self, error_code: str, client: Client) -> str | None:
        """Where the client's newest same-tab login that failed with this code wanted to return to. None if there is
        none."""
        for failure in self._newest_first(error_code, client):
            if failure.mode == "page":
                return failure.return_to or self._home
        return None

    def _newest_first(self, error_code: str, client: Client) -> list[LoginFailure]:
        logins = [self._open(one, client) for one in reversed(self.oldest_first(client))]
        return [one for one in logins if isinstance(one, LoginFailure) and one.error_code == error_code]

    def _open(self, login_id: str, client: Client) -> SealedLogin | None:
        return self._codec.open(login_id, client.logins.get(login_id))


def error_of_failure(failure: LoginFailure) -> ValetkeyError:
    """The error of a failure, in the app's own words if the app refused the sign-in."""
    if failure.message is not None:
        return SignInRefused(failure.error_code, failure.message)
    return error_by_code(failure.error_code)
