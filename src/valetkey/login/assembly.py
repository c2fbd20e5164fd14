"""Puts the parts together: the one place that knows which transport, which store and which clock a login runs on."""

from __future__ import annotations

import inspect
import time
from dataclasses import dataclass

from ..crypto.keys import Keys
from ..errors import SettingsError
from ..http_client import LoopTransport, ThreadTransport, Transport
from ..http_client.runner import LoopRunner, ThreadRunner
from ..providers.twitter import twitter
from ..sessions.service import Sessions
from ..sessions.tokens import SessionTokens, require_library
from ..settings import Settings
from ..storage import open_store
from ..storage.base import Store
from .completion import LoginCompletion, Resolve
from .cookie_codec import LoginCookieCodec
from .linking import IdentityLinking
from .one_time_codes import OneTimeCodes
from .provider_client import ProviderClient
from .results import LoginResults
from .service import LoginService

DRAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A working whole, for one process."""

    settings: Settings
    login: LoginService
    outcomes: LoginResults
    handoffs: OneTimeCodes
    linking: IdentityLinking
    sessions: Sessions
    store: Store
    transport: Transport
    runner: LoopRunner | ThreadRunner

    async def close(self) -> None:
        """Let what is being finished finish, then let go of everything."""
        if isinstance(self.runner, LoopRunner):
            await self.runner.drain(DRAIN_SECONDS)
        await self.transport.close()
        await self.store.close()


def assemble(settings: Settings, *, blocking: bool, resolve_account: Resolve | None = None) -> Assembly:
    """Build everything from settings.

    Args:
        blocking: for a synchronous app: everything runs in the caller's own thread.
        resolve_account: the app's own ``(identity, account_id)``: gets or creates its user, or refuses.

    Raises:
        SettingsError: a weak secret, a library that is too old, or a database address that is not valid.
    """
    if blocking and inspect.iscoroutinefunction(resolve_account):
        raise SettingsError("resolve_account is async, and this app is not: make it a plain function.")
    require_library()
    keys = Keys(settings.secrets)
    runner: LoopRunner | ThreadRunner = ThreadRunner() if blocking else LoopRunner()
    kind = ThreadTransport if blocking else LoopTransport
    transport: Transport = kind(outgoing=settings.outgoing)
    store = open_store(settings.database, blocking=blocking, idle_days=settings.idle_days)
    sessions = Sessions(store=store, passes=SessionTokens(keys, settings.public_origin), runner=runner)
    x = twitter(
        key=settings.twitter_key,
        secret=settings.twitter_secret,
        api=settings.twitter_api,
        browser=settings.twitter_browser,
        read_profile=settings.read_profile,
    )
    jar = LoginCookieCodec(keys)
    outcomes = LoginResults(jar=jar, store=store, sessions=sessions, clock=time.time)
    lifetime_seconds = settings.lifetime_days * 86400
    handoffs = OneTimeCodes(
        enabled=settings.relay is not None,
        keys=keys,
        store=store,
        sessions=sessions,
        lifetime_seconds=lifetime_seconds,
    )
    login = LoginService(
        providers={one.name: one for one in (x, *settings.providers)},
        jar=jar,
        store=store,
        sessions=sessions,
        outcomes=outcomes,
        handoffs=handoffs,
        welcome=LoginCompletion(
            store=store,
            sessions=sessions,
            outcomes=outcomes,
            handoffs=handoffs,
            runner=runner,
            lifetime_seconds=lifetime_seconds,
            resolve=resolve_account,
        ),
        provider_client=ProviderClient(transport=transport, runner=runner),
        runner=runner,
    )
    return Assembly(
        settings=settings,
        login=login,
        outcomes=outcomes,
        handoffs=handoffs,
        linking=IdentityLinking(jar=jar, store=store, sessions=sessions, runner=runner),
        sessions=sessions,
        store=store,
        transport=transport,
        runner=runner,
    )
