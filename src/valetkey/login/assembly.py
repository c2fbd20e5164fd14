"""Builds the parts of valetkey from its settings and connects them.

This is the only place that chooses a transport, a store and a clock. A test passes its own.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..crypto.keys import Keys
from ..errors import SettingsError
from ..http_client import LoopTransport, ThreadTransport, Transport
from ..http_client.runner import LoopRunner, ThreadRunner
from ..sessions.accounts import AsyncAccounts
from ..sessions.open_sessions import AsyncSessions
from ..sessions.service import SessionService
from ..sessions.tickets import WebSocketTickets
from ..sessions.tokens import SessionTokens, require_library
from ..settings import Settings
from ..storage import open_store
from ..storage.base import Store
from .collecting import LoginCollector
from .completion import LoginCompletion, Resolve
from .cookie_codec import LoginCookieCodec
from .current_user import require_signature
from .failures import LoginFailures
from .finishing import LoginFinisher
from .judging import CallbackJudge
from .linking import IdentityLinking
from .one_time_codes import OneTimeCodes
from .page_codes import PageCodes
from .provider_client import ProviderClient
from .service import LoginService
from .starting import LoginStarter

DRAIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """The connected parts. One process needs one assembly."""

    settings: Settings
    login: LoginService
    collector: LoginCollector
    failures: LoginFailures
    one_time_codes: OneTimeCodes
    page_codes: PageCodes
    linking: IdentityLinking
    sessions: SessionService
    tickets: WebSocketTickets
    accounts: AsyncAccounts
    account_sessions: AsyncSessions
    store: Store
    transport: Transport
    runner: LoopRunner | ThreadRunner

    async def close(self) -> None:
        """Wait up to ten seconds for logins that are being finished, then close every connection."""
        if isinstance(self.runner, LoopRunner):
            await self.runner.drain(DRAIN_SECONDS)
        await self.transport.close()
        await self.store.close()


def assemble(
    settings: Settings,
    *,
    blocking: bool,
    resolve_account: Resolve | None = None,
    finds_user: bool = False,
    transport: Transport | None = None,
    store: Store | None = None,
    clock: Callable[[], float] | None = None,
) -> Assembly:
    """Build and connect the parts.

    The assembly owns the transport and the store, also those that the caller passes: ``Assembly.close`` closes them.

    Args:
        settings: the configuration.
        blocking: True for a synchronous app, where everything runs in the caller's thread. False for an event loop.
        resolve_account: the app's function ``(identity, account_id)`` that gets or creates the app's own user. It
            raises ``SignInRefused`` to refuse the user. It may be ``async`` where ``blocking`` is False. It may have a
            third parameter, ``current_user``.
        finds_user: whether the requests bring ``find_user``, which finds that user.
        transport: sends requests to providers. Default: the HTTP client of ``valetkey.http_client``.
        store: keeps logins, accounts and sessions. Default: the database of ``settings.database``.
        clock: this server's time, in seconds since 1970. It dates logins and stamps requests to providers. Default:
            ``time.time``. A session's times are the store's, and the session cache counts on the monotonic clock.

    Returns:
        The connected parts. Nothing has been sent yet.

    Raises:
        SettingsError: a secret is weak, a library is too old, the database's address is not valid, or
            ``resolve_account`` is ``async`` in a synchronous app, or has other parameters.
    """
    if blocking and inspect.iscoroutinefunction(resolve_account):
        raise SettingsError("resolve_account is async, and this app is not: make it a plain function.")
    if resolve_account is not None:
        require_signature(resolve_account, finds_user=finds_user)
    require_library()
    keys = Keys(settings.secrets)
    clock = clock or time.time
    runner: LoopRunner | ThreadRunner = ThreadRunner() if blocking else LoopRunner()
    if transport is None:
        transport = (ThreadTransport if blocking else LoopTransport)(outgoing=settings.outgoing)
    if store is None:
        store = open_store(settings.database, blocking=blocking, idle_days=settings.idle_days)
    sessions = SessionService(store=store, tokens=SessionTokens(keys, settings.public_origin), runner=runner)
    codec = LoginCookieCodec(keys)
    judge = CallbackJudge(sessions=sessions, clock=clock)
    failures = LoginFailures(codec=codec, clock=clock, home=settings.home)
    collector = LoginCollector(codec=codec, store=store, sessions=sessions, judge=judge, clock=clock)
    lifetime_seconds = settings.lifetime_days * 86400
    one_time_codes = OneTimeCodes(
        enabled=settings.relay is not None,
        keys=keys,
        store=store,
        sessions=sessions,
        lifetime_seconds=lifetime_seconds,
    )
    provider_client = ProviderClient(transport=transport, runner=runner, clock=clock)
    starter = LoginStarter(codec=codec, provider_client=provider_client, clock=clock)
    completion = LoginCompletion(
        codec=codec,
        store=store,
        sessions=sessions,
        one_time_codes=one_time_codes,
        runner=runner,
        lifetime_seconds=lifetime_seconds,
        resolve=resolve_account,
    )
    finisher = LoginFinisher(
        starter=starter,
        store=store,
        judge=judge,
        collector=collector,
        failures=failures,
        one_time_codes=one_time_codes,
        completion=completion,
        provider_client=provider_client,
        runner=runner,
    )
    login = LoginService(
        providers={one.name: one for one in settings.providers},
        starter=starter,
        finisher=finisher,
        codec=codec,
        store=store,
        sessions=sessions,
        judge=judge,
        collector=collector,
        failures=failures,
        runner=runner,
    )
    return Assembly(
        settings=settings,
        login=login,
        collector=collector,
        failures=failures,
        one_time_codes=one_time_codes,
        page_codes=PageCodes(codec=codec, one_time_codes=one_time_codes),
        linking=IdentityLinking(codec=codec, store=store, sessions=sessions, runner=runner),
        sessions=sessions,
        tickets=WebSocketTickets(keys=keys, store=store, sessions=sessions),
        accounts=AsyncAccounts(store, sessions.cache),
        account_sessions=AsyncSessions(store, sessions.cache),
        store=store,
        transport=transport,
        runner=runner,
    )
