"""Starts a login, and restarts it: makes an authorization request and seals the attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..providers.record.provider import Provider
from .attempt import Intent, LoginAttempt
from .cookie_codec import LoginCookieCodec
from .provider_client import BEGIN_SECONDS, RESTART_SECONDS, ProviderClient
from .results import Started

# A login is restarted when the reply to its exchange is lost. If that happens to one exchange in fifty, more than one
# login in a thousand fails with one restart, and almost none with two (docs/reliability.md).
MAX_RESTARTS = 2


class LoginStarter:
    """Starts logins.

    Args:
        clock: seconds since 1970.
    """

    def __init__(
        self,
        *,
        codec: LoginCookieCodec,
        provider_client: ProviderClient,
        clock: Callable[[], float],
    ) -> None:
        self._codec = codec
        self._provider_client = provider_client
        self._clock = clock

    async def begin(self, provider: Provider, intent: Intent, budget_seconds: float = BEGIN_SECONDS) -> Started:
        """Make an authorization request, and seal the attempt.

        Args:
            provider: where the person signs in.
            intent: what the login is for.
            budget_seconds: for all tries together.

        Raises:
            ProviderError: the provider refused, or did not answer within the budget.
        """
        request = await self._provider_client.begin(provider, intent.callback_url, budget_seconds)
        attempt = LoginAttempt(
            id=intent.id,
            provider=intent.provider,
            callback_url=intent.callback_url,
            mode=intent.mode,
            return_to=intent.return_to,
            page_state=intent.page_state,
            challenge=intent.challenge,
            link=intent.link,
            signed_in_as=intent.signed_in_as,
            app_user=intent.app_user,
            was_over=intent.was_over,
            restarts=intent.restarts,
            first_began_at=intent.first_began_at,
            request_id=request.request_id,
            memo=request.memo,
            began_at=self._clock(),
        )
        connects = intent.link is not None or intent.app_user is not None
        chooses = f"&{provider.choose_account}" if connects and provider.choose_account else ""
        return Started(attempt=attempt, sealed=self._codec.seal(attempt), send_to=request.url + chooses)

    async def begin_again(self, provider: Provider, attempt: LoginAttempt, budget_seconds: float) -> Started:
        """Restart a login with a new authorization request.

        Raises:
            ProviderError: as ``begin``.
        """
        first_began_at = attempt.first_began_at or attempt.began_at
        again = replace(attempt, restarts=attempt.restarts + 1, first_began_at=first_began_at)
        return await self.begin(provider, again, min(RESTART_SECONDS, budget_seconds))
